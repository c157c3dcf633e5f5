package io.ringtail.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import java.io.ByteArrayOutputStream;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class FrameReaderTest {
    private final ReceiveMemory memory = new ReceiveMemory(8 << 20);
    private final FrameReader reader = new FrameReader(memory, 4 << 20);

    private List<byte[]> feed(byte[] bytes, int from, int to) {
        reader.feed(Unpooled.wrappedBuffer(bytes, from, to - from));
        List<byte[]> payloads = new ArrayList<>();
        while (reader.next()) {
            payloads.add(Arrays.copyOfRange(
                    reader.payload(), reader.payloadOffset(), reader.payloadOffset() + reader.payloadSize()));
        }
        return payloads;
    }

    @Test
    void framesComeOutWholeHoweverTheyAreCut() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 50; round++) {
            List<byte[]> sent = new ArrayList<>();
            ByteArrayOutputStream stream = new ByteArrayOutputStream();
            for (int i = 0; i < 30; i++) {
                byte[] payload = new byte[1 + random.nextInt(random.nextInt(10) == 0 ? 200_000 : 300)];
                random.nextBytes(payload);
                sent.add(payload);
                stream.writeBytes(RawPeer.framed(payload));
            }
            byte[] bytes = stream.toByteArray();
            List<byte[]> received = new ArrayList<>();
            int at = 0;
            while (at < bytes.length) {
                int to = Math.min(bytes.length, at + 1 + random.nextInt(random.nextBoolean() ? 20 : 65_536));
                received.addAll(feed(bytes, at, to));
                at = to;
            }
            assertThat(received).as("seed %d", seed).usingElementComparator(Arrays::compare).isEqualTo(sent);
            assertThat(reader.bufferedBytes()).isZero();
        }
    }

    @Test
    void memoryGrowsWithWhatComesAndIsGivenBack() {
        byte[] large = RawPeer.framed(new byte[3 << 20]);
        feed(large, 0, 8);
        assertThat(reader.capacityBytes()).isEqualTo(512);
        feed(large, 8, 100_000);
        assertThat(reader.capacityBytes()).isBetween(100_000, 200_000);
        assertThat(memory.occupiedBytes()).isEqualTo(reader.capacityBytes());
        assertThat(feed(large, 100_000, large.length)).hasSize(1);
        assertThat(reader.capacityBytes()).isEqualTo(512);
        assertThat(memory.occupiedBytes()).isZero();
        feed(large, 0, 1 << 20);
        reader.close();
        assertThat(memory.occupiedBytes()).isZero();
    }

    @Test
    void allReadersTogetherHaveABound() {
        byte[] large = RawPeer.framed(new byte[4 << 20]);
        feed(large, 0, 3 << 20);
        FrameReader second = new FrameReader(memory, 8 << 20);
        second.feed(Unpooled.wrappedBuffer(new byte[4 << 20]));
        assertThatThrownBy(() -> second.feed(Unpooled.wrappedBuffer(new byte[1 << 20])))
                .isInstanceOf(FrameException.class)
                .hasMessage("its unfinished message of 4194304 bytes so far finds no memory");
        second.close();
        assertThat(feed(large, 3 << 20, large.length)).hasSize(1);
    }

    @Test
    void whatIsNoFrameIsRefused() {
        byte[] frame = RawPeer.framed(new byte[] {1, 2, 3});
        for (int i = 0; i < frame.length; i++) {
            byte[] damaged = Arrays.copyOf(frame, frame.length + 600);
            damaged[i] ^= 0x40;
            FrameReader fresh = new FrameReader(memory, 512);
            fresh.feed(Unpooled.wrappedBuffer(damaged));
            if (i == 2) {
                // 16,387 bytes are more than are taken here, as any length with a higher bit set.
                assertThatThrownBy(fresh::next).hasMessage("a frame of 16387 bytes, 1 to 512 are taken");
            } else {
                assertThatThrownBy(fresh::next).isInstanceOf(FrameException.class);
            }
        }
        assertThatThrownBy(() -> feed(new byte[8], 0, 8)).hasMessageStartingWith("a frame of 0 bytes");
        assertThat(reader.preview()).isEqualTo("00 00 00 00 00 00 00 00");
    }
}
