package io.ringtail.engine.commitlog;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.concurrent.locks.ReentrantLock;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The worked example of {@code docs/formats/commit-log.md} is what the code writes. */
class SpecificationExampleTest {
    private static final Pattern HEX_LINE = Pattern.compile("(?m)^ {4}[0-9a-f]{4}  ((?:[0-9a-f]{2} {1,2})+)");

    @Test
    void theExampleIsWhatTheCodeWrites() throws IOException {
        SimulatedFileSystem disk = new SimulatedFileSystem();
        Path directory = Path.of("/log");
        disk.createDirectories(directory);
        CommitLogOptions options = CommitLogOptions.of(0x1234_5678_9ABCL, null)
                .withSources(() -> 0, () -> 0x1122_3344_5566_7788L);
        CommitLogReplay nothing = new CommitLogReplay() {
            @Override
            public void record(Key key, Record record) {}

            @Override
            public void clear(int database, long hlc) {}
        };
        ReentrantLock writeLock = new ReentrantLock();
        try (CommitLog log = CommitLog.open(
                disk, directory, options, LogPosition.START, nothing, writeLock, CommitLogListener.NONE)) {
            byte[] value = "bar".getBytes(StandardCharsets.US_ASCII);
            Key key = new Key().set(0, "foo".getBytes(StandardCharsets.US_ASCII));
            log.add(key, new Record().setValue(0x0100, 1, 0, value, 0, value.length));
            log.append();
            log.sync();
            log.addClear(0, 0x0200);
        }
        String written = HexFormat.of().formatHex(disk.content(LogFormat.segmentFile(directory, 1)));
        Path specification = Path.of("").toAbsolutePath().resolveSibling("docs/formats/commit-log.md");
        StringBuilder example = new StringBuilder();
        Matcher line = HEX_LINE.matcher(Files.readString(specification));
        while (line.find()) {
            example.append(line.group(1).replace(" ", ""));
        }
        assertThat(example.toString()).isEqualTo(written);
    }
}
