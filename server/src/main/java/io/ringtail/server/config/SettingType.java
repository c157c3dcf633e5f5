package io.ringtail.server.config;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * What texts a setting takes, and the one form in which it keeps them.
 *
 * <p>Immutable; pure.
 */
public interface SettingType {
    /**
     * The canonical form of {@code text}, which parses to itself.
     *
     * @throws IllegalArgumentException with the reason, in words that follow the setting's name
     */
    String canonical(String text);

    /** What to write after the setting's name in the help, for example {@code BYTES}. */
    String placeholder();

    /** A whole number from {@code min} to {@code max}, both inclusive; {@code unit} names what it counts. */
    static SettingType number(long min, long max, String unit) {
        return of(unit, text -> {
            long value;
            try {
                value = Long.parseLong(text);
            } catch (NumberFormatException e) {
                throw new IllegalArgumentException("argument couldn't be parsed into an integer", e);
            }
            return Long.toString(inRange(value, min, max));
        });
    }

    /** A whole number from {@code min} to {@code max}, both inclusive, or the word {@code auto}. */
    static SettingType numberOrAuto(long min, long max, String unit) {
        SettingType number = number(min, max, unit);
        return of(unit + "|auto", text -> text.equalsIgnoreCase("auto") ? "auto" : number.canonical(text));
    }

    /** A size in bytes, with or without a unit: {@code 1k} is 1000 and {@code 1kb} is 1024, likewise m, mb, g, gb. */
    static SettingType bytes(long min, long max) {
        return of("BYTES", text -> Long.toString(inRange(parseBytes(text), min, max)));
    }

    /** A whole number in that range, or several of names' each: {@code NAME:NUMBER,NAME:NUMBER}. */
    static SettingType numberOrNumbers(long min, long max, String unit) {
        SettingType number = number(min, max, unit);
        return of(unit + "|NAME:" + unit + ",...", text -> {
            if (text.indexOf(':') < 0) {
                return number.canonical(text);
            }
            List<String> parts = new ArrayList<>();
            for (String part : text.split(",", -1)) {
                int colon = part.lastIndexOf(':');
                if (colon < 1) {
                    throw new IllegalArgumentException("argument must be a number, or NAME:NUMBER,NAME:NUMBER and so on");
                }
                parts.add(part.substring(0, colon) + ":" + number.canonical(part.substring(colon + 1)));
            }
            return String.join(",", parts);
        });
    }

    static SettingType yesNo() {
        return of("yes|no", text -> switch (text.toLowerCase(Locale.ROOT)) {
            case "yes" -> "yes";
            case "no" -> "no";
            default -> throw new IllegalArgumentException("argument must be 'yes' or 'no'");
        });
    }

    static SettingType oneOf(String... choices) {
        List<String> known = List.of(choices);
        return of(String.join("|", choices), text -> {
            String lower = text.toLowerCase(Locale.ROOT);
            if (!known.contains(lower)) {
                throw new IllegalArgumentException(
                        "argument(s) must be one of the following: " + String.join(", ", known));
            }
            return lower;
        });
    }

    static SettingType text(String placeholder) {
        return of(placeholder, text -> text);
    }

    /** A name that is shown to people and compared: 1 to {@code maxBytes} bytes, nothing that is not printed. */
    static SettingType name(String placeholder, int maxBytes) {
        return of(placeholder, text -> {
            int bytes = text.getBytes(StandardCharsets.UTF_8).length;
            if (bytes < 1 || bytes > maxBytes || text.chars().anyMatch(Character::isISOControl)) {
                throw new IllegalArgumentException("argument must be 1 to " + maxBytes + " bytes of printable text");
            }
            return text;
        });
    }

    /** Words parted by spaces, at least one. */
    static SettingType words(String placeholder, int maxCount) {
        return of(placeholder, text -> {
            String[] words = text.strip().split("\\s+", -1);
            if (words[0].isEmpty() || words.length > maxCount) {
                throw new IllegalArgumentException("takes 1 to " + maxCount + " words");
            }
            return String.join(" ", words);
        });
    }

    /** A value the server has and nobody can change; asked for by clients of Redis. */
    static SettingType fixed(String value) {
        return of("", text -> {
            if (!text.equals(value)) {
                throw new IllegalArgumentException("can't set immutable config");
            }
            return value;
        });
    }

    /** {@code client-output-buffer-limit}: class, hard limit, soft limit, soft seconds, for one or more classes. */
    static SettingType outputLimits() {
        return of("CLASS HARD SOFT SECONDS ...", text -> {
            String[] words = text.strip().split("\\s+", -1);
            if (words.length % 4 != 0) {
                throw new IllegalArgumentException("wrong number of arguments");
            }
            List<String> canonical = new ArrayList<>();
            for (int i = 0; i < words.length; i += 4) {
                String name = words[i].toLowerCase(Locale.ROOT);
                if (!List.of("normal", "replica", "slave", "pubsub").contains(name)) {
                    throw new IllegalArgumentException("invalid client class '" + words[i] + "'");
                }
                canonical.add(name.equals("replica") ? "slave" : name);
                canonical.add(Long.toString(inRange(parseBytes(words[i + 1]), 0, Long.MAX_VALUE)));
                canonical.add(Long.toString(inRange(parseBytes(words[i + 2]), 0, Long.MAX_VALUE)));
                try {
                    canonical.add(Long.toString(inRange(Long.parseLong(words[i + 3]), 0, Integer.MAX_VALUE)));
                } catch (NumberFormatException e) {
                    throw new IllegalArgumentException("soft limit seconds must be a number", e);
                }
            }
            return String.join(" ", canonical);
        });
    }

    /** What one parser does, as a type. */
    private static SettingType of(String placeholder, java.util.function.UnaryOperator<String> parser) {
        return new SettingType() {
            @Override
            public String canonical(String text) {
                return parser.apply(text);
            }

            @Override
            public String placeholder() {
                return placeholder;
            }
        };
    }

    private static long inRange(long value, long min, long max) {
        if (value < min || value > max) {
            throw new IllegalArgumentException("argument must be between " + min + " and " + max + " inclusive");
        }
        return value;
    }

    /** The number of bytes a text such as {@code 64mb} means. */
    static long parseBytes(String text) {
        String lower = text.toLowerCase(Locale.ROOT);
        int digits = 0;
        while (digits < lower.length() && lower.charAt(digits) >= '0' && lower.charAt(digits) <= '9') {
            digits++;
        }
        long factor = switch (lower.substring(digits)) {
            case "", "b" -> 1L;
            case "k" -> 1000L;
            case "kb" -> 1L << 10;
            case "m" -> 1_000_000L;
            case "mb" -> 1L << 20;
            case "g" -> 1_000_000_000L;
            case "gb" -> 1L << 30;
            default -> throw new IllegalArgumentException("argument must be a memory value");
        };
        try {
            return Math.multiplyExact(Long.parseLong(lower.substring(0, digits)), factor);
        } catch (ArithmeticException | NumberFormatException e) {
            throw new IllegalArgumentException("argument must be a memory value", e);
        }
    }
}
