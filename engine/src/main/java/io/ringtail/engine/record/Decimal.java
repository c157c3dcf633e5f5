package io.ringtail.engine.record;

/** A number of 64 bits as counters keep it: decimal digits, with a minus in front and without leading zeros. Pure. */
final class Decimal {
    /** Digits and sign of the longest. */
    static final int MAX_SIZE = 20;

    private Decimal() {}

    /** Whether the bytes are such a number. */
    static boolean isLong(byte[] bytes, int offset, int size) {
        if (size == 0 || size > MAX_SIZE) {
            return false;
        }
        boolean negative = bytes[offset] == '-';
        int digits = size - (negative ? 1 : 0);
        int first = offset + (negative ? 1 : 0);
        if (digits == 0 || digits > MAX_SIZE - 1 || (bytes[first] == '0' && size > 1)) {
            return false;
        }
        for (int i = first; i < offset + size; i++) {
            if (bytes[i] < '0' || bytes[i] > '9') {
                return false;
            }
        }
        // With 19 digits it fits, or it has wrapped around to the other sign.
        long value = parse(bytes, offset, size);
        return negative ? value < 0 : value >= 0;
    }

    /** The number that the bytes are; modulo 2^64 when it does not fit. */
    static long parse(byte[] bytes, int offset, int size) {
        boolean negative = bytes[offset] == '-';
        long value = 0;
        for (int i = offset + (negative ? 1 : 0); i < offset + size; i++) {
            value = value * 10 + (bytes[i] - '0');
        }
        return negative ? -value : value;
    }

    /** Writes a number so that it ends where {@code target} ends; returns where it begins. */
    static int format(long value, byte[] target) {
        int at = target.length;
        long rest = value;
        do {
            // The remainder of a negative number is negative; the least has no positive counterpart.
            target[--at] = (byte) ('0' + Math.abs(rest % 10));
            rest /= 10;
        } while (rest != 0);
        if (value < 0) {
            target[--at] = '-';
        }
        return at;
    }
}
