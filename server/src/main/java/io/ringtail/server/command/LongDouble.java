package io.ringtail.server.command;

import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.RoundingMode;
import java.nio.charset.StandardCharsets;

/**
 * A number of the x87 80-bit format (64 bits of mantissa, 15 of exponent), which is what C calls {@code long double} where Redis
 * usually runs; so {@code INCRBYFLOAT} answers the digits that Redis does.
 *
 * <p>Held as the exact decimal expansion, rounded half to even to that format after each operation. Immutable. Work is bounded:
 * text is at most {@link #MAX_TEXT_SIZE} bytes, and exponents beyond the format are refused before anything is computed with them.
 */
final class LongDouble {
    /** Bytes of the longest text that is read as a number. */
    static final int MAX_TEXT_SIZE = 5 * 1024 - 1;

    static final LongDouble ZERO = new LongDouble(BigDecimal.ZERO, true);
    private static final LongDouble INFINITE = new LongDouble(BigDecimal.ZERO, false);

    private static final int MANTISSA_BITS = 64;
    /** All values are below 2 to this. */
    private static final int EXPONENT_LIMIT = 16384;
    /** The smallest value is 2 to minus this. */
    private static final int MAX_FRACTION_BITS = 16445;
    /** No number of this format has more decimal digits before its point, nor more zeros behind it. */
    private static final int MAX_DECIMAL_EXPONENT = 5000;

    private static final int FRACTION_DIGITS_SHOWN = 17;

    private final BigDecimal value;
    private final boolean finite;

    private LongDouble(BigDecimal value, boolean finite) {
        this.value = value;
        this.finite = finite;
    }

    boolean isFinite() {
        return finite;
    }

    LongDouble plus(LongDouble other) {
        return finite && other.finite ? ofDecimal(value.add(other.value)) : INFINITE;
    }

    /** As Redis shows it: 17 digits behind the point, zeros at the end cut off, never an exponent. */
    String toText() {
        BigDecimal shown = value.setScale(FRACTION_DIGITS_SHOWN, RoundingMode.HALF_EVEN);
        return shown.signum() == 0 ? "0" : shown.stripTrailingZeros().toPlainString();
    }

    /**
     * Reads what C's {@code strtold} reads: decimal or hexadecimal, with or without an exponent, or {@code inf}; all of the bytes.
     *
     * @throws CommandException {@link CommandException#NOT_A_FLOAT}, also for numbers too great or too small for the format
     */
    static LongDouble parse(byte[] array, int offset, int size) {
        if (size == 0 || size > MAX_TEXT_SIZE) {
            throw CommandException.NOT_A_FLOAT;
        }
        String text = new String(array, offset, size, StandardCharsets.ISO_8859_1);
        char sign = text.charAt(0);
        String magnitude = sign == '-' || sign == '+' ? text.substring(1) : text;
        if (magnitude.equalsIgnoreCase("inf") || magnitude.equalsIgnoreCase("infinity")) {
            return INFINITE;
        }
        boolean hexadecimal = magnitude.regionMatches(true, 0, "0x", 0, 2);
        LongDouble parsed = new Parser(hexadecimal ? magnitude.substring(2) : magnitude, hexadecimal).parse();
        return sign == '-' ? new LongDouble(parsed.value.negate(), true) : parsed;
    }

    private static LongDouble ofDecimal(BigDecimal exact) {
        if (exact.signum() == 0) {
            return ZERO;
        }
        BigInteger unscaled = exact.unscaledValue().abs();
        int scale = exact.scale();
        LongDouble rounded = scale >= 0
                ? ofRatio(unscaled, BigInteger.TEN.pow(scale))
                : ofRatio(unscaled.multiply(BigInteger.TEN.pow(-scale)), BigInteger.ONE);
        return exact.signum() < 0 ? new LongDouble(rounded.value.negate(), rounded.finite) : rounded;
    }

