package io.ringtail.engine.sstable;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.FileFooter;
import io.ringtail.engine.io.FileHeader;
import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.io.ReadableFile;
import io.ringtail.engine.record.Causal;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.engine.record.Sibling;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;

/**
 * Prints a table for people: what {@code ringtail sstable dump} does. Needs nothing of the store but the file. Confined to
 * one thread.
 */
public final class SstableDump {
    private static final int SHOWN_VALUE_BYTES = 40;

    private final FileSystem files;
    private final Appendable out;

    public SstableDump(FileSystem files, Appendable out) {
        this.files = files;
        this.out = out;
    }

    /**
     * Prints the properties, then the entries.
     *
     * @param entries whether to print entries, or the properties only
     * @throws CorruptionException when the file is damaged, after what could be read has been printed
     */
    public void dump(Path path, boolean entries) throws IOException {
        FileHeader header = header(path);
        line("file          " + path);
        line("store id      " + Long.toHexString(header.storeId()));
        line("file id       " + header.fileId());
        SstableContext context =
                new SstableContext(files, new BlockCache(0), Runnable::run, (deleted, failure) -> {});
        Sstable table = Sstable.open(context, path, header.fileId());
        try {
            properties(table);
            if (entries) {
                entries(table);
            }
        } finally {
            table.release();
        }
    }

    private FileHeader header(Path path) throws IOException {
        try (ReadableFile file = files.open(path)) {
            ByteBuffer bytes = ByteBuffer.allocate(FileHeader.SIZE);
            int read = file.read(bytes, 0);
            if (read < FileHeader.SIZE || file.size() < FileHeader.SIZE + FileFooter.SIZE) {
                throw new CorruptionException(path, Math.max(0, read), "too small for a table");
            }
            return FileHeader.parse(bytes.array(), path)
                    .require(SstableFormat.FILE_TYPE, SstableFormat.VERSION, path);
        }
    }

    private void properties(Sstable table) throws IOException {
        SstableProperties properties = table.properties();
        line("bytes         " + table.bytes());
        line("entries       " + properties.entries() + ", tombstones " + properties.tombstones() + ", expiring "
                + properties.expiring() + ", expiry updates " + properties.expiryUpdates());
        if (properties.expiring() > 0) {
            line("expire at     " + properties.minExpireAtMillis() + " … " + properties.maxExpireAtMillis() + " ms");
        }
        line("tokens        " + Long.toUnsignedString(properties.minToken()) + " … "
                + Long.toUnsignedString(properties.maxToken()));
        line("hlc           " + hlc(properties.minHlc()) + " … " + hlc(properties.maxHlc()));
        line("blocks        " + properties.blocks() + ", raw " + properties.rawBytes() + " bytes, stored "
                + properties.storedBytes() + " bytes");
        line("boundaries    " + properties.boundaries() + " at " + properties.boundariesOffset());
        line("index         at " + properties.indexOffset());
        line("filter        " + properties.filterLines() + " lines, ends at " + properties.filterEnd());
    }

    private void entries(Sstable table) throws IOException {
        try (RecordCursor cursor = table.cursor()) {
            while (cursor.next()) {
                Key key = cursor.key();
                Record record = cursor.record();
                StringBuilder text = new StringBuilder();
                text.append(Long.toUnsignedString(key.token())).append(" db").append(key.database()).append(' ');
                quote(text, key.bytes(), key.userKeyOffset(), key.userKeySize());
                int subkey = key.userKeyOffset() + key.userKeySize();
                if (subkey < key.size()) {
                    quote(text.append(' '), key.bytes(), subkey, key.size() - subkey);
                }
                if (record.isCausal()) {
                    causal(text, record.causal());
                } else if (record.isTombstone()) {
                    text.append(" tombstone ").append(hlc(record.hlc())).append(" actor ").append(record.actor());
                } else if (record.hasValue()) {
                    text.append(" value ").append(hlc(record.hlc())).append(" actor ").append(record.actor());
                    text.append(' ').append(record.valueSize()).append(" bytes ");
                    quote(text, record.valueArray(), record.valueOffset(), record.valueSize());
                }
                if (record.hasExpiry() && !record.isCausal()) {
                    text.append(" expires ").append(record.expireAtMillis()).append(" set ");
                    text.append(hlc(record.expiryHlc())).append(" actor ").append(record.expiryActor());
                }
                line(text.toString());
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
    }

    private static void causal(StringBuilder text, Causal causal) {
        text.append(" causal ").append(causal.context());
        for (int i = 0; i < causal.siblingCount(); i++) {
            Sibling sibling = causal.sibling(i);
            text.append(sibling.isTombstone() ? " tombstone " : " value ").append(hlc(sibling.hlc())).append(" actor ").append(sibling.actor());
            if (!sibling.isTombstone()) {
                text.append(' ').append(sibling.valueSize()).append(" bytes ");
                quote(text, sibling.valueArray(), sibling.valueOffset(), sibling.valueSize());
            }
            if (causal.endMillis(i) != 0) {
                text.append(" expires ").append(causal.endMillis(i));
            }
        }
    }

    private static String hlc(long hlc) {
        return (hlc >>> 16) + "." + (hlc & 0xFFFF);
    }

    /** Bytes as a terminal may show them: printable ASCII as it is, the rest escaped, cut when long. */
    private static void quote(StringBuilder text, byte[] bytes, int offset, int size) {
        text.append('"');
        int shown = Math.min(size, SHOWN_VALUE_BYTES);
        for (int i = offset; i < offset + shown; i++) {
            byte b = bytes[i];
            if (b >= ' ' && b < 0x7F && b != '"' && b != '\\') {
                text.append((char) b);
            } else {
                text.append("\\x");
                text.append(Character.forDigit(b >> 4 & 0xF, 16)).append(Character.forDigit(b & 0xF, 16));
            }
        }
        text.append(shown < size ? "…\"" : "\"");
    }

    private void line(String text) throws IOException {
        out.append(text).append('\n');
    }
}
