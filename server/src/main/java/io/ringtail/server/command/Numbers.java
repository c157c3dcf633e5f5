package io.ringtail.server.command;

/** Numbers as Redis reads and writes them. Pure. */
public final class Numbers {
    private Numbers() {}

    /**
     * The decimal 64-bit integer in {@code array[offset, offset + size)}: an optional minus, no plus, no spaces, no leading zeros.
     *
     * @throws CommandException {@link CommandException#NOT_AN_INTEGER}
     */
    public static long parseLong(byte[] array, int offset, int size) {
        if (size == 0 || size > 20) {
            throw CommandException.NOT_AN_INTEGER;
        }
        int at = offset;
        int end = offset + size;
        boolean negative = array[at] == '-';
        if (negative) {
            at++;
            if (at == end) {
                throw CommandException.NOT_AN_INTEGER;
            }
        }
        if (array[at] == '0' && (size > 1)) {
            throw CommandException.NOT_AN_INTEGER;
        }
        // Accumulates negatively, because the negative range is the larger one.
        long value = 0;
        while (at < end) {
            int digit = array[at++] - '0';
            if (digit < 0 || digit > 9 || value < Long.MIN_VALUE / 10) {
                throw CommandException.NOT_AN_INTEGER;
            }
            value = value * 10;
            if (value < Long.MIN_VALUE + digit) {
                throw CommandException.NOT_AN_INTEGER;
            }
            value -= digit;
        }
        if (!negative) {
            if (value == Long.MIN_VALUE) {
                throw CommandException.NOT_AN_INTEGER;
            }
            value = -value;
        }
        return value;
    }
}
