package io.ringtail.engine.commitlog;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.fail;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.FileFooter;
import io.ringtail.engine.io.SimulatedFileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Cut and altered logs: nothing wrong is ever served, and damage is told from a torn tail. */
class DamageTest {
    private static final int FRAMES = 9;

    private final SimulatedFileSystem disk = new SimulatedFileSystem();
    private final LogFixture fixture = new LogFixture(disk, SyncPolicy.ALWAYS, 10);
    private final Path file = LogFormat.segmentFile(fixture.directory, 1);
    /** Ends of the frames, by index; the first is where frames start. */
    private final List<Long> ends = new ArrayList<>(List.of((long) LogFormat.FRAMES_OFFSET));

    /** Frames of one entry each, each durable before the next is written. Left open, as a crash leaves it. */
    @SuppressWarnings("MustBeClosedChecker")
    private CommitLog write() throws IOException {
        CommitLog log = fixture.open();
        for (int i = 0; i < FRAMES; i++) {
            fixture.addAndAppend(log, i);
            log.runOnce();
            ends.add(log.position().offset());
        }
        return log;
    }

    private List<Integer> replay(byte[] content) throws IOException {
        SimulatedFileSystem copy = disk.copy();
        for (Path other : copy.list(fixture.directory)) {
            copy.delete(other);
        }
        copy.overwrite(file, content);
        LogFixture reopened = new LogFixture(copy, SyncPolicy.ALWAYS, 10);
        reopened.open().close();
        return List.copyOf(reopened.replayed);
    }

    private static List<Integer> first(int count) {
        return IntStream.range(0, count).boxed().toList();
    }

    @Test
    void tornTailIsCutAtEveryByte() throws IOException {
        write();
        byte[] content = disk.content(file);
        assertThat(replay(content)).isEqualTo(first(FRAMES));
        for (int size = 0; size <= content.length; size++) {
            int wanted = size;
            int whole = (int) ends.stream().filter(end -> end <= wanted).count() - 1;
            assertThat(replay(Arrays.copyOf(content, size))).as("cut to " + size).isEqualTo(first(Math.max(0, whole)));
        }
    }

    @Test
    void tornTailOfZerosOrGarbageIsCut() throws IOException {
        write();
        byte[] content = disk.content(file);
        for (byte filler : new byte[] {0, -1, 'R'}) {
            byte[] longer = Arrays.copyOf(content, content.length + 300);
            Arrays.fill(longer, content.length, longer.length, filler);
            assertThat(replay(longer)).isEqualTo(first(FRAMES));
        }
    }

    /**
     * Before the last frame a flipped bit stops the start, since a later frame says it was durable; in the last it cuts
     * it.
     */
    @Test
    void everyFlippedBitOfAnUnsealedSegmentIsFound() throws IOException {
        write();
        byte[] content = disk.content(file);
        long lastFrame = ends.get(FRAMES - 1);
        for (int bit = 0; bit < content.length * 8; bit++) {
            byte[] flipped = flip(content, bit);
            if (bit / 8 >= lastFrame) {
                assertThat(replay(flipped)).as("bit " + bit).isEqualTo(first(FRAMES - 1));
            } else {
                int at = bit;
                assertThatThrownBy(() -> replay(flipped))
                        .as("bit " + at)
                        .isInstanceOf(CorruptionException.class)
                        .hasMessageContaining(file.toString());
            }
        }
    }

    /**
     * In a sealed segment any flipped bit stops the start, but for one in the footer, which then is as if never
     * written.
     */
    @Test
    void everyFlippedBitOfASealedSegmentIsFound() throws IOException {
        write().close();
        byte[] content = disk.content(file);
        int footer = content.length - FileFooter.SIZE;
        assertThat((long) footer).isEqualTo(ends.getLast());
        for (int bit = 0; bit < content.length * 8; bit++) {
            byte[] flipped = flip(content, bit);
            try {
                List<Integer> replayed = replay(flipped);
                assertThat(bit / 8).as("bit " + bit + " was not found").isGreaterThanOrEqualTo(footer);
                assertThat(replayed).isEqualTo(first(FRAMES));
            } catch (CorruptionException e) {
                assertThat(bit / 8).as("bit " + bit).isLessThan(footer);
            }
        }
    }

    private static byte[] flip(byte[] content, int bit) {
        byte[] flipped = content.clone();
        flipped[bit / 8] ^= (byte) (1 << (bit % 8));
        return flipped;
    }

