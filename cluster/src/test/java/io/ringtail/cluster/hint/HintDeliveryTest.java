package io.ringtail.cluster.hint;

import static io.ringtail.cluster.hint.HintFixture.key;
import static io.ringtail.cluster.hint.HintFixture.text;
import static io.ringtail.cluster.hint.HintFixture.value;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.io.SimulatedFileSystem;
import java.io.IOException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class HintDeliveryTest {
    private static final long A = 10;
    private static final long B = 11;
    private static final long HOUR_MILLIS = 3_600_000;

    private final HintFixture fixture = new HintFixture();
    private final ManualLoop loop = fixture.loop;
    private final Set<Long> up = new HashSet<>();
    private final List<String> failures = new ArrayList<>();
    private final StoreListener listener = new StoreListener() {
        @Override
        public void backgroundFailure(String what, IOException cause) {
            failures.add(what);
        }
    };
    private final Receiver receiver = new Receiver();
    private HintStore store;

    /** The other members: notes what comes and answers when, and how, the test says. */
    private static final class Receiver implements HintSender {
        final List<HintBatch> batches = new ArrayList<>();
        final List<Consumer<Boolean>> unanswered = new ArrayList<>();
        final Set<String> received = new TreeSet<>();
        boolean takes = true;

        @Override
        public boolean send(long target, HintBatch batch, Consumer<Boolean> acknowledged) {
            if (!takes) {
                return false;
            }
            batches.add(batch);
            unanswered.add(acknowledged);
            return true;
        }

        /** Answers all that waits. */
        void answer(ManualLoop loop, boolean acknowledged) {
            List<Consumer<Boolean>> now = List.copyOf(unanswered);
            unanswered.clear();
            for (int i = 0; i < now.size(); i++) {
                if (acknowledged) {
                    received.addAll(HintFixture.texts(batches.get(batches.size() - now.size() + i)));
                }
                Consumer<Boolean> answer = now.get(i);
                loop.execute(() -> answer.accept(acknowledged));
            }
        }
    }

    @BeforeEach
    void open() throws IOException {
        store = fixture.open(HintOptions.of(10 << 20, HOUR_MILLIS, 1 << 20));
    }

    @AfterEach
    void close() throws IOException {
        store.close();
        assertThat(failures).isEmpty();
    }

    private HintDelivery delivery(EnumSet<Flaw> flaws) {
        HintDelivery delivery = new HintDelivery(store, loop, receiver, up::contains, flaws, listener);
        delivery.start();
        return delivery;
    }

    private HintDelivery delivery() {
        return delivery(EnumSet.noneOf(Flaw.class));
    }

    private void addHints(long target, int from, int to, int size) throws IOException {
        for (int i = from; i < to; i++) {
            assertThat(store.add(target, key("key" + i), value(i, "x".repeat(size)))).isTrue();
            store.store().runMaintenance();
        }
        store.append();
    }

    private static Set<String> texts(int from, int to, int size) {
        Set<String> texts = new TreeSet<>();
        for (int i = from; i < to; i++) {
            texts.add(text(key("key" + i), value(i, "x".repeat(size))));
        }
        return texts;
    }

    @Test
    void waitsUntilTheTargetIsUpThenDeliversAllAndForgetsIt() throws IOException {
        HintDelivery delivery = delivery();
        addHints(A, 1, 500, 100);
        loop.pass(60_000);
        assertThat(receiver.batches).isEmpty();
        up.add(A);
        for (int i = 0; i < 50; i++) {
            loop.pass(100);
            receiver.answer(loop, true);
        }
        assertThat(receiver.received).isEqualTo(texts(1, 500, 100));
        assertThat(store.count()).isZero();
        assertThat(store.bytes()).isZero();
        assertThat(delivery.deliveredCount()).isEqualTo(499);
        assertThat(delivery.isBusy()).isFalse();
        assertThat(HintFixture.readAll(store, A, 1 << 20)).isEmpty();
    }

    @Test
    void oneBatchIsUnderWayForATargetAndTargetsDoNotWaitForEachOther() throws IOException {
        delivery();
        addHints(A, 1, 600, 1000);
        addHints(B, 1, 10, 100);
        up.add(A);
        up.add(B);
        loop.pass(5_000);
        assertThat(receiver.batches).hasSize(2);
        assertThat(receiver.batches).extracting(HintBatch::target).containsExactlyInAnyOrder(A, B);
        assertThat(receiver.batches).allSatisfy(batch -> assertThat(batch.bytes()).isLessThanOrEqualTo(HintDelivery.BATCH_BYTES));
    }

    @Test
    void nothingIsDeletedBeforeItIsAcknowledged() throws IOException {
        HintDelivery delivery = delivery();
        addHints(A, 1, 100, 10);
        up.add(A);
        loop.pass(1_000);
        assertThat(receiver.batches).hasSize(1);
        assertThat(store.count()).isEqualTo(99);
        receiver.answer(loop, false);
        loop.pass(100);
        assertThat(store.count()).isEqualTo(99);
        assertThat(HintFixture.readAll(store, A, 1 << 20)).hasSize(99);
        assertThat(delivery.failedBatches()).isEqualTo(1);
        loop.pass(5_000);
        assertThat(receiver.batches).hasSize(2);
        receiver.answer(loop, true);
        loop.pass(1_000);
        assertThat(receiver.received).isEqualTo(texts(1, 100, 10));
        assertThat(store.count()).isZero();
    }

    @Test
    void withTheFlawWhatIsNotAcknowledgedIsLost() throws IOException {
        delivery(EnumSet.of(Flaw.HINT_DELETED_EARLY));
        addHints(A, 1, 100, 10);
        up.add(A);
        loop.pass(1_000);
        receiver.answer(loop, false);
        for (int i = 0; i < 300; i++) {
            loop.pass(100);
            receiver.answer(loop, true);
        }
        assertThat(receiver.received).isEmpty();
    }

    @Test
    void pausesLongerWithEveryFailureAndNotForEver() throws IOException {
        delivery();
        addHints(A, 1, 10, 10);
        up.add(A);
        receiver.takes = false;
        loop.pass(60_000);
        receiver.takes = true;
        int attempts = 0;
        for (int i = 0; i < 600; i++) {
            loop.pass(100);
            attempts += receiver.unanswered.size();
            receiver.answer(loop, false);
        }
        assertThat(attempts).isBetween(4, 8);
        loop.pass(11_000);
        receiver.answer(loop, true);
        loop.pass(200);
        assertThat(store.count()).isZero();
    }

    @Test
    void keepsToItsRate() throws IOException {
        HintDelivery delivery = delivery();
        addHints(A, 1, 4_000, 1_000);
        up.add(A);
        long total = store.bytes();
        long startMillis = loop.millis();
        while (store.count() > 0) {
            loop.pass(1);
            receiver.answer(loop, true);
            assertThat(loop.millis()).isLessThan(60_000);
        }
        double seconds = (loop.millis() - startMillis) / 1000.0;
        assertThat(delivery.deliveredBytes()).isEqualTo(total);
        assertThat(total / seconds).isBetween(0.8 * (1 << 20), 1.1 * (1 << 20));
    }

    @Test
    void sendsHintsForThoseWhoAreMembersNoMoreOnceItKnowsWhoAre() throws IOException {
        HintDelivery delivery = delivery();
        addHints(A, 1, 50, 10);
        addHints(B, 1, 50, 10);
        loop.pass(1_000);
        assertThat(store.targets()).containsExactly(A, B);
        delivery.members(new long[] {99, B});
        loop.pass(1_000);
        receiver.answer(loop, true);
        loop.pass(1_000);
        assertThat(store.targets()).containsExactly(B);
        assertThat(store.droppedCount()).isZero();
        assertThat(receiver.batches).allMatch(batch -> batch.target() == A).isNotEmpty();
    }

    @Test
    void dropsWhatIsTooOldThoughTheTargetStaysAway() throws IOException {
        delivery();
        addHints(A, 1, 50, 10);
        loop.pass(HOUR_MILLIS / 2);
        addHints(A, 50, 60, 10);
        loop.pass(HOUR_MILLIS / 2 - 1_000);
        assertThat(store.count()).isEqualTo(59);
        loop.pass(62_000);
        assertThat(store.count()).isEqualTo(10);
        assertThat(store.pending(A).oldestMillis()).isEqualTo(HintFixture.START_MILLIS + HOUR_MILLIS / 2);
        up.add(A);
        loop.pass(1_000);
        receiver.answer(loop, true);
        loop.pass(1_000);
        assertThat(receiver.received).isEqualTo(texts(50, 60, 10));
    }

    @Test
    void countsWhatWasAddedTwiceRightOnceAllIsDelivered() throws IOException {
        delivery();
        addHints(A, 1, 50, 10);
        addHints(A, 1, 50, 10);
        assertThat(store.count()).isEqualTo(98);
        up.add(A);
        for (int i = 0; i < 10; i++) {
            loop.pass(100);
            receiver.answer(loop, true);
        }
        assertThat(receiver.received).isEqualTo(texts(1, 50, 10));
        assertThat(store.count()).isZero();
        assertThat(store.bytes()).isZero();
    }

    @Test
    void whatIsAcknowledgedAndCannotBeDeletedIsDeliveredAgain() throws IOException {
        delivery();
        addHints(A, 1, 20, 10);
        up.add(A);
        loop.pass(1_000);
        loop.refusesToOffload = true;
        receiver.answer(loop, true);
        loop.pass(10_000);
        assertThat(store.count()).isEqualTo(19);
        loop.refusesToOffload = false;
        loop.pass(10_000);
        receiver.answer(loop, true);
        loop.pass(1_000);
        assertThat(receiver.batches).hasSize(2);
        assertThat(store.count()).isZero();
        assertThat(HintFixture.readAll(store, A, 1 << 20)).isEmpty();
    }

    @Test
    void aReadThatFailsIsToldAndTriedAgain() throws IOException {
        delivery();
        addHints(A, 1, 20, 10);
        up.add(A);
        fixture.files.failAll(SimulatedFileSystem.Operation.WRITE, new IOException("broken"));
        loop.pass(200);
        receiver.answer(loop, true);
        loop.pass(200);
        assertThat(failures).hasSize(1).allSatisfy(what -> assertThat(what).isEqualTo("hints for member a"));
        failures.clear();
        fixture.files.heal();
        store.append();
        for (int i = 0; i < 30; i++) {
            loop.pass(1_000);
            receiver.answer(loop, true);
        }
        assertThat(store.count()).isZero();
    }

    /** Adds, answers, refusals, outages, power cuts, in any order: in the end all that was durable has arrived. */
    @Test
    void whateverHappensAllArrives() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        Set<String> durable = new TreeSet<>();
        Set<String> added = new TreeSet<>();
        HintDelivery delivery = delivery();
        int next = 1;
        for (int step = 0; step < 1_500; step++) {
            switch (random.nextInt(8)) {
                case 0, 1, 2 -> {
                    int size = random.nextInt(3_000);
                    int count = random.nextInt(20);
                    addHints(A, next, next + count, size);
                    added.addAll(texts(next, next + count, size));
                    next += count;
                }
                case 3 -> {
                    store.store().awaitDurable();
                    durable.addAll(added);
                }
                case 4, 5 -> receiver.answer(loop, random.nextInt(3) > 0);
                case 6 -> {
                    if (!up.remove(A)) {
                        up.add(A);
                    }
                }
                default -> {
                    if (random.nextInt(20) == 0) {
                        delivery.stop();
                        receiver.unanswered.clear();
                        store.store().abandon();
                        fixture.files.powerCut(random);
                        added.clear();
                        open();
                        delivery = delivery();
                    }
                }
            }
            loop.pass(random.nextInt(100));
            store.store().runMaintenance();
        }
        up.add(A);
        for (int i = 0; i < 2_000 && store.count() > 0; i++) {
            loop.pass(100);
            receiver.answer(loop, true);
        }
        assertThat(store.count()).as("seed %d", seed).isZero();
        assertThat(receiver.received).as("seed %d", seed).containsAll(durable);
        assertThat(durable).hasSizeGreaterThan(100);
    }
}
