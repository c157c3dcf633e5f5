package io.ringtail.cluster.hint;

import io.ringtail.engine.record.HashSlot;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * How a hint is written: the name it has in the hint store, and what stands under that name. Pure.
 *
 * <pre>
 *   name of a missed record:      "{" target, 12 hex digits "}" · 1 · HLC (8) actor (8) · expiry HLC (8) actor (8) · internal key
 *   its value:                    the record, encoded
 *   name of a missed clearing:    "{" target, 12 hex digits "}" · 2 · database (1) · HLC (8)
 *   its value:                    empty
 * </pre>
 *
 * The braces make all hints of a target fall into one hash slot: a scan of it finds them. The versions make the name say what it stands for, all of it: the same
 * hint twice is one hint, two writes of one key are two. A version that the record does not have is zeros. A name longer than a user key may be goes on in the subkey.
 * {@code docs/formats/hints.md} says the same to others.
 */
final class HintFormat {
    static final int KIND_RECORD = 1;
    static final int KIND_FLOOR = 2;
    /** Node ids have 48 bits. */
    static final long MAX_TARGET = (1L << 48) - 1;

    static final int PREFIX_SIZE = 14;
    private static final int KIND_OFFSET = PREFIX_SIZE;
    private static final int VERSIONS_OFFSET = PREFIX_SIZE + 1;
    static final int ORIGINAL_OFFSET = VERSIONS_OFFSET + 32;
    private static final int FLOOR_SIZE = VERSIONS_OFFSET + 9;
    private static final int SLOT_SHIFT = 50;

    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);
    private static final byte[] DIGITS = "0123456789abcdef".getBytes(StandardCharsets.US_ASCII);

    private HintFormat() {}

    /** What all names of a target's hints begin with. */
    static byte[] prefix(long target) {
        byte[] prefix = new byte[PREFIX_SIZE];
        writePrefix(target, prefix);
        return prefix;
    }

    private static void writePrefix(long target, byte[] name) {
        if (target < 0 || target > MAX_TARGET) {
            throw new IllegalArgumentException("member " + target + ", must have 48 bits");
        }
        name[0] = '{';
        for (int i = 0; i < 12; i++) {
            name[1 + i] = DIGITS[(int) (target >>> 4 * (11 - i)) & 15];
        }
        name[13] = '}';
    }

    /** The first token of a target's hints. */
    static long firstToken(byte[] prefix) {
        return (long) HashSlot.of(prefix, 0, PREFIX_SIZE) << SLOT_SHIFT;
    }

    /** The last token of a target's hints. */
    static long lastToken(byte[] prefix) {
        return firstToken(prefix) | (1L << SLOT_SHIFT) - 1;
    }

    /** The bytes of a missed record's name. */
    static int nameSize(Key original) {
        return ORIGINAL_OFFSET + original.size();
    }

    /** Makes {@code into} the key of a missed record; {@code scratch} has room for its name. */
    static void setRecord(Key into, byte[] scratch, long target, Key original, Record missed) {
        writePrefix(target, scratch);
        scratch[KIND_OFFSET] = KIND_RECORD;
        boolean value = missed.hasValue();
        LONG.set(scratch, VERSIONS_OFFSET, value ? missed.hlc() : 0);
        LONG.set(scratch, VERSIONS_OFFSET + 8, value ? missed.actor() : 0);
        LONG.set(scratch, VERSIONS_OFFSET + 16, missed.expiryHlc());
        LONG.set(scratch, VERSIONS_OFFSET + 24, missed.expiryActor());
        System.arraycopy(original.bytes(), 0, scratch, ORIGINAL_OFFSET, original.size());
        setName(into, scratch, nameSize(original));
    }

    /** Makes {@code into} the key of a missed clearing. */
    static void setFloor(Key into, long target, int database, long hlc) {
        byte[] name = new byte[FLOOR_SIZE];
        writePrefix(target, name);
        name[KIND_OFFSET] = KIND_FLOOR;
        name[VERSIONS_OFFSET] = (byte) database;
        LONG.set(name, VERSIONS_OFFSET + 1, hlc);
        setName(into, name, FLOOR_SIZE);
    }

    private static void setName(Key into, byte[] name, int size) {
        int inUserKey = Math.min(size, Key.MAX_USER_KEY_SIZE);
        into.set(0, name, 0, inUserKey);
        if (inUserKey < size) {
            into.setSubkey(name, inUserKey, size - inUserKey);
        }
    }

    // ---- reading; `key` is a hint's, as it stands in the hint store, its name at `name`

    /** Whether a hint is of the target with that prefix, and not of another in the same slot. */
    static boolean hasPrefix(byte[] key, int name, int end, byte[] prefix) {
        return end - name > PREFIX_SIZE && Arrays.equals(key, name, name + PREFIX_SIZE, prefix, 0, PREFIX_SIZE);
    }

    /** Whose it is; checks the whole name. */
    static long target(byte[] key, int name, int end) throws IOException {
        int size = end - name;
        if (size <= PREFIX_SIZE || key[name] != '{' || key[name + 13] != '}') {
            throw new IOException("a hint's name has no target");
        }
        long target = 0;
        for (int i = 0; i < 12; i++) {
            int digit = Character.digit(key[name + 1 + i], 16);
            if (digit < 0) {
                throw new IOException("a hint's name has no target");
            }
            target = target << 4 | digit;
        }
        check(key, name, end);
        return target;
    }

    /** Checks what comes after the target. */
    static void check(byte[] key, int name, int end) throws IOException {
        int size = end - name;
        int kind = key[name + KIND_OFFSET];
        boolean whole = kind == KIND_RECORD
                ? size >= ORIGINAL_OFFSET + Key.PREFIX_SIZE + 1
                : kind == KIND_FLOOR && size == FLOOR_SIZE;
        if (!whole) {
            throw new IOException("hint of kind " + kind + " whose name has " + size + " bytes");
        }
    }

    static int kind(byte[] key, int name) {
        return key[name + KIND_OFFSET];
    }

    static int floorDatabase(byte[] key, int name) {
        return key[name + VERSIONS_OFFSET] & 0xFF;
    }

    static long floorHlc(byte[] key, int name) {
        return (long) LONG.get(key, name + VERSIONS_OFFSET + 1);
    }
}
