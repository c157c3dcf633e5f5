package io.ringtail.engine.commitlog;

import com.code_intelligence.jazzer.api.FuzzedDataProvider;
import com.code_intelligence.jazzer.junit.FuzzTest;
import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.zip.CRC32C;

/** Whatever stands in a segment, reading it ends with entries or with {@link CorruptionException}, and nothing else. */
class SegmentReaderFuzzTest {
    private static final Path DIRECTORY = Path.of("/log");
    private static final long SALT = 0x0123_4567_89AB_CDEFL;

    @FuzzTest(maxDuration = "20s")
    void anyBytesAreFramesOrCorruption(FuzzedDataProvider data) throws IOException {
        boolean validFrame = data.consumeBoolean();
        long segmentId = data.consumeInt(1, 4);
        byte[] content = data.consumeRemainingAsBytes();
        byte[] segment = validFrame ? withFrame(segmentId, content) : withStart(segmentId, content);
        SimulatedFileSystem disk = new SimulatedFileSystem();
        disk.createDirectories(DIRECTORY);
        Path file = LogFormat.segmentFile(DIRECTORY, segmentId);
        disk.overwrite(file, segment);
        CommitLogReplay target = new CommitLogReplay() {
            @Override
            public void record(Key key, Record record) {
                if (key.userKey().length != key.userKeySize() || record.value().length != record.valueSize()) {
                    throw new AssertionError("sizes do not agree");
                }
            }

            @Override
            public void clear(int database, long hlc) {}
        };
        StringBuilder dump = new StringBuilder();
        CommitLogDump.dumpSegment(disk, file, true, dump);
        try (SegmentReader reader = SegmentReader.open(disk, file, segmentId)) {
            while (reader.next() || reader.skipDamage()) {
                reader.replay(target, new Key(), new Record());
            }
        } catch (CorruptionException e) {
            if (!String.valueOf(e.getMessage()).contains(file.toString())) {
                throw new AssertionError("no file in: " + e.getMessage(), e);
            }
        }
    }

    private static byte[] withStart(long segmentId, byte[] rest) {
        byte[] start = LogFormat.segmentStart(7, segmentId, SALT);
        byte[] segment = Arrays.copyOf(start, start.length + rest.length);
        System.arraycopy(rest, 0, segment, start.length, rest.length);
        return segment;
    }

    /** The bytes as the entries of a frame whose checksum is right. */
    private static byte[] withFrame(long segmentId, byte[] entries) {
        byte[] frame = new byte[LogFormat.FRAME_HEADER_SIZE + entries.length];
        System.arraycopy(entries, 0, frame, LogFormat.FRAME_HEADER_SIZE, entries.length);
        LogFormat.INT.set(frame, LogFormat.SIZE_OFFSET, frame.length);
        LogFormat.LONG.set(
                frame, LogFormat.MARK_OFFSET, SALT ^ LogPosition.toLong(segmentId, LogFormat.FRAMES_OFFSET));
        CRC32C crc = new CRC32C();
        crc.update(frame, LogFormat.SIZE_OFFSET, frame.length - LogFormat.SIZE_OFFSET);
        LogFormat.INT.set(frame, 0, (int) crc.getValue());
        return withStart(segmentId, frame);
    }
}
