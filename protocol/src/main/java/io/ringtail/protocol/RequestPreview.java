package io.ringtail.protocol;

/**
 * Where the names and the first two arguments of the next few requests stand, as {@link RequestDecoder#preview} found them. Reused; valid until the decoder is fed
 * again. Confined to the connection's event loop.
 */
public final class RequestPreview {
    final int[] nameOffsets;
    final int[] nameSizes;
    final int[] offsets;
    final int[] sizes;
    final int[] secondOffsets;
    final int[] secondSizes;
    byte[] array = new byte[0];
    int count;

    /** Room for {@code capacity} requests. */
    public RequestPreview(int capacity) {
        nameOffsets = new int[capacity];
        nameSizes = new int[capacity];
        offsets = new int[capacity];
        sizes = new int[capacity];
        secondOffsets = new int[capacity];
        secondSizes = new int[capacity];
    }

    /** How many requests were found. */
    public int count() {
        return count;
    }

    /** The array all arguments are slices of. */
    public byte[] array() {
        return array;
    }

    /** Where the name of the command of request {@code index} begins. */
    public int nameOffset(int index) {
        return nameOffsets[index];
    }

    /** Bytes of it. */
    public int nameSize(int index) {
        return nameSizes[index];
    }

    /** Where the first argument of request {@code index} begins. */
    public int offset(int index) {
        return offsets[index];
    }

    /** Bytes of it. */
    public int size(int index) {
        return sizes[index];
    }

    /** Where the second argument of request {@code index} begins, if it has one. */
    public int secondOffset(int index) {
        return secondOffsets[index];
    }

    /** Bytes of it; -1 if there is none. */
    public int secondSize(int index) {
        return secondSizes[index];
    }
}
