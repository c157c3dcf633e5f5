package io.ringtail.server.local;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.ringtail.protocol.ProtocolException;
import io.ringtail.protocol.client.Reply;
import io.ringtail.protocol.client.ReplyDecoder;
import io.ringtail.protocol.client.ReplyLimits;
import io.ringtail.protocol.client.RequestEncoder;
import java.io.EOFException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;

/** Asks a node on this machine one thing after another, and waits for the answers, but not for long. Confined to its owner's thread. */
public final class NodeClient implements AutoCloseable {
    private static final int READ_BYTES = 16 << 10;

    private final Socket socket = new Socket();
    private final byte[] read = new byte[READ_BYTES];
    private final ReplyDecoder decoder = new ReplyDecoder(ReplyLimits.DEFAULT);

    /** @param timeoutMillis for connecting, and for each answer */
    public NodeClient(int port, int timeoutMillis) throws IOException {
        try {
            socket.setSoTimeout(timeoutMillis);
            socket.setTcpNoDelay(true);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), timeoutMillis);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    /** The answer, which may be an error. */
    public Reply call(String... arguments) throws IOException {
        ByteBuf out = Unpooled.buffer(256);
        RequestEncoder.encode(out, arguments);
        out.readBytes(socket.getOutputStream(), out.readableBytes());
        while (true) {
            try {
                Reply reply = decoder.next();
                if (reply != null) {
                    return reply;
                }
            } catch (ProtocolException e) {
                throw new IOException("the node answered what is no reply", e);
            }
            int count = socket.getInputStream().read(read);
            if (count < 0) {
                throw new EOFException("the node has closed the connection");
            }
            decoder.feed(Unpooled.wrappedBuffer(read, 0, count));
        }
    }

    /**
     * The answer as text.
     *
     * @throws IOException also when it is an error, with that
     */
    public String text(String... arguments) throws IOException {
        return switch (call(arguments)) {
            case Reply.Bulk bulk -> bulk.text();
            case Reply.SimpleString simple -> simple.text();
            case Reply.Int number -> Long.toString(number.value());
            case Reply.Failure failure -> throw new IOException(failure.text());
            case Reply other -> other.toString();
        };
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
