package io.ringtail.cluster.hint;

import static io.ringtail.cluster.hint.HintFixture.key;
import static io.ringtail.cluster.hint.HintFixture.readAll;
import static io.ringtail.cluster.hint.HintFixture.text;
import static io.ringtail.cluster.hint.HintFixture.value;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.io.DiskFullException;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HintStoreTest {
    private static final long TARGET = 0xABCDEF012345L;
    private static final long OTHER = 0x1L;

    private final HintFixture fixture = new HintFixture();

    @Test
    void givesBackWhatWasAddedForEachTargetInBatchesOfAnySize() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Map<Long, List<String>> added = new HashMap<>();
        try (HintStore store = fixture.open(HintOptions.DEFAULT)) {
            for (int i = 1; i <= 600; i++) {
                long target = random.nextInt(5);
                Record record = value(i, "v".repeat(random.nextInt(500)));
                switch (random.nextInt(4)) {
                    case 0 -> record.setTombstone(i, -1);
                    case 1 -> record.setExpiry(i, 9, random.nextInt(2));
                    case 2 -> record.merge(new Record().setExpiry(i + 5, 9, 77));
                    default -> {}
                }
                Key key = key("key" + random.nextInt(50));
                assertThat(store.add(target, key, record)).isTrue();
                added.computeIfAbsent(target, t -> new ArrayList<>()).add(text(key, record));
                store.append();
                store.store().runMaintenance();
            }
            for (long target : store.targets()) {
                List<String> expected = added.get(target);
                assertThat(store.pending(target).count()).isEqualTo(expected.size());
                assertThat(readAll(store, target, Long.MAX_VALUE))
                        .as("seed %d", seed)
                        .containsExactlyInAnyOrderElementsOf(expected);
                assertThat(readAll(store, target, 1 + random.nextInt(3000)))
                        .as("seed %d", seed)
                        .containsExactlyInAnyOrderElementsOf(expected);
            }
            assertThat(store.targets()).hasSize(added.size());
        }
    }

    @Test
    void aBatchHasAsManyBytesAsAskedForUnlessItIsOneHint() throws IOException {
        try (HintStore store = fixture.open(HintOptions.DEFAULT)) {
            for (int i = 1; i <= 20; i++) {
                store.add(TARGET, key("key" + i), value(i, "x".repeat(1000)));
            }
            HintBatch batch = store.read(TARGET, null, 5_000, HintStore.Purpose.DELIVER);
            assertThat(batch.count()).isEqualTo(4);
            assertThat(batch.bytes()).isBetween(4_000L, 5_000L);
            assertThat(store.read(TARGET, null, 10, HintStore.Purpose.DELIVER).count()).isEqualTo(1);
        }
    }

    @Test
    void theLongestKeyIsKeptWhole() throws IOException {
        Key longest = new Key().set(255, new byte[Key.MAX_USER_KEY_SIZE]);
        Record record = value(5, "value");
        try (HintStore store = fixture.open(HintOptions.DEFAULT)) {
            assertThat(store.add(HintFormat.MAX_TARGET, longest, record)).isTrue();
            assertThat(readAll(store, HintFormat.MAX_TARGET, 1 << 20)).containsExactly(text(longest, record));
        }
        try (HintStore store = fixture.open(HintOptions.DEFAULT)) {
            assertThat(store.targets()).containsExactly(HintFormat.MAX_TARGET);
        }
        assertThatThrownBy(() -> HintFormat.prefix(-1)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void keepsClearingsToo() throws IOException {
        try (HintStore store = fixture.open(HintOptions.DEFAULT)) {
            store.addClear(TARGET, 0, 100);
            store.addClear(TARGET, 255, -2);
            store.add(TARGET, key("a"), value(1, "b"));
            assertThat(readAll(store, TARGET, 1)).containsExactlyInAnyOrder(
                    "floor 0 100", "floor 255 -2", text(key("a"), value(1, "b")));
        }
    }

    @Test
    void whatWasDurableSurvivesAPowerCutWithItsCountsAndWhatWasDeletedDoesNotComeBack() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<String> expected = new ArrayList<>();
        HintStore store = fixture.open(HintOptions.DEFAULT);
        for (int i = 1; i <= 300; i++) {
            store.add(TARGET, key("key" + i), value(i, "x".repeat(random.nextInt(400))));
            store.add(OTHER, key("key" + i), value(i, "y"));
            store.append();
            store.store().runMaintenance();
        }
        HintBatch delivered = store.read(TARGET, null, 20_000, HintStore.Purpose.DELIVER);
        store.delete(delivered);
        HintBatch rest = store.read(TARGET, delivered.last(), Long.MAX_VALUE, HintStore.Purpose.DELIVER);
        assertThat(delivered.count()).isPositive();
        assertThat(delivered.count() + rest.count()).isEqualTo(300);
        expected.addAll(HintFixture.texts(rest));
        store.store().awaitDurable();
        store.add(TARGET, key("never appended"), value(1000, ""));
        PendingHints before = store.pending(OTHER);
        store.store().abandon();
        fixture.files.powerCut(random);

        try (HintStore again = fixture.open(HintOptions.DEFAULT)) {
            assertThat(readAll(again, TARGET, 5_000)).as("seed %d", seed).containsExactlyInAnyOrderElementsOf(expected);
            assertThat(again.pending(TARGET).count()).isEqualTo(expected.size());
            assertThat(again.pending(OTHER)).isEqualTo(before);
            assertThat(again.count()).isEqualTo(expected.size() + 300);
            assertThat(again.bytes()).isEqualTo(before.bytes() + again.pending(TARGET).bytes());
            HintBatch all = again.read(TARGET, null, Long.MAX_VALUE, HintStore.Purpose.DELIVER);
            again.delete(all);
            assertThat(again.pending(TARGET)).isEqualTo(PendingHints.NONE);
            assertThat(again.targets()).containsExactly(OTHER);
        }
    }

    @Test
    void takesNoMoreThanItsBoundsAndAgainWhenThereIsRoom() throws IOException {
        HintOptions options = new HintOptions(20_000, 12_000, 1_000_000, 1_000_000);
        try (HintStore store = fixture.open(options)) {
            int ofTarget = fill(store, TARGET);
            assertThat(store.pending(TARGET).bytes()).isBetween(10_000L, 12_000L);
            int ofOther = fill(store, OTHER);
            assertThat(ofOther).isBetween(1, ofTarget - 1);
            assertThat(store.bytes()).isBetween(18_000L, 20_000L);
            assertThat(store.refusedCount()).isEqualTo(2);
            assertThat(store.count()).isEqualTo(ofTarget + ofOther);

            store.delete(store.read(TARGET, null, Long.MAX_VALUE, HintStore.Purpose.DELIVER));
            assertThat(store.add(OTHER, key("another"), value(9, "x".repeat(1000)))).isTrue();
        }
    }

    private static int fill(HintStore store, long target) {
        int taken = 0;
        while (store.add(target, key("key" + taken), value(5, "x".repeat(1000)))) {
            taken++;
        }
        return taken;
    }

    @Test
    void aFullDiskTakesNoHints() throws IOException {
        try (HintStore store = fixture.open(HintOptions.DEFAULT)) {
            fixture.files.failAll(
                    SimulatedFileSystem.Operation.WRITE,
                    new DiskFullException(Path.of("/node"), "write", new IOException("full")));
            store.add(TARGET, key("a"), value(1, "x"));
            assertThatThrownBy(store::append).isInstanceOf(IOException.class);
            assertThat(store.add(TARGET, key("b"), value(1, "x"))).isFalse();
            fixture.files.heal();
            store.append();
            assertThat(store.add(TARGET, key("b"), value(1, "x"))).isTrue();
        }
    }

    @Test
    void whatIsTooOldIsNotGivenOut() throws IOException {
        HintOptions options = HintOptions.of(1 << 20, 10_000, 1 << 20);
        try (HintStore store = fixture.open(options)) {
            store.add(TARGET, key("old"), value(1, "x"));
            fixture.loop.pass(8_000);
            store.add(TARGET, key("young"), value(2, "y"));
            assertThat(store.pending(TARGET).oldestMillis()).isEqualTo(HintFixture.START_MILLIS);
            fixture.loop.pass(4_000);
            HintBatch batch = store.read(TARGET, null, 1 << 20, HintStore.Purpose.DELIVER);
            assertThat(HintFixture.texts(batch)).containsExactly(text(key("young"), value(2, "y")));
            store.deleteDropped(batch);
            assertThat(store.pending(TARGET).count()).isEqualTo(1);
            assertThat(store.droppedCount()).isEqualTo(1);
        }
    }

    @Test
    void aHintAddedAgainAfterItWasDeletedIsThereAgain() throws IOException {
        try (HintStore store = fixture.open(HintOptions.DEFAULT)) {
            for (int round = 0; round < 3; round++) {
                store.add(TARGET, key("a"), value(1, "x"));
                assertThat(readAll(store, TARGET, 1 << 20)).containsExactly(text(key("a"), value(1, "x")));
                store.delete(store.read(TARGET, null, 1 << 20, HintStore.Purpose.DELIVER));
                assertThat(readAll(store, TARGET, 1 << 20)).isEmpty();
            }
        }
    }

    @Test
    void manyThreadsAddAtOnceWhileHintsAreDelivered(@TempDir Path directory) throws Exception {
        int threads = 4;
        int each = 1_500;
        Set<String> received = new HashSet<>();
        StoreOptions node = StoreOptions.of(directory).withSizes(64 << 10, 0, 1 << 20, 1 << 20);
        try (HintStore store = HintStore.open(node, HintOptions.DEFAULT, StoreListener.NONE)) {
            AtomicInteger running = new AtomicInteger(threads);
            List<Thread> adders = new ArrayList<>();
            for (int thread = 0; thread < threads; thread++) {
                int number = thread;
                adders.add(Thread.ofPlatform().start(() -> {
                    try {
                        for (int i = 0; i < each; ) {
                            // Refused while flushing is behind.
                            if (store.add(TARGET, key("key" + number + "-" + i), value(i + 1, "x".repeat(100)))) {
                                i++;
                            }
                            store.append();
                        }
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    } finally {
                        running.decrementAndGet();
                    }
                }));
            }
            boolean last = false;
            while (!last) {
                last = running.get() == 0;
                HintBatch batch;
                byte[] after = null;
                do {
                    batch = store.read(TARGET, after, 50_000, HintStore.Purpose.DELIVER);
                    received.addAll(HintFixture.texts(batch));
                    store.delete(batch);
                    after = batch.last();
                } while (!batch.isEnd());
            }
            for (Thread adder : adders) {
                adder.join();
            }
            assertThat(received).hasSize(threads * each);
            assertThat(store.pending(TARGET)).isEqualTo(PendingHints.NONE);
            assertThat(store.bytes()).isZero();
        }
    }

    @Test
    void theLayoutIsTheOneThatIsSpecified() {
        Key hint = new Key();
        Key original = key("a");
        HintFormat.setRecord(hint, new byte[100], 0xABCDEF012345L, original, new Record().setTombstone(5, 6));
        String name = new String(hint.userKey(), 0, 14, java.nio.charset.StandardCharsets.US_ASCII);
        assertThat(name).isEqualTo("{abcdef012345}");
        assertThat(java.util.HexFormat.of().formatHex(hint.userKey(), 14, hint.userKeySize()))
                .isEqualTo("01" + "0000000000000005" + "0000000000000006" + "0".repeat(32)
                        + java.util.HexFormat.of().formatHex(original.bytes(), 0, original.size()));
        HintFormat.setFloor(hint, 0xABCDEF012345L, 9, 5);
        assertThat(java.util.HexFormat.of().formatHex(hint.userKey(), 14, hint.userKeySize()))
                .isEqualTo("02" + "09" + "0000000000000005");
    }
}
