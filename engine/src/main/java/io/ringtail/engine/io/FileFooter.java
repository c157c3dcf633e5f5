package io.ringtail.engine.io;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * The last bytes of every sealed file of Ringtail: it says that the file is whole and will not change any more.
 *
 * <pre>
 *   content size (8) · file id (8) · content checksum (4) · magic "LIATGNIR" (8) · CRC32C of the 28 bytes before (4)
 * </pre>
 *
 * Integers are big endian. The content is everything before the footer, header included, so that the content size is
 * also the footer's offset and a file is {@code contentSize + SIZE} bytes long. What the content checksum covers is the
 * file type's business (all content, or the part that no other checksum covers). The file id repeats the header's.
 *
 * <p>Immutable.
 *
 * @param contentSize bytes before the footer
 * @param fileId as in the header
 * @param contentChecksum a CRC32C, over what the file type says
 */
public record FileFooter(long contentSize, long fileId, int contentChecksum) {
    /** Bytes. */
    public static final int SIZE = 32;

    private static final byte[] MAGIC = "LIATGNIR".getBytes(StandardCharsets.US_ASCII);
    private static final int FILE_ID_OFFSET = 8;
    private static final int CHECKSUM_OFFSET = 16;
    private static final int MAGIC_OFFSET = 20;
    private static final int CRC_OFFSET = 28;

    private static final VarHandle INT = MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle LONG = MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    /** The bytes of a footer. */
    public static byte[] encode(long contentSize, long fileId, int contentChecksum) {
        byte[] footer = new byte[SIZE];
        LONG.set(footer, 0, contentSize);
        LONG.set(footer, FILE_ID_OFFSET, fileId);
        INT.set(footer, CHECKSUM_OFFSET, contentChecksum);
        System.arraycopy(MAGIC, 0, footer, MAGIC_OFFSET, MAGIC.length);
        INT.set(footer, CRC_OFFSET, crc(footer));
        return footer;
    }

    /** Whether {@code bytes} begin with the magic and checksum of a footer, whatever it says. */
    public static boolean isFooter(byte[] bytes) {
        return bytes.length >= SIZE
                && Arrays.equals(bytes, MAGIC_OFFSET, MAGIC_OFFSET + MAGIC.length, MAGIC, 0, MAGIC.length)
                && (int) INT.get(bytes, CRC_OFFSET) == crc(bytes);
    }

    /**
     * Reads the footer at the start of {@code bytes}, which were the last {@link #SIZE} bytes of a file of
     * {@code fileSize} bytes.
     *
     * @param file for the error message only
     * @throws CorruptionException when the bytes are no footer, or not that of a file of this size
     */
    public static FileFooter parse(byte[] bytes, Path file, long fileSize) throws CorruptionException {
        long offset = fileSize - SIZE;
        if (bytes.length < SIZE || offset < 0) {
            throw new CorruptionException(file, Math.max(0, offset), "file of " + fileSize + " bytes has no footer");
        }
        if (!Arrays.equals(bytes, MAGIC_OFFSET, MAGIC_OFFSET + MAGIC.length, MAGIC, 0, MAGIC.length)) {
            throw new CorruptionException(file, offset, "no footer at the end: the file was cut or never sealed");
        }
        int stored = (int) INT.get(bytes, CRC_OFFSET);
        int computed = crc(bytes);
        if (stored != computed) {
            throw new CorruptionException(
                    file, offset + CRC_OFFSET, Checksums.mismatch("file footer", stored, computed));
        }
        long contentSize = (long) LONG.get(bytes, 0);
        if (contentSize != offset) {
            throw new CorruptionException(
                    file, offset, "footer is at " + offset + " but says the content is " + contentSize + " bytes");
        }
        return new FileFooter(contentSize, (long) LONG.get(bytes, FILE_ID_OFFSET), (int) INT.get(bytes, CHECKSUM_OFFSET));
    }

    private static int crc(byte[] footer) {
        CRC32C crc = new CRC32C();
        crc.update(footer, 0, CRC_OFFSET);
        return (int) crc.getValue();
    }
}
