package io.ringtail.protocol;

import java.util.Arrays;

/**
 * Decimal numbers as the Redis wire writes them: one spelling for each number, so no plus sign, no leading zero, no
 * {@code -0}, no space. Pure functions.
 */
public final class Decimal {
    /**
     * What {@link #parse} returns for bytes that are no number; {@link #isMinLong} tells the number of this value
     * apart.
     */
    public static final long INVALID = Long.MIN_VALUE;

    /** The longest number has this many characters. */
    static final int MAX_CHARS = 20;

    private static final byte[] MIN_LONG = {
        '-', '9', '2', '2', '3', '3', '7', '2', '0', '3', '6', '8', '5', '4', '7', '7', '5', '8', '0', '8'
    };

    private Decimal() {}

    /** The number in {@code [from, to)}; {@link #INVALID} if it is misspelt or does not fit 64 bits. */
    public static long parse(byte[] array, int from, int to) {
        int chars = to - from;
        if (chars < 1 || chars > MAX_CHARS) {
            return INVALID;
        }
        boolean negative = array[from] == '-';
        int at = negative ? from + 1 : from;
        if (at == to) {
            return INVALID;
        }
        if (array[at] == '0') {
            return chars == 1 ? 0 : INVALID;
        }
        long value = 0; // kept negative or zero, where there is one number more
        for (; at < to; at++) {
            int digit = array[at] - '0';
            if (digit < 0 || digit > 9 || value < Long.MIN_VALUE / 10) {
                return INVALID;
            }
            value *= 10;
            if (value < Long.MIN_VALUE + digit) {
                return INVALID;
            }
            value -= digit;
        }
        if (!negative && value == Long.MIN_VALUE) {
            return INVALID;
        }
        return negative ? value : -value;
    }

    /** Whether {@code [from, to)} spells the smallest long, which {@link #parse} cannot tell from {@link #INVALID}. */
    public static boolean isMinLong(byte[] array, int from, int to) {
        return Arrays.equals(array, from, to, MIN_LONG, 0, MIN_LONG.length);
    }

    /** Characters of {@code value}. */
    static int chars(long value) {
        if (value < 0) {
            return value == Long.MIN_VALUE ? MAX_CHARS : 1 + chars(-value);
        }
        int chars = 1;
        long power = 10;
        while (chars < MAX_CHARS - 1 && value >= power) {
            power *= 10;
            chars++;
        }
        return chars;
    }

    /** Writes {@code value} at {@code at}, where {@link #MAX_CHARS} bytes must fit; returns the offset behind it. */
    static int write(long value, byte[] array, int at) {
        if (value < 0) {
            if (value == Long.MIN_VALUE) {
                System.arraycopy(MIN_LONG, 0, array, at, MIN_LONG.length);
                return at + MIN_LONG.length;
            }
            array[at] = '-';
            return write(-value, array, at + 1);
        }
        int end = at + chars(value);
        int to = end;
        long rest = value;
        while (rest > Integer.MAX_VALUE) {
            array[--to] = (byte) ('0' + rest % 10);
            rest /= 10;
        }
        int small = (int) rest; // divides faster
        while (small >= 10) {
            int tenth = small / 10;
            array[--to] = (byte) ('0' + small - tenth * 10);
            small = tenth;
        }
        array[at] = (byte) ('0' + small);
        return end;
    }
}
