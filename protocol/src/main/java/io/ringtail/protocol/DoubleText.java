package io.ringtail.protocol;

/**
 * Doubles as Redis spells them: the fewest digits that read back as the same number, whole numbers without a point, and
 * an exponent only where that is shorter ({@code 3}, {@code 3.14}, {@code 1e-7}, {@code 1.5e+300}, {@code inf}, {@code
 * nan}). Pure functions.
 */
public final class DoubleText {
    /** Up to half of the longs, whole numbers are spelt as integers. */
    private static final double MAX_INTEGER = 0x1p62;

    private DoubleText() {}

    public static String of(double value) {
        if (Double.isNaN(value)) {
            return "nan";
        }
        if (Double.isInfinite(value)) {
            return value > 0 ? "inf" : "-inf";
        }
        if (value == 0) {
            return 1 / value < 0 ? "-0" : "0";
        }
        if (Math.abs(value) <= MAX_INTEGER && value == Math.rint(value)) {
            return Long.toString((long) value);
        }
        return fraction(value);
    }

    /**
     * The JDK finds the shortest digits (two at least, which shows in the smallest double only); here they are laid out
     * anew.
     */
    private static String fraction(double value) {
        String java = Double.toString(Math.abs(value));
        int mark = java.indexOf('E');
        int exponent = mark < 0 ? 0 : Integer.parseInt(java.substring(mark + 1));
        String mantissa = mark < 0 ? java : java.substring(0, mark);
        int point = mantissa.indexOf('.');
        String digits = mantissa.substring(0, point) + mantissa.substring(point + 1);
        int power = exponent - (mantissa.length() - point - 1); // value = digits * 10^power
        int first = 0;
        while (digits.charAt(first) == '0') {
            first++;
        }
        int end = digits.length();
        while (digits.charAt(end - 1) == '0') {
            end--;
            power++;
        }
        digits = digits.substring(first, end);

        StringBuilder text = new StringBuilder(26);
        if (value < 0) {
            text.append('-');
        }
        int count = digits.length();
        int magnitude = power + count - 1; // of the first digit
        if (power >= 0 && magnitude < count + 7) {
            return text.append(digits).repeat('0', power).toString();
        }
        if (power < 0 && (power > -7 || Math.abs(magnitude) < 4)) {
            int whole = count + power;
            if (whole > 0) {
                return text.append(digits, 0, whole).append('.').append(digits, whole, count).toString();
            }
            return text.append("0.").repeat('0', -whole).append(digits).toString();
        }
        text.append(digits.charAt(0));
        if (count > 1) {
            text.append('.').append(digits, 1, count);
        }
        return text.append('e').append(magnitude < 0 ? '-' : '+').append(Math.abs(magnitude)).toString();
    }
}
