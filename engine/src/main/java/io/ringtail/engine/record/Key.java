package io.ringtail.engine.record;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import net.openhft.hashing.LongHashFunction;

/**
 * An internal key: a user's key with its place on the ring, in the byte form that is the sort order of the whole system.
 *
 * <pre>
 *   token (8, big endian) · database (1) · varint length of key (1-3) · key · subkey
 *   token = hash slot (14 bits) · upper 50 bits of xxh64(key)
 * </pre>
 *
 * Order is unsigned byte order of {@code bytes()[0, size())}; since the token comes first, ring order is sort order. The
 * subkey is empty for the key itself. The length is a little-endian base-128 varint.
 *
 * <p>Reusable: {@link #set} overwrites it without allocating. Confined to one thread at a time.
 */
public final class Key {
    /** The longest user key, in bytes. */
    public static final int MAX_USER_KEY_SIZE = 64 * 1024;
    /** The number of databases a key can name. */
    public static final int MAX_DATABASES = 256;
    /** Offset of the database byte. */
    public static final int DATABASE_OFFSET = 8;
    /** Bytes before the varint. */
    public static final int PREFIX_SIZE = 9;

    private static final LongHashFunction XXH64 = LongHashFunction.xx();
    private static final VarHandle LONG =
            MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private byte[] bytes = new byte[128];
    private int size;
    private long token;
    private int userKeyOffset;
    private int userKeySize;

    /**
     * Makes this the key {@code source[offset, offset + length)} of {@code database}.
     *
     * @return this
     * @throws IllegalArgumentException when the user key is longer than {@link #MAX_USER_KEY_SIZE}
     */
    public Key set(int database, byte[] source, int offset, int length) {
        if (length > MAX_USER_KEY_SIZE) {
            throw new IllegalArgumentException("key of " + length + " bytes, limit " + MAX_USER_KEY_SIZE);
        }
        long hash = XXH64.hashBytes(source, offset, length);
        token = ((long) HashSlot.of(source, offset, length) << 50) | (hash >>> 14);
        ensureCapacity(PREFIX_SIZE + 3 + length);
        LONG.set(bytes, 0, token);
        bytes[DATABASE_OFFSET] = (byte) database;
        int at = PREFIX_SIZE;
        int rest = length;
        while (rest >= 0x80) {
            bytes[at++] = (byte) (rest | 0x80);
            rest >>>= 7;
        }
        bytes[at++] = (byte) rest;
        System.arraycopy(source, offset, bytes, at, length);
        userKeyOffset = at;
        userKeySize = length;
        size = at + length;
        return this;
    }

    /** {@link #set(int, byte[], int, int)} of a whole array. */
    public Key set(int database, byte[] userKey) {
        return set(database, userKey, 0, userKey.length);
    }

    /** Makes this the internal key that stands encoded in {@code encoded[offset, offset + length)}. */
    public Key setEncoded(byte[] encoded, int offset, int length) {
        ensureCapacity(length);
        System.arraycopy(encoded, offset, bytes, 0, length);
        size = length;
        token = (long) LONG.get(bytes, 0);
        userKeyOffset = userKeyOffset(bytes, 0);
        userKeySize = userKeySize(bytes, 0);
        return this;
    }

    /** Makes this an element of the key it is now, in place of any subkey it has. */
    public Key setSubkey(byte[] source, int offset, int length) {
        int at = userKeyOffset + userKeySize;
        ensureCapacity(at + length);
        System.arraycopy(source, offset, bytes, at, length);
        size = at + length;
        return this;
    }

    /** Makes this an element of another key: its subkey is a type, a place, big endian, and a name. */
    Key setElement(Key of, int type, long place, byte[] name, int offset, int length) {
        int end = of.userKeyOffset + of.userKeySize;
        int nameAt = end + 1 + Long.BYTES;
        ensureCapacity(nameAt + length);
        System.arraycopy(of.bytes, 0, bytes, 0, end);
        token = of.token;
        userKeyOffset = of.userKeyOffset;
        userKeySize = of.userKeySize;
        bytes[end] = (byte) type;
        LONG.set(bytes, end + 1, place);
        System.arraycopy(name, offset, bytes, nameAt, length);
        size = nameAt + length;
        return this;
    }

    private void ensureCapacity(int capacity) {
        if (bytes.length < capacity) {
            bytes = Arrays.copyOf(bytes, Math.max(capacity, bytes.length * 2));
        }
    }

