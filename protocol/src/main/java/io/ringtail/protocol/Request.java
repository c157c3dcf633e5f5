package io.ringtail.protocol;

import java.util.Arrays;

/**
 * One decoded request: a command name and its arguments, each a slice of one array.
 *
 * <p>Filled by a {@link RequestDecoder} and reused: the slices are valid until the decoder is fed again, or asked for
 * the next request. {@link #copy} makes one that stays. Confined to the connection's event loop.
 */
public final class Request {
    /** Arguments there is room for at first. */
    private static final int INITIAL_ARGUMENTS = 16;

    /** Arguments it keeps room for when it is reused: a larger request's room is given back. */
    private static final int KEPT_ARGUMENTS = 1024;

    private byte[] array = new byte[0];
    private int[] offsets = new int[INITIAL_ARGUMENTS];
    private int[] sizes = new int[INITIAL_ARGUMENTS];
    private int count;

    /** Starts over with no arguments, over {@code array}. */
    void reset(byte[] array) {
        this.array = array;
        this.count = 0;
        if (offsets.length > KEPT_ARGUMENTS) {
            offsets = new int[INITIAL_ARGUMENTS];
            sizes = new int[INITIAL_ARGUMENTS];
        }
    }

    /**
     * All arguments are now in {@code array}, {@code delta} bytes further on than they were (further back if negative).
     */
    void rebase(byte[] array, int delta) {
        this.array = array;
        for (int i = 0; i < count; i++) {
            offsets[i] += delta;
        }
    }

    void add(int offset, int size) {
        if (count == offsets.length) {
            offsets = Arrays.copyOf(offsets, count * 2);
            sizes = Arrays.copyOf(sizes, count * 2);
        }
        offsets[count] = offset;
        sizes[count] = size;
        count++;
    }

    /** How many arguments, the command's name included. */
    public int count() {
        return count;
    }

    /** The array all arguments are slices of. */
    public byte[] array() {
        return array;
    }

    /** Where argument {@code index} begins in {@link #array}; 0 is the command's name. */
    public int offset(int index) {
        return offsets[index];
    }

    /** Bytes of argument {@code index}. */
    public int size(int index) {
        return sizes[index];
    }

    /** A copy of argument {@code index}. */
    public byte[] bytes(int index) {
        return Arrays.copyOfRange(array, offsets[index], offsets[index] + sizes[index]);
    }

    /** A request of its own memory, with the same arguments. */
    public Request copy() {
        int total = 0;
        for (int i = 0; i < count; i++) {
            total += sizes[i];
        }
        byte[] bytes = new byte[total];
        Request copy = new Request();
        copy.reset(bytes);
        int at = 0;
        for (int i = 0; i < count; i++) {
            System.arraycopy(array, offsets[i], bytes, at, sizes[i]);
            copy.add(at, sizes[i]);
            at += sizes[i];
        }
        return copy;
    }

    /** A request made of the given arguments. */
    public static Request of(byte[]... arguments) {
        int total = 0;
        for (byte[] argument : arguments) {
            total += argument.length;
        }
        byte[] bytes = new byte[total];
        Request request = new Request();
        request.reset(bytes);
        int at = 0;
        for (byte[] argument : arguments) {
            System.arraycopy(argument, 0, bytes, at, argument.length);
            request.add(at, argument.length);
            at += argument.length;
        }
        return request;
    }
}
