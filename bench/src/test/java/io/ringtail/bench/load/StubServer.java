package io.ringtail.bench.load;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.ringtail.protocol.ProtocolException;
import io.ringtail.protocol.ProtocolLimits;
import io.ringtail.protocol.Request;
import io.ringtail.protocol.RequestDecoder;
import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.IntFunction;

/** Answers each request with what it was told to; a thread for each connection. Made by a test, which closes it. */
final class StubServer implements Closeable {
    private final ServerSocket listener = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    private final IntFunction<String> replies;
    private final long delayNanos;
    private final AtomicInteger requests = new AtomicInteger();

    /** @param replies to the n-th request, from 1 on; null closes the connection */
    StubServer(long delayNanos, IntFunction<String> replies) throws IOException {
        this.replies = replies;
        this.delayNanos = delayNanos;
        Thread.ofVirtual().start(this::accept);
    }

    int port() {
        return listener.getLocalPort();
    }

    int requests() {
        return requests.get();
    }

    private void accept() {
        try {
            while (true) {
                Socket socket = listener.accept();
                Thread.ofVirtual().start(() -> serve(socket));
            }
        } catch (IOException e) {
            return; // closed
        }
    }

    private void serve(Socket socket) {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        Request request = new Request();
        byte[] chunk = new byte[1000]; // so that replies come in pieces
        try (socket) {
            for (int read; (read = socket.getInputStream().read(chunk)) >= 0; ) {
                decoder.feed(Unpooled.wrappedBuffer(chunk, 0, read));
                ByteBuf out = Unpooled.buffer();
                while (decoder.next(request)) {
                    String reply = replies.apply(requests.incrementAndGet());
                    if (reply == null) {
                        return;
                    }
                    out.writeCharSequence(reply, StandardCharsets.US_ASCII);
                }
                LockSupport.parkNanos(delayNanos);
                out.readBytes(socket.getOutputStream(), out.readableBytes());
            }
        } catch (IOException | ProtocolException e) {
            return; // the client has gone, or will miss its replies
        }
    }

    @Override
    public void close() throws IOException {
        listener.close();
    }
}
