package io.ringtail.protocol;

import java.nio.charset.StandardCharsets;
import java.util.Locale;

/**
 * The line a person types: words between blanks, quoted like this.
 *
 * <pre>
 *   line   = { blank } [ word { blank { blank } word } ] { blank }
 *   word   = { plain | '"' { char | escape } '"' | "'" { char | "\'" } "'" }    a closing quote ends the word
 *   escape = "\x" hex hex | "\n" | "\r" | "\t" | "\b" | "\a" | "\" char
 * </pre>
 *
 * Called by {@link RequestDecoder}. Words are unquoted in place, where they never grow. Pure functions.
 */
final class InlineCommand {
    private InlineCommand() {}

    /** Adds the words of {@code [from, to)} to {@code request}, and unquotes them; false if a quote is not closed. */
    static boolean split(byte[] array, int from, int to, Request request) {
        int at = from;
        while (true) {
            while (at < to && isSpace(array[at])) {
                at++;
            }
            if (at == to) {
                return true;
            }
            at = word(array, at, to, request);
            if (at < 0) {
                return false;
            }
        }
    }

    /** Adds the word at {@code from}; returns where it ends, -1 if a quote of it is not closed or does not end it. */
    private static int word(byte[] array, int from, int to, Request request) {
        int at = from;
        int written = from;
        while (at < to && !endsWord(array[at])) {
            byte b = array[at++];
            if (b != '"' && b != '\'') {
                array[written++] = b;
                continue;
            }
            while (true) {
                if (at == to) {
                    return -1;
                }
                byte quoted = array[at++];
                if (quoted == b) {
                    break;
                }
                if (quoted == '\\' && at < to) {
                    if (b == '\'') {
                        if (array[at] == '\'') {
                            quoted = array[at++];
                        }
                    } else if (array[at] == 'x' && to - at > 2 && hex(array[at + 1]) >= 0 && hex(array[at + 2]) >= 0) {
                        quoted = (byte) ((hex(array[at + 1]) << 4) | hex(array[at + 2]));
                        at += 3;
                    } else {
                        quoted = unescape(array[at++]);
                    }
                }
                array[written++] = quoted;
            }
            if (at < to && !isSpace(array[at])) {
                return -1;
            }
            break;
        }
        request.add(from, written - from);
        return at;
    }

    private static byte unescape(byte escaped) {
        return switch (escaped) {
            case 'n' -> '\n';
            case 'r' -> '\r';
            case 't' -> '\t';
            case 'b' -> '\b';
            case 'a' -> 7;
            default -> escaped;
        };
    }

    /** Whether this is a line of an HTTP request: {@code POST …} or {@code Host: …}. */
    static boolean isHttp(Request request) {
        return nameIs(request, "post") || nameIs(request, "host:");
    }

    private static boolean nameIs(Request request, String lowerCase) {
        if (request.size(0) != lowerCase.length()) {
            return false;
        }
        for (int i = 0; i < lowerCase.length(); i++) {
            if (Character.toLowerCase((char) request.array()[request.offset(0) + i]) != lowerCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** The name of a request found to {@linkplain #isHttp be HTTP}. */
    static String printableName(Request request) {
        return new String(request.bytes(0), StandardCharsets.US_ASCII).toUpperCase(Locale.ROOT);
    }

    private static boolean isSpace(byte b) {
        return b == ' ' || (b >= '\t' && b <= '\r');
    }

    /** Not the vertical tab, nor the form feed: they are blanks before a word, and part of it inside; as in Redis. */
    private static boolean endsWord(byte b) {
        return b == ' ' || b == '\t' || b == '\n' || b == '\r';
    }

    private static int hex(byte b) {
        return Character.digit((char) (b & 0xff), 16);
    }
}
