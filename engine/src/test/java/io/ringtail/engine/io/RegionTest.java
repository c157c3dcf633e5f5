package io.ringtail.engine.io;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The two implementations of a region test each other. */
class RegionTest {
    @Test
    void bothImplementationsHoldTheSameBytesAfterTheSameWrites() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        int size = 1000;
        byte[] model = new byte[size];
        try (Region chronicle = Regions.allocateChronicle(size);
                Region segment = Regions.allocateSegment(size)) {
            chronicle.write(0, model, 0, size);
            segment.write(0, model, 0, size);
            for (int step = 0; step < 5000; step++) {
                int kind = random.nextInt(5);
                int offset = random.nextInt(size - 8);
                long value = random.nextLong();
                byte[] chunk = new byte[random.nextInt(size - offset)];
                random.nextBytes(chunk);
                for (Region region : new Region[] {chronicle, segment}) {
                    switch (kind) {
                        case 0 -> region.putByte(offset, (byte) value);
                        case 1 -> region.putInt(offset, (int) value);
                        case 2 -> region.putLong(offset, value);
                        case 3 -> region.putIntRelease(offset & ~3, (int) value);
                        default -> region.write(offset, chunk, 0, chunk.length);
                    }
                }
                byte[] a = new byte[size];
                byte[] b = new byte[size];
                chronicle.read(0, a, 0, size);
                segment.read(0, b, 0, size);
                assertThat(a).as("seed %d step %d", seed, step).isEqualTo(b);
                assertThat(chronicle.getLong(offset)).isEqualTo(segment.getLong(offset));
                assertThat(chronicle.getInt(offset)).isEqualTo(segment.getInt(offset));
                assertThat(chronicle.getByte(offset)).isEqualTo(segment.getByte(offset));
                assertThat(chronicle.getIntAcquire(offset & ~3)).isEqualTo(segment.getIntAcquire(offset & ~3));
            }
        }
    }

    @Test
    void comparesAsUnsignedBytes() {
        Random random = new Random(42);
        byte[] content = new byte[64];
        for (int step = 0; step < 20_000; step++) {
            for (int i = 0; i < content.length; i++) {
                content[i] = (byte) (random.nextInt(3) - 1);
            }
            byte[] other = Arrays.copyOf(content, 64);
            other[random.nextInt(64)] ^= (byte) random.nextInt(256);
            int size = random.nextInt(65);
            int otherSize = random.nextInt(65);
            int expected = Integer.signum(Arrays.compareUnsigned(content, 0, size, other, 0, otherSize));
            try (Region chronicle = Regions.allocateChronicle(64);
                    Region segment = Regions.allocateSegment(64)) {
                chronicle.write(0, content, 0, 64);
                segment.write(0, content, 0, 64);
                assertThat(Integer.signum(chronicle.compare(0, size, other, 0, otherSize))).isEqualTo(expected);
                assertThat(Integer.signum(segment.compare(0, size, other, 0, otherSize))).isEqualTo(expected);
            }
        }
    }

    @Test
    void mapsAFileReadOnly(@TempDir Path directory) throws IOException {
        Path file = directory.resolve("f");
        Files.write(file, new byte[] {0, 0, 1, 2, 3, 4, 5, 6, 7, 8});
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
                Region region = Regions.map(channel, 10)) {
            assertThat(region.getLong(2)).isEqualTo(0x0102030405060708L);
        }
    }
}
