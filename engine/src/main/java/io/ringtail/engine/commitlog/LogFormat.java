package io.ringtail.engine.commitlog;

import io.ringtail.engine.io.FileHeader;
import io.ringtail.engine.record.Key;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The bytes of a segment, as {@code docs/formats/commit-log.md} specifies them; numbers only, no state.
 *
 * <pre>
 *   segment = file header (40) · salt (8) · CRC32C of the salt (4) · frame… · [ file footer (32) ]
 *   frame   = CRC32C of the rest (4) · size of the frame (4) · mark: position XOR salt (8)
 *             · synced position (8) · entry…
 *   entry   = 1 · varint key size · internal key · varint record size · record
 *           | 2 · database (1) · HLC (8)                     clear a database
 *           | 3 · position (8)                               where the frame before this segment's first one ended
 * </pre>
 */
final class LogFormat {
    static final String FILE_TYPE = "RLOG";
    static final int VERSION = 1;

    static final int SALT_OFFSET = FileHeader.SIZE;
    static final int SALT_CRC_OFFSET = SALT_OFFSET + 8;
    /** Where the first frame starts. */
    static final int FRAMES_OFFSET = SALT_CRC_OFFSET + 4;

    static final int SIZE_OFFSET = 4;
    static final int MARK_OFFSET = 8;
    static final int SYNCED_OFFSET = 16;
    static final int FRAME_HEADER_SIZE = 24;

    static final byte ENTRY_RECORD = 1;
    static final byte ENTRY_CLEAR = 2;
    static final byte ENTRY_LINK = 3;
    static final int CLEAR_SIZE = 10;
    static final int LINK_SIZE = 9;

    static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private static final String PREFIX = "log-";
    private static final String SUFFIX = ".rtl";
    private static final int DIGITS = 16;

    private LogFormat() {}

    static Path segmentFile(Path directory, long segmentId) {
        return directory.resolve(PREFIX + String.format("%0" + DIGITS + "d", segmentId) + SUFFIX);
    }

    /** The segment id in a file's name, or null when it is no segment's. */
    static @Nullable Long segmentId(Path file) {
        String name = String.valueOf(file.getFileName());
        if (name.length() != PREFIX.length() + DIGITS + SUFFIX.length()
                || !name.startsWith(PREFIX)
                || !name.endsWith(SUFFIX)) {
            return null;
        }
        String digits = name.substring(PREFIX.length(), PREFIX.length() + DIGITS);
        for (int i = 0; i < DIGITS; i++) {
            if (digits.charAt(i) < '0' || digits.charAt(i) > '9') {
                return null;
            }
        }
        long id = Long.parseLong(digits);
        return id >= 1 && id <= Integer.MAX_VALUE ? id : null;
    }

    /** Everything of a segment before its first frame. */
    static byte[] segmentStart(long storeId, long segmentId, long salt) {
        byte[] start = new byte[FRAMES_OFFSET];
        System.arraycopy(
                FileHeader.encode(FILE_TYPE, VERSION, storeId, segmentId), 0, start, 0, FileHeader.SIZE);
        LONG.set(start, SALT_OFFSET, salt);
        INT.set(start, SALT_CRC_OFFSET, saltCrc(start));
        return start;
    }

    static int saltCrc(byte[] start) {
        CRC32C crc = new CRC32C();
        crc.update(start, SALT_OFFSET, 8);
        return (int) crc.getValue();
    }

    static int varintSize(int value) {
        int size = 1;
        while ((value & ~0x7F) != 0) {
            value >>>= 7;
            size++;
        }
        return size;
    }

    /** Whether the bytes are an internal key, so that {@link Key#setEncoded} can read them. */
    static boolean isKey(byte[] bytes, int offset, int size) {
        int at = offset + Key.PREFIX_SIZE;
        int end = offset + size;
        int userKeySize = 0;
        for (int shift = 0; shift <= 14; shift += 7) {
            if (at >= end) {
                return false;
            }
            byte b = bytes[at++];
            userKeySize |= (b & 0x7F) << shift;
            if (b >= 0) {
                return userKeySize <= Key.MAX_USER_KEY_SIZE && userKeySize <= end - at;
            }
        }
        return false;
    }
}
