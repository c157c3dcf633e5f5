package io.ringtail.engine.io;

/** How a wrong checksum is told to people: the same words for every file. */
final class Checksums {
    private Checksums() {}

    static String mismatch(String what, int stored, int computed) {
        return "%s has CRC32C %08x, its bytes give %08x".formatted(what, stored, computed);
    }
}
