package io.ringtail.engine.io;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.engine.io.SimulatedFileSystem.Loss;
import io.ringtail.engine.io.SimulatedFileSystem.Operation;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class SimulatedFileSystemTest {
    private static final Path DIRECTORY = Path.of("/data");
    private static final Path FILE = DIRECTORY.resolve("file");

    private final SimulatedFileSystem disk = new SimulatedFileSystem();

    @BeforeEach
    void makeDirectory() throws IOException {
        disk.createDirectories(DIRECTORY);
    }

    private static ByteBuffer bytes(int size, int value) {
        byte[] bytes = new byte[size];
        java.util.Arrays.fill(bytes, (byte) value);
        return ByteBuffer.wrap(bytes);
    }

    @Test
    void aPowerCutLeavesWhatWasSyncedAndAFirstPartOfTheRest() throws IOException {
        WritableFile out = disk.create(FILE);
        out.write(bytes(10, 1));
        out.sync();
        disk.syncDirectory(DIRECTORY);
        out.write(bytes(5, 2));
        out.write(bytes(5, 3));
        Set<Integer> sizes = new TreeSet<>();
        for (int seed = 0; seed < 200; seed++) {
            SimulatedFileSystem copy = disk.copy();
            copy.powerCut(new SplittableRandom(seed));
            byte[] content = copy.content(FILE);
            sizes.add(content.length);
            for (int i = 0; i < content.length; i++) {
                assertThat(content[i]).isEqualTo((byte) (i < 10 ? 1 : i < 15 ? 2 : 3));
            }
        }
        assertThat(sizes).containsExactly(10, 11, 12, 13, 14, 15, 16, 17, 18, 19, 20);
    }

    @Test
    void aPowerCutThatLosesSectorsLeavesHoles() throws IOException {
        WritableFile out = disk.create(FILE);
        disk.syncDirectory(DIRECTORY);
        out.write(bytes(4096, 1));
        boolean hole = false;
        for (int seed = 0; seed < 50; seed++) {
            SimulatedFileSystem copy = disk.copy();
            copy.powerCut(new SplittableRandom(seed), Loss.ANY_SECTORS);
            byte[] content = copy.content(FILE);
            hole |= content.length > 0 && content[0] == 0 && content[content.length - 1] == 1;
        }
        assertThat(hole).isTrue();
    }

    @Test
    void namesSurviveWhenTheirDirectoryWasSynced() throws IOException {
        disk.create(FILE).close();
        Set<Boolean> created = new TreeSet<>();
        for (int seed = 0; seed < 20; seed++) {
            SimulatedFileSystem copy = disk.copy();
            copy.powerCut(new SplittableRandom(seed));
            created.add(copy.exists(FILE));
        }
        assertThat(created).containsExactly(false, true);

        disk.syncDirectory(DIRECTORY);
        disk.rename(FILE, DIRECTORY.resolve("renamed"));
        for (int seed = 0; seed < 20; seed++) {
            SimulatedFileSystem copy = disk.copy();
            copy.powerCut(new SplittableRandom(seed));
            assertThat(copy.list(DIRECTORY)).as("one name or the other").hasSize(1);
        }
    }

    @Test
    void afterAPowerCutOpenFilesAreGone() throws IOException {
        WritableFile out = disk.create(FILE);
        disk.cutPowerAtChange(1);
        assertThatThrownBy(() -> out.write(bytes(1, 1))).isInstanceOf(PowerCutException.class);
        assertThatThrownBy(() -> disk.list(DIRECTORY)).isInstanceOf(PowerCutException.class);
        disk.powerCut(new SplittableRandom(1));
        assertThatThrownBy(out::sync).isInstanceOf(PowerCutException.class);
        assertThat(disk.list(DIRECTORY)).hasSizeLessThan(2);
    }

    @Test
    void whatAFailedSyncShouldHaveWrittenIsNeverWritten() throws IOException {
        WritableFile out = disk.create(FILE);
        disk.syncDirectory(DIRECTORY);
        out.write(bytes(10, 1));
        disk.failCall(Operation.SYNC, 1, new IOException("Input/output error"));
        assertThatThrownBy(out::sync).isInstanceOf(DiskFailedException.class);
        assertThat(disk.content(FILE)).hasSize(10);
        out.sync();
        disk.powerCut(new SplittableRandom(1));
        assertThat(disk.content(FILE)).isEmpty();
    }

    @Test
    void aFullDiskWritesWhatFits() throws IOException {
        disk.capacity(100);
        WritableFile out = disk.create(FILE);
        out.write(bytes(90, 1));
        assertThat(disk.usableBytes(DIRECTORY)).isEqualTo(10);
        assertThatThrownBy(() -> out.write(bytes(20, 1)))
                .isInstanceOf(DiskFullException.class)
                .hasMessageContaining(FILE.toString());
        assertThat(out.position()).isEqualTo(100);
        out.truncate(50);
        assertThat(disk.usableBytes(DIRECTORY)).isEqualTo(50);
        WritableFile other = disk.create(DIRECTORY.resolve("other"));
        other.reserve(50);
        assertThatThrownBy(() -> out.write(bytes(1, 1))).isInstanceOf(DiskFullException.class);
        other.write(bytes(50, 1));
    }

    @Test
    void theKthCallOfAKindFails() throws IOException {
        WritableFile out = disk.create(FILE);
        disk.bytesOfFailedWrite(3);
        disk.failCall(Operation.WRITE, 2, new IOException("No space left on device"));
        out.write(bytes(10, 1));
        assertThatThrownBy(() -> out.write(bytes(10, 1))).isInstanceOf(DiskFullException.class);
        assertThat(out.position()).isEqualTo(13);
        out.write(bytes(10, 1));
        disk.failAll(Operation.RENAME, new IOException("Input/output error"));
        assertThatThrownBy(() -> disk.rename(FILE, DIRECTORY.resolve("x"))).hasMessageContaining("rename /data/x");
        disk.heal();
        disk.rename(FILE, DIRECTORY.resolve("x"));
    }
}
