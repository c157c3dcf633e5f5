package io.ringtail.engine.io;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The first bytes of every file of Ringtail: what it is, which version of its format, whose, and which one.
 *
 * <pre>
 *   magic "RINGTAIL" (8) · file type, 4 ASCII characters (4) · format version (4)
 *   store id (8) · file id (8) · zero (4) · CRC32C of the 36 bytes before (4)
 * </pre>
 *
 * Integers are big endian. Every bit is either checked against a known value or covered by the checksum. The same for
 * all files, so that one tool can name any file and one test can cover all formats; see {@code docs/formats/files.md}.
 *
 * <p>Immutable.
 *
 * @param type four ASCII characters, such as {@code RLOG}
 * @param version of the type's format, from 1
 * @param storeId of the store that wrote it
 * @param fileId of the file within its type and store
 */
public record FileHeader(String type, int version, long storeId, long fileId) {
    /** Bytes. */
    public static final int SIZE = 40;

    private static final byte[] MAGIC = "RINGTAIL".getBytes(StandardCharsets.US_ASCII);
    private static final int TYPE_OFFSET = 8;
    private static final int VERSION_OFFSET = 12;
    private static final int STORE_ID_OFFSET = 16;
    private static final int FILE_ID_OFFSET = 24;
    private static final int ZERO_OFFSET = 32;
    private static final int CRC_OFFSET = 36;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    /** The bytes of a header. */
    public static byte[] encode(String type, int version, long storeId, long fileId) {
        byte[] name = type.getBytes(StandardCharsets.US_ASCII);
        if (name.length != 4) {
            throw new IllegalArgumentException("file type '" + type + "', must be 4 ASCII characters");
        }
        byte[] header = new byte[SIZE];
        System.arraycopy(MAGIC, 0, header, 0, MAGIC.length);
        System.arraycopy(name, 0, header, TYPE_OFFSET, name.length);
        INT.set(header, VERSION_OFFSET, version);
        LONG.set(header, STORE_ID_OFFSET, storeId);
        LONG.set(header, FILE_ID_OFFSET, fileId);
        INT.set(header, CRC_OFFSET, crc(header));
        return header;
    }

    /**
     * Reads the header at the start of {@code bytes}.
     *
     * @param file for the error message only
     * @throws CorruptionException when the bytes are no header, naming the first offset that is wrong
     */
    public static FileHeader parse(byte[] bytes, Path file) throws CorruptionException {
        if (bytes.length < SIZE) {
            throw new CorruptionException(
                    file, bytes.length, "file header cut after " + bytes.length + " of " + SIZE + " bytes");
        }
        if (!Arrays.equals(bytes, 0, MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new CorruptionException(file, 0, "not a file of Ringtail: it does not begin with RINGTAIL");
        }
        int stored = (int) INT.get(bytes, CRC_OFFSET);
        int computed = crc(bytes);
        if (stored != computed) {
            throw new CorruptionException(file, CRC_OFFSET, Checksums.mismatch("file header", stored, computed));
        }
        if ((int) INT.get(bytes, ZERO_OFFSET) != 0) {
            throw new CorruptionException(file, ZERO_OFFSET, "file header field that must be zero is not");
        }
        return new FileHeader(
                new String(bytes, TYPE_OFFSET, 4, StandardCharsets.US_ASCII),
                (int) INT.get(bytes, VERSION_OFFSET),
                (long) LONG.get(bytes, STORE_ID_OFFSET),
                (long) LONG.get(bytes, FILE_ID_OFFSET));
    }

    /**
     * Checks that this is the header of a file of {@code expectedType}, in a version from 1 to {@code newestVersion}.
     *
     * @return this
     */
    public FileHeader require(String expectedType, int newestVersion, Path file) throws CorruptionException {
        if (!type.equals(expectedType)) {
            throw new CorruptionException(file, TYPE_OFFSET, "file type " + type + ", expected " + expectedType);
        }
        if (version < 1 || version > newestVersion) {
            throw new CorruptionException(
                    file,
                    VERSION_OFFSET,
                    "format version " + version + " of " + type + ", this program reads 1 to " + newestVersion);
        }
        return this;
    }

    private static int crc(byte[] header) {
        CRC32C crc = new CRC32C();
        crc.update(header, 0, CRC_OFFSET);
        return (int) crc.getValue();
    }
}
