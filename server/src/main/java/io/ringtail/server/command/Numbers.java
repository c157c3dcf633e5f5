package io.ringtail.server.command;

/** Numbers as Redis reads and writes them. Pure. */
public final class Numbers {
    /** Bytes of the longest decimal 64-bit integer. */
    public static final int MAX_LONG_DIGITS = 20;

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

    /** Whether the bytes are an integer as {@link #parseLong} reads it. */
    public static boolean isLong(byte[] array, int offset, int size) {
        if (size == 0 || size > MAX_LONG_DIGITS || (array[offset] != '-' && (array[offset] < '0' || array[offset] > '9'))) {
            return false;
        }
        try {
            parseLong(array, offset, size);
            return true;
        } catch (CommandException notAnInteger) {
            return false;
        }
    }

    /** Writes the decimal digits of {@code value} to the beginning of {@code into}; returns how many bytes that are. */
    public static int formatLong(long value, byte[] into) {
        // Works on the negative value, because the negative range is the larger one.
        long rest = value < 0 ? value : -value;
        int size = value < 0 ? 2 : 1;
        for (long probe = rest; probe <= -10; probe /= 10) {
            size++;
        }
        int at = size;
        do {
            into[--at] = (byte) ('0' - rest % 10);
            rest /= 10;
        } while (rest != 0);
        if (value < 0) {
            into[0] = '-';
        }
        return size;
    }
}
