package io.ringtail.protocol;

/**
 * Text to UTF-8 without garbage. Half of a surrogate pair becomes a question mark, as the JDK does it. Pure functions.
 */
final class Utf8 {
    /** One char never takes more; a surrogate pair takes four for its two. */
    static final int MAX_BYTES_PER_CHAR = 3;

    private Utf8() {}

    /** Bytes of {@code text}. */
    static int bytes(CharSequence text) {
        int chars = text.length();
        int bytes = 0;
        for (int i = 0; i < chars; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                bytes++;
            } else if (c < 0x800) {
                bytes += 2;
            } else if (!Character.isSurrogate(c)) {
                bytes += 3;
            } else if (isPair(text, i)) {
                bytes += 4;
                i++;
            } else {
                bytes++;
            }
        }
        return bytes;
    }

    /**
     * Writes {@code text} at {@code at}, where {@link #MAX_BYTES_PER_CHAR} bytes a char must fit; returns where it
     * ends.
     */
    static int write(CharSequence text, byte[] array, int at) {
        int chars = text.length();
        for (int i = 0; i < chars; i++) {
            char c = text.charAt(i);
            if (c < 0x80) {
                array[at++] = (byte) c;
            } else if (c < 0x800) {
                array[at++] = (byte) (0xc0 | (c >> 6));
                array[at++] = (byte) (0x80 | (c & 0x3f));
            } else if (!Character.isSurrogate(c)) {
                array[at++] = (byte) (0xe0 | (c >> 12));
                array[at++] = (byte) (0x80 | ((c >> 6) & 0x3f));
                array[at++] = (byte) (0x80 | (c & 0x3f));
            } else if (isPair(text, i)) {
                int point = Character.toCodePoint(c, text.charAt(++i));
                array[at++] = (byte) (0xf0 | (point >> 18));
                array[at++] = (byte) (0x80 | ((point >> 12) & 0x3f));
                array[at++] = (byte) (0x80 | ((point >> 6) & 0x3f));
                array[at++] = (byte) (0x80 | (point & 0x3f));
            } else {
                array[at++] = '?';
            }
        }
        return at;
    }

    private static boolean isPair(CharSequence text, int index) {
        return index + 1 < text.length() && Character.isSurrogatePair(text.charAt(index), text.charAt(index + 1));
    }
}