    @Test
    void damageInAnEarlierSegmentStopsTheStartAndNamesThePlace() throws IOException {
        try (CommitLog log = fixture.open()) {
            for (int i = 0; i < 200; i++) {
                fixture.addAndAppend(log, i);
                log.runOnce();
            }
            assertThat(log.segments()).isGreaterThan(3);
        }
        Path second = LogFormat.segmentFile(fixture.directory, 2);
        byte[] content = disk.content(second);
        content[500] ^= 1;
        disk.overwrite(second, content);
        assertThatThrownBy(fixture::open)
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining(second + " at offset ");
    }

    @Test
    void missingSegmentStopsTheStart() throws IOException {
        try (CommitLog log = fixture.open()) {
            for (int i = 0; i < 200; i++) {
                fixture.addAndAppend(log, i);
                log.runOnce();
            }
        }
        disk.delete(LogFormat.segmentFile(fixture.directory, 2));
        assertThatThrownBy(fixture::open)
                .isInstanceOf(CorruptionException.class)
                .hasMessageContaining("are missing");
    }

    @Test
    void segmentOfAnotherStoreIsRefused() throws IOException {
        write().close();
        fixture.options = CommitLogOptions.of(4711, null);
        assertThatThrownBy(fixture::open).isInstanceOf(CorruptionException.class).hasMessageContaining("of store");
    }

    @Test
    void repairSavesEveryWholeFrameAndSetsTheDamagedFileAside() throws IOException {
        try (CommitLog log = fixture.open()) {
            for (int i = 0; i < 200; i++) {
                fixture.addAndAppend(log, i);
                log.runOnce();
            }
        }
        for (int damaged : new int[] {20, 500}) { // in the header, then in a frame
            SimulatedFileSystem copy = disk.copy();
            Path second = LogFormat.segmentFile(fixture.directory, 2);
            byte[] content = copy.content(second);
            content[damaged] ^= 1;
            copy.overwrite(second, content);
            List<Path> before = copy.list(fixture.directory);
            CommitLogRepair.Report planned = CommitLogRepair.repair(copy, fixture.directory, true);
            assertThat(copy.list(fixture.directory)).isEqualTo(before);
            CommitLogRepair.Report done = CommitLogRepair.repair(copy, fixture.directory, false);
            assertThat(done).isEqualTo(planned);
            assertThat(done.setAside()).containsExactly(second);
            assertThat(copy.content(Path.of(second + ".damaged"))).isEqualTo(content);

            LogFixture reopened = new LogFixture(copy, SyncPolicy.ALWAYS, 10);
            reopened.open().close();
            int lost = damaged < LogFormat.FRAMES_OFFSET ? 0 : 1;
            assertThat(reopened.replayed).hasSize(200 - lost).isSorted();
            // What a manifest says does not hide what was moved.
            try (CommitLog log = reopened.open(new LogPosition(2, content.length / 2))) {
                assertThat(log.writable()).isTrue();
            }
            assertThat(reopened.replayed).contains(199).hasSizeGreaterThan(100);
            assertThat(CommitLogRepair.repair(copy, fixture.directory, false).isClean()).isTrue();
        }
    }

    @Test
    void repairOfNothingReadableSaysSo() throws IOException {
        disk.createDirectories(fixture.directory);
        disk.overwrite(file, new byte[1000]);
        try {
            CommitLogRepair.repair(disk, fixture.directory, false);
            fail("repaired from nothing");
        } catch (IOException e) {
            assertThat(e).hasMessageContaining("nothing to repair from");
        }
        assertThat(disk.exists(file)).isTrue();
    }

    @Test
    void dumpShowsFramesEntriesAndDamage() throws IOException {
        write();
        byte[] content = disk.content(file);
        content[(int) (ends.get(3) + 30)] ^= 1;
        disk.overwrite(file, content);
        StringBuilder out = new StringBuilder();
        CommitLogDump.dumpDirectory(disk, fixture.directory, true, out);
        assertThat(out.toString())
                .contains("segment 1 of store 0000123456789abc")
                .contains("merge db 0 key \"key0\"")
                .contains("clear db 6 up to hlc 6")
                .contains("  " + ends.get(3) + " … " + ends.get(4) + ": ")
                .contains("bytes that are no whole frame");
    }
}