    /** The number of the format nearest to {@code numerator / denominator}, both positive. */
    private static LongDouble ofRatio(BigInteger numerator, BigInteger denominator) {
        // The quotient of numbers of m and n bits has m - n or m - n + 1 bits.
        int fractionBits = MANTISSA_BITS - (numerator.bitLength() - denominator.bitLength());
        BigInteger[] parts = divide(numerator, denominator, fractionBits);
        if (parts[0].bitLength() > MANTISSA_BITS) {
            fractionBits--;
            parts = divide(numerator, denominator, fractionBits);
        }
        if (fractionBits > MAX_FRACTION_BITS) {
            fractionBits = MAX_FRACTION_BITS;
            parts = divide(numerator, denominator, fractionBits);
        }
        BigInteger mantissa = parts[0];
        BigInteger divisor = fractionBits < 0 ? denominator.shiftLeft(-fractionBits) : denominator;
        int half = parts[1].shiftLeft(1).compareTo(divisor);
        if (half > 0 || (half == 0 && mantissa.testBit(0))) {
            mantissa = mantissa.add(BigInteger.ONE);
        }
        if (mantissa.bitLength() - fractionBits > EXPONENT_LIMIT) {
            return INFINITE;
        }
        BigDecimal value = fractionBits > 0
                ? new BigDecimal(mantissa.multiply(BigInteger.valueOf(5).pow(fractionBits)), fractionBits)
                : new BigDecimal(mantissa.shiftLeft(-fractionBits));
        return new LongDouble(value, true);
    }

    private static BigInteger[] divide(BigInteger numerator, BigInteger denominator, int fractionBits) {
        return fractionBits >= 0
                ? numerator.shiftLeft(fractionBits).divideAndRemainder(denominator)
                : numerator.divideAndRemainder(denominator.shiftLeft(-fractionBits));
    }

    /** Reads one number without a sign. Used once. */
    private static final class Parser {
        private final String text;
        private final boolean hexadecimal;
        private int at;

        Parser(String text, boolean hexadecimal) {
            this.text = text;
            this.hexadecimal = hexadecimal;
        }

        LongDouble parse() {
            StringBuilder digits = new StringBuilder(text.length());
            takeDigits(digits);
            int fractionDigits = 0;
            if (at < text.length() && text.charAt(at) == '.') {
                at++;
                int whole = digits.length();
                takeDigits(digits);
                fractionDigits = digits.length() - whole;
            }
            if (digits.isEmpty()) {
                throw CommandException.NOT_A_FLOAT;
            }
            long exponent = takeExponent();
            if (at != text.length()) {
                throw CommandException.NOT_A_FLOAT;
            }
            BigInteger mantissa = new BigInteger(digits.toString(), hexadecimal ? 16 : 10);
            if (mantissa.signum() == 0) {
                return ZERO;
            }
            LongDouble number = hexadecimal
                    ? ofBinary(mantissa, exponent - 4L * fractionDigits)
                    : ofDecimalParts(mantissa, exponent - fractionDigits);
            if (!number.finite || number.value.signum() == 0) {
                throw CommandException.NOT_A_FLOAT;
            }
            return number;
        }

        private static LongDouble ofDecimalParts(BigInteger mantissa, long exponent) {
            BigDecimal exact = new BigDecimal(mantissa);
            long leading = exact.precision() + exponent;
            if (leading > MAX_DECIMAL_EXPONENT || leading < -MAX_DECIMAL_EXPONENT) {
                throw CommandException.NOT_A_FLOAT;
            }
            return ofDecimal(exact.scaleByPowerOfTen((int) exponent));
        }

        private static LongDouble ofBinary(BigInteger mantissa, long exponent) {
            long leading = mantissa.bitLength() + exponent;
            if (leading > EXPONENT_LIMIT || leading < -MAX_FRACTION_BITS) {
                throw CommandException.NOT_A_FLOAT;
            }
            return exponent >= 0
                    ? ofRatio(mantissa.shiftLeft((int) exponent), BigInteger.ONE)
                    : ofRatio(mantissa, BigInteger.ONE.shiftLeft((int) -exponent));
        }

        private void takeDigits(StringBuilder into) {
            while (at < text.length() && isDigit(text.charAt(at))) {
                into.append(text.charAt(at++));
            }
        }

        private boolean isDigit(char c) {
            return (c >= '0' && c <= '9') || (hexadecimal && ((c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F')));
        }

        /** The exponent, clamped far outside of what the format holds. */
        private long takeExponent() {
            if (at == text.length() || Character.toLowerCase(text.charAt(at)) != (hexadecimal ? 'p' : 'e')) {
                return 0;
            }
            at++;
            boolean negative = at < text.length() && text.charAt(at) == '-';
            if (negative || (at < text.length() && text.charAt(at) == '+')) {
                at++;
            }
            int from = at;
            long exponent = 0;
            while (at < text.length() && text.charAt(at) >= '0' && text.charAt(at) <= '9') {
                exponent = Math.min(exponent * 10 + (text.charAt(at++) - '0'), 1_000_000);
            }
            if (at == from) {
                throw CommandException.NOT_A_FLOAT;
            }
            return negative ? -exponent : exponent;
        }
    }
}
