package io.ringtail.bench.simulation;

import java.util.Arrays;

/** Makes values large, so that nodes have something to do with their disks, without making them hard to read for people: bytes of nothing behind the text. Pure. */
final class Padding {
    private Padding() {}

    static byte[] add(byte[] text, int size) {
        return Arrays.copyOf(text, text.length + size);
    }

    static String remove(String padded) {
        int end = padded.indexOf(0);
        return end < 0 ? padded : padded.substring(0, end);
    }
}
