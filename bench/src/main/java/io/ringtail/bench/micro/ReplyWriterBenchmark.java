package io.ringtail.bench.micro;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.PooledByteBufAllocator;
import io.ringtail.protocol.ReplyWriter;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Writing of replies, as one turn of a connection does it: a batch of one kind, drained into one buffer for the
 * socket. Time is that of one reply. Made and called by JMH; confined to its thread.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(1)
@SuppressWarnings("NullAway.Init") // JMH sets the parameter before anything else
public class ReplyWriterBenchmark {
    static final int REPLIES = 64;

    /** What is written: {@code +OK}, a bulk string of 100 bytes, an integer, or a null. */
    @Param({"OK", "BULK", "INTEGER", "NULL"})
    public String kind;

    private final ReplyWriter writer = new ReplyWriter();
    private final byte[] value = new byte[100];

    @Benchmark
    @OperationsPerInvocation(REPLIES)
    public int write() {
        switch (kind) {
            case "OK" -> {
                for (int i = 0; i < REPLIES; i++) {
                    writer.ok();
                }
            }
            case "BULK" -> {
                for (int i = 0; i < REPLIES; i++) {
                    writer.bulk(value, 0, value.length);
                }
            }
            case "INTEGER" -> {
                for (int i = 0; i < REPLIES; i++) {
                    writer.integer(1_000_000 + i);
                }
            }
            default -> {
                for (int i = 0; i < REPLIES; i++) {
                    writer.nullBulk();
                }
            }
        }
        ByteBuf drained = writer.drain(PooledByteBufAllocator.DEFAULT);
        if (drained == null) {
            throw new IllegalStateException("nothing was written");
        }
        int bytes = drained.readableBytes();
        drained.release();
        return bytes;
    }
}
