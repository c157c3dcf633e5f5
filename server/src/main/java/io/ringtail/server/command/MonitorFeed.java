package io.ringtail.server.command;

import io.ringtail.protocol.Request;
import io.ringtail.server.session.Session;
import io.ringtail.server.session.Sessions;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** Tells every client that has asked for {@code MONITOR} of a command about to run. Stateless. */
final class MonitorFeed {
    /** Bytes of one argument that are shown. */
    private static final int MAX_ARGUMENT_BYTES = 1024;

    private MonitorFeed() {}

    static void send(Sessions sessions, Session from, Request request) {
        long micros = System.currentTimeMillis() * 1000;
        StringBuilder line = new StringBuilder(128);
        line.append(String.format(Locale.ROOT, "+%d.%06d [%d %s]", micros / 1_000_000, micros % 1_000_000,
                from.database(), from.peer()));
        for (int i = 0; i < request.count(); i++) {
            line.append(" \"");
            int size = Math.min(request.size(i), MAX_ARGUMENT_BYTES);
            for (int at = request.offset(i); at < request.offset(i) + size; at++) {
                escape(line, request.array()[at] & 0xFF);
            }
            line.append(size < request.size(i) ? "...\"" : "\"");
        }
        byte[] encoded = line.append("\r\n").toString().getBytes(StandardCharsets.US_ASCII);
        for (Session monitor : sessions.monitors()) {
            monitor.connection().push(encoded);
        }
    }

    private static void escape(StringBuilder line, int c) {
        switch (c) {
            case '\\', '"' -> line.append('\\').append((char) c);
            case '\n' -> line.append("\\n");
            case '\r' -> line.append("\\r");
            case '\t' -> line.append("\\t");
            case 7 -> line.append("\\a");
            case '\b' -> line.append("\\b");
            default -> {
                if (c >= ' ' && c < 127) {
                    line.append((char) c);
                } else {
                    line.append(String.format(Locale.ROOT, "\\x%02x", c));
                }
            }
        }
    }
}
