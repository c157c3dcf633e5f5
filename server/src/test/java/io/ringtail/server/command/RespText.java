package io.ringtail.server.command;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/**
 * A reply read off the wire as text to compare: {@code OK}, {@code -ERR …}, {@code :1}, {@code "bulk"}, {@code nil}, {@code [a b]},
 * {@code {k v}}. Bytes are shown as Latin-1, which loses none.
 */
final class RespText {
    private RespText() {}

    static String read(InputStream in) throws IOException {
        String line = line(in);
        String rest = line.substring(1);
        return switch (line.charAt(0)) {
            case '+' -> rest;
            case '-' -> line;
            case ':' -> line;
            case '_' -> "nil";
            case '$' -> rest.equals("-1") ? "nil" : '"' + bulk(in, Integer.parseInt(rest)) + '"';
            case '*' -> rest.equals("-1") ? "nil" : "[" + String.join(" ", elements(in, Integer.parseInt(rest))) + "]";
            case '~' -> "~[" + String.join(" ", elements(in, Integer.parseInt(rest))) + "]";
            case '%' -> "{" + String.join(" ", elements(in, 2 * Integer.parseInt(rest))) + "}";
            default -> throw new IOException("reply type " + line);
        };
    }

    private static List<String> elements(InputStream in, int count) throws IOException {
        List<String> elements = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            elements.add(read(in));
        }
        return elements;
    }

    private static String bulk(InputStream in, int size) throws IOException {
        byte[] bytes = in.readNBytes(size);
        if (bytes.length < size || in.read() != '\r' || in.read() != '\n') {
            throw new IOException("bulk cut short");
        }
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static String line(InputStream in) throws IOException {
        StringBuilder line = new StringBuilder();
        for (int b = in.read(); b != '\r'; b = in.read()) {
            if (b < 0) {
                throw new IOException("reply cut short after " + line);
            }
            line.append((char) b);
        }
        in.read();
        return line.toString();
    }
}
