package io.ringtail.server.net;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;

/** A client that shows what is on the wire: replies as text, {@code +OK}, {@code -ERR …}, {@code :1}, {@code $text}, {@code [a, b]}, {@code nil}. */
final class RawClient implements AutoCloseable {
    private final Socket socket;
    private final InputStream in;

    RawClient(int port) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(10_000);
        in = new BufferedInputStream(socket.getInputStream());
    }

    Socket socket() {
        return socket;
    }

    static byte[] encode(String... arguments) {
        StringBuilder out = new StringBuilder("*" + arguments.length + "\r\n");
        for (String argument : arguments) {
            out.append('$').append(argument.length()).append("\r\n").append(argument).append("\r\n");
        }
        return out.toString().getBytes(StandardCharsets.ISO_8859_1);
    }

    void send(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void send(String bytes) throws IOException {
        send(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    String ask(String... arguments) throws IOException {
        send(encode(arguments));
        return reply();
    }

    String reply() throws IOException {
        String line = line();
        String rest = line.substring(1);
        return switch (line.charAt(0)) {
            case '$', '=' -> {
                int size = Integer.parseInt(rest);
                if (size < 0) {
                    yield "nil";
                }
                byte[] bytes = in.readNBytes(size);
                in.skipNBytes(2);
                yield "$" + new String(bytes, StandardCharsets.ISO_8859_1);
            }
            case '*', '~', '>' -> list(Integer.parseInt(rest), 1, "[", "]");
            case '%' -> list(Integer.parseInt(rest), 2, "{", "}");
            case '_' -> "nil";
            default -> line;
        };
    }

    private String list(int count, int each, String open, String close) throws IOException {
        if (count < 0) {
            return "nil";
        }
        StringJoiner list = new StringJoiner(", ", open, close);
        for (int i = 0; i < count * each; i++) {
            list.add(reply());
        }
        return list.toString();
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        while (true) {
            int c = in.read();
            if (c < 0) {
                throw new EOFException("closed after '" + line + "'");
            }
            if (c == '\n') {
                line.setLength(line.length() - 1);
                return line.toString();
            }
            line.append((char) c);
        }
    }

    /** Whether the server closes the connection, within the socket's timeout, having sent nothing more. */
    boolean isClosedByServer() throws IOException {
        try {
            return in.read() < 0;
        } catch (java.net.SocketException e) {
            return true;
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
