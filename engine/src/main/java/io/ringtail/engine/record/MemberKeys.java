package io.ringtail.engine.record;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import net.openhft.hashing.LongHashFunction;

/**
 * Where the members of a collection lie: behind its header, each under the key with a subkey.
 *
 * <pre>
 *   subkey   type (1) · xxh64 of the member (8, big endian) · member
 * </pre>
 *
 * <p>Members are in the order of their hashes, which are as good as random whatever the members are: so a walk may go on from a hash, which is all that a scan's cursor has to say, and begin at any for a random member. No subkey
 * begins with {@code 0xFF}: a key with that one byte is behind all members. Pure.
 */
public final class MemberKeys {
    /** Bytes of a key and a member together, at most. */
    public static final int MAX_SIZE = Key.MAX_USER_KEY_SIZE;

    private static final int HASH_OFFSET = 1;
    private static final int MEMBER_OFFSET = 9;
    private static final byte BEHIND_ALL = (byte) 0xFF;
    private static final LongHashFunction XXH64 = LongHashFunction.xx();
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private MemberKeys() {}

    /** Makes {@code into} the key of a member of the collection at {@code header}. */
    public static Key set(Key into, Key header, int type, byte[] member, int offset, int size) {
        return into.setElement(header, type, hash(member, offset, size), member, offset, size);
    }

    /** A member's place among others, unsigned. */
    public static long hash(byte[] member, int offset, int size) {
        return XXH64.hashBytes(member, offset, size);
    }

    /** An internal key before which no member of a hash of {@code fromHash} or greater lies; it is the key of none. */
    public static byte[] before(Key header, int type, long fromHash) {
        int end = header.userKeyOffset() + header.userKeySize();
        byte[] key = new byte[end + MEMBER_OFFSET - (fromHash == 0 ? Long.BYTES : 0)];
        System.arraycopy(header.bytes(), 0, key, 0, end);
        key[end] = (byte) type;
        if (fromHash != 0) {
            // The greatest that has the hash before: longer ones that begin with it are met, and passed over by who asks for the hash.
            LONG.set(key, end + HASH_OFFSET, fromHash - 1);
        }
        return key;
    }

    /** An internal key that is behind all members of the key that begins {@code encoded[0, size)}, itself a member's or not, and before all other keys. */
    public static byte[] behindAll(byte[] encoded) {
        int end = Key.userKeyOffset(encoded, 0) + Key.userKeySize(encoded, 0);
        byte[] key = new byte[end + 1];
        System.arraycopy(encoded, 0, key, 0, end);
        key[end] = BEHIND_ALL;
        return key;
    }

    /** Whether a key is that of a member of the collection at {@code header}. */
    public static boolean isMember(Key key, Key header, int type) {
        int end = header.userKeyOffset() + header.userKeySize();
        return key.size() >= end + MEMBER_OFFSET
                && key.token() == header.token()
                && java.util.Arrays.equals(key.bytes(), 0, end, header.bytes(), 0, end)
                && key.bytes()[end] == (byte) type;
    }

    /** Of a member's key, the member's hash. */
    public static long hash(Key member) {
        return (long) LONG.get(member.bytes(), member.userKeyOffset() + member.userKeySize() + HASH_OFFSET);
    }

    /** Of a member's key, where the member begins; it goes to the key's end. */
    public static int memberOffset(Key member) {
        return member.userKeyOffset() + member.userKeySize() + MEMBER_OFFSET;
    }

    public static int memberSize(Key member) {
        return member.size() - memberOffset(member);
    }
}
