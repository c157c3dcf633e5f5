package io.ringtail.engine.commitlog;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.file.Path;

/**
 * Prints what a log, or one of its segments, holds, one line a frame and on request one a entry. Changes nothing;
 * damage is printed where it is, and what is whole after it too. Called by the command line. Confined to one thread.
 */
public final class CommitLogDump {
    private static final int SHOWN_KEY_BYTES = 64;

    private final FileSystem fileSystem;
    private final Appendable out;
    private final boolean entries;

    private CommitLogDump(FileSystem fileSystem, Appendable out, boolean entries) {
        this.fileSystem = fileSystem;
        this.out = out;
        this.entries = entries;
    }

    /**
     * Prints the segments of a directory in order.
     *
     * @param entries whether to print each record
     */
    public static void dumpDirectory(FileSystem fileSystem, Path directory, boolean entries, Appendable out)
            throws IOException {
        CommitLogDump dump = new CommitLogDump(fileSystem, out, entries);
        for (Path file : fileSystem.list(directory)) {
            Long id = LogFormat.segmentId(file);
            if (id != null) {
                dump.segment(file, id);
            }
        }
    }

    /** Prints one segment, by its file. */
    public static void dumpSegment(FileSystem fileSystem, Path file, boolean entries, Appendable out)
            throws IOException {
        Long id = LogFormat.segmentId(file);
        if (id == null) {
            throw new IllegalArgumentException(file + " has no name of a commit log segment");
        }
        new CommitLogDump(fileSystem, out, entries).segment(file, id);
    }

    private void segment(Path file, long id) throws IOException {
        try (SegmentReader reader = SegmentReader.open(fileSystem, file, id)) {
            line("%s: segment %d of store %016x, %d bytes, %s",
                    file, id, reader.storeId(), reader.fileSize(), reader.isSealed() ? "sealed" : "not sealed");
            long expected = LogFormat.FRAMES_OFFSET;
            while (reader.next() || reader.skipDamage()) {
                damage(expected, reader.frameOffset());
                frame(reader);
                expected = reader.endOffset();
            }
            damage(expected, reader.limit());
            if (reader.isSealed() && !reader.contentMatchesFooter()) {
                line("  %d footer: not that of these frames", reader.limit());
            }
        } catch (CorruptionException e) {
            line("%s", String.valueOf(e.getMessage()));
        }
    }

    private void damage(long from, long to) throws IOException {
        if (from < to) {
            line("  %d … %d: %d bytes that are no whole frame", from, to, to - from);
        }
    }

    private void frame(SegmentReader reader) throws IOException {
        int count;
        try {
            count = reader.replay(new Print(null), new Key(), new Record());
        } catch (CorruptionException e) {
            line("  %d frame of %d bytes: %s",
                    reader.frameOffset(), reader.frameSize(), String.valueOf(e.getMessage()));
            return;
        }
        long link = reader.link();
        line("  %d frame of %d bytes, %d entries, synced %s%s",
                reader.frameOffset(),
                reader.frameSize(),
                count,
                LogPosition.of(reader.synced()),
                link < 0 ? "" : ", after " + LogPosition.of(link));
        if (entries) {
            reader.replay(new Print(out), new Key(), new Record());
        }
    }

    @SuppressWarnings("AnnotateFormatMethod") // the annotation would be one more dependency
    private void line(String format, Object... arguments) throws IOException {
        out.append(String.format(format, arguments)).append('\n');
    }

    /** Prints entries; to null, only reads them. */
    private record Print(@org.jspecify.annotations.Nullable Appendable to) implements CommitLogReplay {
        @Override
        public void record(Key key, Record record) throws IOException {
            if (to != null) {
                to.append("    merge db ").append(Integer.toString(key.database()));
                to.append(" key ").append(printable(key));
                to.append(' ').append(record.toString()).append('\n');
            }
        }

        @Override
        public void clear(int database, long hlc) throws IOException {
            if (to != null) {
                to.append("    clear db " + database + " up to hlc " + Long.toUnsignedString(hlc) + "\n");
            }
        }

        private static String printable(Key key) {
            StringBuilder text = new StringBuilder("\"");
            int end = Math.min(key.userKeySize(), SHOWN_KEY_BYTES);
            for (int i = 0; i < end; i++) {
                int b = key.bytes()[key.userKeyOffset() + i] & 0xFF;
                if (b < ' ' || b > '~' || b == '"' || b == '\\') {
                    text.append(String.format("\\x%02x", b));
                } else {
                    text.append((char) b);
                }
            }
            String more = end < key.userKeySize() ? "…" : "";
            return text.append('"').append(more).toString();
        }
    }
}
