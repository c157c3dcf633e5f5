package io.ringtail.server.clients;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A connection as a client library sees it: commands go out as bulk strings, several in one write if wished, and
 * replies come back with their types: {@link Simple}, {@link Failure}, a {@code String} for a bulk, {@link Verbatim},
 * {@code Long}, {@code Double}, {@code Boolean}, {@code List}, {@code Set}, {@code Map}, and null for each kind of
 * nothing.
 *
 * <p>Made by tests, which close it. Confined to one thread.
 */
final class RespClient implements AutoCloseable {
    /** {@code +text}. */
    record Simple(String text) {}

    /** {@code -text}. */
    record Failure(String text) {}

    /** {@code =txt:text}. */
    record Verbatim(String format, String text) {}

    static final Simple OK = new Simple("OK");
    private static final int READ_TIMEOUT_MILLIS = 20_000;

    private final Socket socket;
    private final InputStream in;

    RespClient(int port) throws IOException {
        socket = new Socket("127.0.0.1", port);
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(READ_TIMEOUT_MILLIS);
        in = new BufferedInputStream(socket.getInputStream());
    }

    /** Runs one command, its arguments separated by single spaces. */
    @Nullable
    Object ask(String command) throws IOException {
        return pipeline(command).getFirst();
    }

    /** Sends commands in one write, before any reply, and reads as many replies. */
    List<@Nullable Object> pipeline(String... commands) throws IOException {
        StringBuilder out = new StringBuilder();
        for (String command : commands) {
            String[] arguments = command.split(" ", -1);
            out.append('*').append(arguments.length).append("\r\n");
            for (String argument : arguments) {
                out.append('$')
                        .append(argument.length())
                        .append("\r\n")
                        .append(argument)
                        .append("\r\n");
            }
        }
        sendRaw(out.toString());
        List<@Nullable Object> replies = new ArrayList<>();
        for (int i = 0; i < commands.length; i++) {
            replies.add(reply());
        }
        return replies;
    }

    void sendRaw(String bytes) throws IOException {
        socket.getOutputStream().write(bytes.getBytes(StandardCharsets.ISO_8859_1));
    }

    @Nullable
    Object reply() throws IOException {
        String line = line();
        String rest = line.substring(1);
        return switch (line.charAt(0)) {
            case '+' -> new Simple(rest);
            case '-' -> new Failure(rest);
            case ':' -> Long.valueOf(rest);
            case ',' -> Double.valueOf(rest);
            case '#' -> rest.equals("t");
            case '_' -> null;
            case '$' -> bulk(Integer.parseInt(rest));
            case '=' -> {
                String text = String.valueOf(bulk(Integer.parseInt(rest)));
                yield new Verbatim(text.substring(0, 3), text.substring(4));
            }
            case '*' -> list(Integer.parseInt(rest));
            case '~' -> {
                Set<@Nullable Object> set = new LinkedHashSet<>();
                for (int left = Integer.parseInt(rest); left > 0; left--) {
                    set.add(reply());
                }
                yield set;
            }
            case '%' -> {
                Map<@Nullable Object, @Nullable Object> map = new LinkedHashMap<>();
                for (int left = Integer.parseInt(rest); left > 0; left--) {
                    map.put(reply(), reply());
                }
                yield map;
            }
            default -> throw new IOException("no reply starts like this: " + line);
        };
    }

    private @Nullable String bulk(int size) throws IOException {
        if (size < 0) {
            return null;
        }
        byte[] bytes = in.readNBytes(size + 2);
        return new String(bytes, 0, size, StandardCharsets.ISO_8859_1);
    }

    private @Nullable List<@Nullable Object> list(int count) throws IOException {
        if (count < 0) {
            return null;
        }
        List<@Nullable Object> list = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            list.add(reply());
        }
        return list;
    }

    private String line() throws IOException {
        StringBuilder line = new StringBuilder();
        for (int c = in.read(); c != '\r'; c = in.read()) {
            if (c < 0) {
                throw new EOFException("closed after '" + line + "'");
            }
            line.append((char) c);
        }
        in.skipNBytes(1);
        return line.toString();
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
