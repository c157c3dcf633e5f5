package io.ringtail.engine.manifest;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.FileFooter;
import io.ringtail.engine.io.FileHeader;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.zip.CRC32C;

/**
 * The bytes of a manifest; {@code docs/formats/manifest.md} has them. Pure functions.
 *
 * <pre>
 *   file header (type RMAN)
 *   next file id (8) · log segment (8) · log offset (8)
 *   table count (4) · file ids (8 each) · floor count (4) · (database (4) · HLC (8)) each
 *   attribute count (4) · (name (8) · value (8)) each
 *   file footer; its checksum covers all that is before it
 * </pre>
 */
final class ManifestFile {
    static final String FILE_TYPE = "RMAN";
    static final int VERSION = 1;
    /** No manifest comes near: a million tables take 8 MiB. */
    static final int MAX_BYTES = 64 << 20;

    private ManifestFile() {}

    static ByteBuffer encode(ManifestState state, long number) {
        int size = FileHeader.SIZE + 24 + 12 + 8 * state.tables().size() + 12 * state.clearFloors().size()
                + 16 * state.attributes().size() + FileFooter.SIZE;
        ByteBuffer out = ByteBuffer.allocate(size);
        out.put(FileHeader.encode(FILE_TYPE, VERSION, state.storeId(), number));
        out.putLong(state.nextFileId()).putLong(state.logSegment()).putLong(state.logOffset());
        out.putInt(state.tables().size());
        for (long table : state.tables()) {
            out.putLong(table);
        }
        out.putInt(state.clearFloors().size());
        for (Map.Entry<Integer, Long> floor : state.clearFloors().entrySet()) {
            out.putInt(floor.getKey()).putLong(floor.getValue());
        }
        out.putInt(state.attributes().size());
        for (Map.Entry<Long, Long> attribute : state.attributes().entrySet()) {
            out.putLong(attribute.getKey()).putLong(attribute.getValue());
        }
        out.put(FileFooter.encode(out.position(), number, crc(out.array(), out.position())));
        return out.flip();
    }

    /** Reads and verifies a whole manifest; {@code number} is what the file's name says. */
    static ManifestState decode(byte[] bytes, Path path, long number) throws CorruptionException {
        FileHeader header = FileHeader.parse(bytes, path).require(FILE_TYPE, VERSION, path);
        int end = bytes.length - FileFooter.SIZE;
        FileFooter footer = FileFooter.parse(
                end < FileHeader.SIZE ? new byte[0] : Arrays.copyOfRange(bytes, end, bytes.length), path, bytes.length);
        if (header.fileId() != number || footer.fileId() != number) {
            throw new CorruptionException(
                    path, 0, "manifest " + header.fileId() + " and " + footer.fileId() + ", expected " + number);
        }
        int computed = crc(bytes, end);
        if (computed != footer.contentChecksum()) {
            throw new CorruptionException(
                    path,
                    end,
                    "content has CRC32C %08x, its bytes give %08x".formatted(footer.contentChecksum(), computed));
        }
        ByteBuffer in = ByteBuffer.wrap(bytes, FileHeader.SIZE, end - FileHeader.SIZE);
        try {
            ManifestState state = read(in, header.storeId());
            if (in.hasRemaining()) {
                throw new CorruptionException(path, in.position(), in.remaining() + " bytes too many");
            }
            return state;
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            throw new CorruptionException(path, in.position(), "malformed manifest: " + e);
        }
    }

    private static ManifestState read(ByteBuffer in, long storeId) {
        long nextFileId = in.getLong();
        long logSegment = in.getLong();
        long logOffset = in.getLong();
        TreeSet<Long> tables = new TreeSet<>();
        for (int left = in.getInt(); left > 0; left--) {
            tables.add(in.getLong());
        }
        TreeMap<Integer, Long> floors = new TreeMap<>();
        for (int left = in.getInt(); left > 0; left--) {
            floors.put(in.getInt(), in.getLong());
        }
        TreeMap<Long, Long> attributes = new TreeMap<>();
        for (int left = in.getInt(); left > 0; left--) {
            attributes.put(in.getLong(), in.getLong());
        }
        return new ManifestState(storeId, nextFileId, logSegment, logOffset, tables, floors, attributes);
    }

    private static int crc(byte[] bytes, int size) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, size);
        return (int) crc.getValue();
    }
}
