package io.ringtail.server.command;

/**
 * A glob pattern as {@code KEYS} and {@code SCAN MATCH} take it: {@code *}, {@code ?}, {@code [abc]}, {@code [^a-c]}, and a
 * backslash before a byte meant literally. Immutable.
 *
 * <p>Everything but a star takes exactly one byte, so on a mismatch only the last star need give way: no recursion, and never more
 * than (bytes of pattern × bytes of text) steps, however many stars there are.
 */
final class GlobPattern {
    private final byte[] pattern;
    private final boolean all;

    GlobPattern(byte[] pattern) {
        this.pattern = pattern;
        this.all = pattern.length == 1 && pattern[0] == '*';
    }

    /** Whether the pattern is a lone star. */
    boolean matchesAll() {
        return all;
    }

    boolean matches(byte[] text, int offset, int size) {
        if (all) {
            return true;
        }
        if (size == 0) {
            return pattern.length == 0;
        }
        int end = offset + size;
        int at = offset;
        int p = 0;
        int starPattern = -1;
        int starText = 0;
        while (at < end) {
            if (p < pattern.length && pattern[p] == '*') {
                starPattern = ++p;
                starText = at;
                continue;
            }
            if (p < pattern.length && matchesOne(p, text[at])) {
                p = elementEnd(p);
                at++;
            } else if (starPattern >= 0) {
                p = starPattern;
                at = ++starText;
            } else {
                return false;
            }
            if (starPattern == pattern.length) {
                return true;
            }
        }
        while (p < pattern.length && pattern[p] == '*') {
            p++;
        }
        return p == pattern.length;
    }

    private boolean matchesOne(int p, byte c) {
        return switch (pattern[p]) {
            case '?' -> true;
            case '[' -> matchesClass(p, c);
            case '\\' -> pattern[p + 1 < pattern.length ? p + 1 : p] == c;
            default -> pattern[p] == c;
        };
    }

    /** Where the element that begins at {@code p} ends. A class that is never closed goes to the end of the pattern. */
    private int elementEnd(int p) {
        if (pattern[p] == '\\') {
            return Math.min(p + 2, pattern.length);
        }
        if (pattern[p] != '[') {
            return p + 1;
        }
        int i = classStart(p);
        while (i < pattern.length && pattern[i] != ']') {
            i = classItemEnd(i);
        }
        return Math.min(i + 1, pattern.length);
    }

    private int classStart(int p) {
        return p + 1 < pattern.length && pattern[p + 1] == '^' ? p + 2 : p + 1;
    }

    private int classItemEnd(int i) {
        if (pattern[i] == '\\' && i + 1 < pattern.length) {
            return i + 2;
        }
        return isRange(i) ? i + 3 : i + 1;
    }

    private boolean isRange(int i) {
        return i + 2 < pattern.length && pattern[i + 1] == '-';
    }

    private boolean matchesClass(int p, byte c) {
        int i = classStart(p);
        boolean negated = i == p + 2;
        boolean matched = false;
        while (i < pattern.length && pattern[i] != ']') {
            if (pattern[i] == '\\' && i + 1 < pattern.length) {
                matched |= pattern[i + 1] == c;
            } else if (isRange(i)) {
                // Signed comparison, either end first: as Redis has it.
                byte a = pattern[i];
                byte b = pattern[i + 2];
                matched |= c >= Math.min(a, b) && c <= Math.max(a, b);
            } else {
                matched |= pattern[i] == c;
            }
            i = classItemEnd(i);
        }
        return matched != negated;
    }
}
