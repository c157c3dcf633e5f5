package io.ringtail.server.command;

import io.ringtail.cluster.coordinator.WriteRefusedException;
import io.ringtail.protocol.Request;
import java.nio.charset.StandardCharsets;
import java.util.Locale;

/** The words of the errors that concern a command as such. Pure; of what a client sent at most 128 bytes come back, on one line. */
public final class CommandErrors {
    private static final int MAX_ECHO_BYTES = 128;

    private CommandErrors() {}

    static String unknownCommand(Request request) {
        StringBuilder arguments = new StringBuilder();
        for (int i = 1; i < request.count() && arguments.length() < MAX_ECHO_BYTES; i++) {
            String argument = echo(request, i, MAX_ECHO_BYTES - arguments.length());
            arguments.append('\'').append(argument).append("' ");
        }
        return "ERR unknown command '" + echo(request, 0, MAX_ECHO_BYTES) + "', with args beginning with: " + arguments;
    }

    static String unknownSubcommand(Command container, Request request) {
        return "ERR unknown subcommand '" + echo(request, 1, MAX_ECHO_BYTES) + "'. Try "
                + container.name().toUpperCase(Locale.ROOT) + " HELP.";
    }

    static String wrongArity(Command command) {
        return "ERR wrong number of arguments for '" + command.fullName() + "' command";
    }

    /** What a client is told when the log did not take a write: the reason, with a prefix if it has none. */
    public static String writeRefused(WriteRefusedException refusal) {
        String message = String.valueOf(refusal.getMessage());
        int space = message.indexOf(' ');
        String first = space < 0 ? message : message.substring(0, space);
        boolean prefixed = !first.isEmpty() && first.chars().allMatch(c -> c >= 'A' && c <= 'Z');
        return prefixed ? message : "MISCONF " + message;
    }

    /** An argument's first bytes, up to a zero byte, with line breaks made spaces. */
    private static String echo(Request request, int index, int maxBytes) {
        int offset = request.offset(index);
        int size = Math.min(request.size(index), maxBytes);
        int end = 0;
        while (end < size && request.array()[offset + end] != 0) {
            end++;
        }
        return new String(request.array(), offset, end, StandardCharsets.ISO_8859_1)
                .replace('\r', ' ')
                .replace('\n', ' ');
    }
}
