package io.ringtail.server.process;

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
import java.net.Socket;
import java.nio.charset.StandardCharsets;

/**
 * A blocking client that can pipeline, and send what no honest client would.
 *
 * <p>Made by tests, which close it. Requests are buffered until {@link #flush}. Confined to its owner's thread. A reply that does not come within a
 * minute is an {@link IOException}.
 */
public final class WireClient implements AutoCloseable {
    private static final int REPLY_TIMEOUT_MILLIS = 60_000;

    private final Socket socket;
    private final ByteBuf out = Unpooled.buffer(4096);
    private final byte[] read = new byte[64 << 10];
    private final ReplyDecoder decoder = new ReplyDecoder(ReplyLimits.DEFAULT);

    public WireClient(int port) throws IOException {
        this(InetAddress.getLoopbackAddress().getHostAddress(), port);
    }

    public WireClient(String host, int port) throws IOException {
        socket = new Socket(host, port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(REPLY_TIMEOUT_MILLIS);
    }

    /** Buffers one request. */
    public WireClient add(String... arguments) {
        RequestEncoder.encode(out, arguments);
        return this;
    }

    /** Buffers one request. */
    public WireClient add(byte[]... arguments) {
        RequestEncoder.encode(out, arguments);
        return this;
    }

    /** Buffers bytes as they are. */
    public WireClient raw(byte[] bytes) {
        out.writeBytes(bytes);
        return this;
    }

    /** Buffers text as it is, a byte for each character. */
    public WireClient raw(String text) {
        return raw(text.getBytes(StandardCharsets.ISO_8859_1));
    }

    public void flush() throws IOException {
        out.readBytes(socket.getOutputStream(), out.readableBytes());
        out.clear();
    }

    /**
     * The next reply.
     *
     * @throws EOFException when the server has closed the connection instead
     */
    public Reply receive() throws IOException {
        while (true) {
            try {
                Reply reply = decoder.next();
                if (reply != null) {
                    return reply;
                }
            } catch (ProtocolException e) {
                throw new IOException("the server sent what is no reply", e);
            }
            int bytes = socket.getInputStream().read(read);
            if (bytes < 0) {
                throw new EOFException("closed by the server");
            }
            decoder.feed(Unpooled.wrappedBuffer(read, 0, bytes));
        }
    }

    public Reply call(String... arguments) throws IOException {
        add(arguments);
        flush();
        return receive();
    }

    /** As {@link #call}, as text: a bulk's, a simple string's, an error's after "-", a number's; "(nil)" for none. */
    public String text(String... arguments) throws IOException {
        return text(call(arguments));
    }

    public static String text(Reply reply) {
        return switch (reply) {
            case Reply.Bulk bulk -> bulk.text();
            case Reply.SimpleString simple -> simple.text();
            case Reply.Failure failure -> "-" + failure.text();
            case Reply.Int number -> Long.toString(number.value());
            case Reply.Nil nil -> "(nil)";
            default -> reply.toString();
        };
    }

    /** Everything until the server closes, or breaks, the connection; at most {@code maxBytes} of it. */
    public byte[] readToEnd(int maxBytes) throws IOException {
        byte[] all = new byte[maxBytes];
        int size = 0;
        try {
            while (size < maxBytes) {
                int bytes = socket.getInputStream().read(all, size, maxBytes - size);
                if (bytes < 0) {
                    break;
                }
                size += bytes;
            }
        } catch (java.net.SocketException e) {
            // A reset: it was closed with input unread.
        }
        return java.util.Arrays.copyOf(all, size);
    }

    /** Says that nothing more will be sent. */
    public void shutdownOutput() throws IOException {
        flush();
        socket.shutdownOutput();
    }

    public Socket socket() {
        return socket;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