    /** The encoded internal key, valid in {@code [0, size())} until the next set. */
    public byte[] bytes() {
        return bytes;
    }

    /** Bytes of the encoded internal key. */
    public int size() {
        return size;
    }

    /** The key's place on the ring, unsigned. */
    public long token() {
        return token;
    }

    /** The Redis Cluster hash slot, 0 … 16383. */
    public int slot() {
        return (int) (token >>> 50);
    }

    public int database() {
        return bytes[DATABASE_OFFSET] & 0xFF;
    }

    public int userKeyOffset() {
        return userKeyOffset;
    }

    public int userKeySize() {
        return userKeySize;
    }

    /** Whether this names an element of a key and not the key itself. */
    public boolean hasSubkey() {
        return userKeyOffset + userKeySize < size;
    }

    /** Where the subkey begins, in {@link #bytes}; it goes to the end. */
    public int subkeyOffset() {
        return userKeyOffset + userKeySize;
    }

    /** Of a key with a subkey, the eight bytes behind the subkey's first, with zeros where there are fewer: of a member of a collection, its hash. */
    public long subkeyPlace() {
        int at = userKeyOffset + userKeySize + 1;
        if (at + Long.BYTES <= size) {
            return (long) LONG.get(bytes, at);
        }
        long place = 0;
        for (int i = 0; i < size - at; i++) {
            place |= (bytes[at + i] & 0xFFL) << 56 - 8 * i;
        }
        return place;
    }

    /** A copy of the user's key. */
    public byte[] userKey() {
        return Arrays.copyOfRange(bytes, userKeyOffset, userKeyOffset + userKeySize);
    }

    /** What a Bloom filter hashes for this key. */
    public long filterHash() {
        return filterHash(bytes, 0, size);
    }

    // Readers of encoded keys that stand in somebody else's array.

    public static long token(byte[] encoded, int offset) {
        return (long) LONG.get(encoded, offset);
    }

    public static int database(byte[] encoded, int offset) {
        return encoded[offset + DATABASE_OFFSET] & 0xFF;
    }

    /** Offset, in {@code encoded}, of the user key of the internal key at {@code offset}. */
    public static int userKeyOffset(byte[] encoded, int offset) {
        int at = offset + PREFIX_SIZE;
        while (encoded[at] < 0) {
            at++;
        }
        return at + 1;
    }

    /** Size of the user key of the internal key at {@code offset}. */
    public static int userKeySize(byte[] encoded, int offset) {
        int at = offset + PREFIX_SIZE;
        int value = 0;
        for (int shift = 0; ; shift += 7) {
            byte b = encoded[at++];
            value |= (b & 0x7F) << shift;
            if (b >= 0) {
                return value;
            }
        }
    }

    /** Whether the internal key names a key itself and not an element of one. */
    public static boolean isTopLevel(byte[] encoded, int offset, int size) {
        return userKeyOffset(encoded, offset) + userKeySize(encoded, offset) == offset + size;
    }

    /**
     * The 64-bit hash a Bloom filter uses for an encoded key. The token already is a hash of the user key; the database
     * and a subkey are mixed in.
     */
    public static long filterHash(byte[] encoded, int offset, int size) {
        long hash = token(encoded, offset) + database(encoded, offset) * 0x9E3779B97F4A7C15L;
        int subkey = userKeyOffset(encoded, offset) + userKeySize(encoded, offset);
        int end = offset + size;
        if (subkey < end) {
            hash ^= XXH64.hashBytes(encoded, subkey, end - subkey);
        }
        hash = (hash ^ (hash >>> 32)) * 0xD6E8FEB86659FD93L;
        hash = (hash ^ (hash >>> 32)) * 0xD6E8FEB86659FD93L;
        return hash ^ (hash >>> 32);
    }

    /** Unsigned byte order of two encoded keys: the order of everything. */
    public static int compare(byte[] a, int aOffset, int aSize, byte[] b, int bOffset, int bSize) {
        int order = Long.compareUnsigned(token(a, aOffset), token(b, bOffset));
        if (order != 0) {
            return order;
        }
        return Arrays.compareUnsigned(
                a, aOffset + DATABASE_OFFSET, aOffset + aSize, b, bOffset + DATABASE_OFFSET, bOffset + bSize);
    }

    @Override
    public String toString() {
        return "Key[token=" + Long.toUnsignedString(token) + " db=" + database() + " size=" + userKeySize + "]";
    }
}
