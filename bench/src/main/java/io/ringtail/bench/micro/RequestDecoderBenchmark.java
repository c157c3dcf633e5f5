package io.ringtail.bench.micro;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.ringtail.protocol.ProtocolException;
import io.ringtail.protocol.ProtocolLimits;
import io.ringtail.protocol.Request;
import io.ringtail.protocol.RequestDecoder;
import io.ringtail.protocol.client.RequestEncoder;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Decoding of requests, as a connection does it: a read's bytes fed, then every request in them decoded. Time is that
 * of one request. Made and called by JMH; confined to its thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH calls the setup before anything else
public class RequestDecoderBenchmark {
    static final int REQUESTS = 64;

    /** The command: SET with a value of 100 bytes, or GET, both with a key of 16. */
    @Param({"SET", "GET"})
    public String command;

    /**
     * Bytes of one read; requests lie across their ends. 16 KiB is what the server reads at most at a time with short
     * pipelines.
     */
    @Param({"1500", "16384"})
    public int readBytes;

    private final RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
    private final Request request = new Request();
    private ByteBuf wire;

    @Setup(Level.Trial)
    public void encode() {
        wire = Unpooled.directBuffer();
        byte[] value = new byte[100];
        for (int i = 0; i < REQUESTS; i++) {
            byte[] key = "key:%012d".formatted(i * 7919).getBytes(java.nio.charset.StandardCharsets.US_ASCII);
            if (command.equals("SET")) {
                RequestEncoder.encode(wire, ascii("SET"), key, value);
            } else {
                RequestEncoder.encode(wire, ascii("GET"), key);
            }
        }
    }

    @TearDown(Level.Trial)
    public void free() {
        wire.release();
    }

    @Benchmark
    @OperationsPerInvocation(REQUESTS)
    public int decode() throws ProtocolException {
        int end = wire.writerIndex();
        int decoded = 0;
        for (int at = 0; at < end; ) {
            int limit = Math.min(end, at + readBytes);
            wire.setIndex(at, limit);
            decoder.feed(wire);
            while (decoder.next(request)) {
                decoded += request.count() > 0 ? 1 : 0;
            }
            at = limit;
        }
        wire.setIndex(0, end);
        if (decoded != REQUESTS) {
            throw new IllegalStateException("decoded " + decoded + " of " + REQUESTS + " requests");
        }
        return decoded;
    }

    static byte[] ascii(String text) {
        return text.getBytes(java.nio.charset.StandardCharsets.US_ASCII);
    }
}
