package io.ringtail.cluster.transfer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.cluster.hint.ManualLoop;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.io.SimulatedFileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The steps of one hand-over, and what comes of those that fail. */
class HandoverTest {
    private final ManualLoop loop = new ManualLoop();
    private final KnownCarrier carrier = new KnownCarrier(loop);
    private final List<String> told = new ArrayList<>();
    private Store store;
    /** How often the store is asked for until that fails; by a programming error, say. */
    private int crashesAfter = -1;

    private final Handover.Owner owner = new Handover.Owner() {
        @Override
        public Store store() {
            if (crashesAfter >= 0 && crashesAfter-- == 0) {
                throw new IllegalStateException("a mistake");
            }
            return store;
        }

        @Override
        public Ring ring() {
            Topology topology = new Topology(
                    1, "c", 1, List.of(new Member(1, "h", 1, 1, 1, ""), new Member(2, "h", 1, 1, 1, "")), new int[4], List.of(Keyspace.DEFAULT));
            return Ring.of(topology.next(topology.transition().withMoves(List.of(new Transition.Move(0, 2)))));
        }

        @Override
        public RecordCarrier carrier() {
            return carrier;
        }

        @Override
        public boolean mayCarry(Handover asking) {
            return true;
        }

        @Override
        public void carried(long records, long bytes) {}

        @Override
        public void ended(Handover done) {
            told.add("ended");
        }

        @Override
        public void rests(Handover failed) {
            told.add("rests");
        }

        @Override
        public void tooFarAhead(Handover heldUp, long recordHlc) {
            told.add("too far ahead");
        }

        @Override
        public StoreListener listener() {
            return StoreListener.NONE;
        }

        @Override
        public boolean skipsLastPage() {
            return false;
        }
    };

    @BeforeEach
    void open() throws IOException {
        store = Store.open(
                StoreOptions.of(Path.of("/node"))
                        .withFileSystem(new SimulatedFileSystem())
                        .withSizes(1 << 20, 0, 1 << 20, 1 << 20)
                        .withoutThreads(),
                StoreListener.NONE);
    }

    @AfterEach
    void close() throws IOException {
        store.close();
    }

    @Test
    void clearingsAreToldBeforeTheFirstPage() {
        Handover handover = new Handover(owner, loop, 0, 2, 0);
        handover.resume();
        loop.pass(10);
        assertThat(carrier.sent).containsExactly("clear 2");
        assertThat(handover.isDone()).isTrue();
        assertThat(told).containsExactly("ended");
    }

    /** The first three uses of the store are those of the clearings' step, the one after that reads a page. */
    @ParameterizedTest
    @ValueSource(ints = {0, 2, 3})
    void aStepThatCrashesEndsAndIsTriedAgainAfterAPause(int after) {
        crashesAfter = after;
        Handover handover = new Handover(owner, loop, 0, 2, 0);
        handover.resume();
        assertThatThrownBy(() -> loop.pass(10)).as("whoever runs it sees it").hasMessage("a mistake");
        loop.pass(10);
        assertThat(handover.isBusy()).isFalse();
        assertThat(handover.isDone()).isFalse();
        assertThat(told).containsExactly("rests");
        handover.resume();
        loop.pass(10);
        assertThat(handover.isDone()).as("not before the pause is over").isFalse();
        loop.pass(100);
        handover.resume();
        loop.pass(10);
        assertThat(handover.isDone()).isTrue();
        assertThat(told).containsExactly("rests", "ended");
    }

    @Test
    void pausesDoubleUntilSomethingWorks() {
        carrier.failing.add(2L);
        Handover handover = new Handover(owner, loop, 0, 2, 0);
        List<Long> pausedAt = new ArrayList<>();
        for (int i = 0; i < 20_000; i++) {
            handover.resume();
            loop.pass(1);
            if (told.size() > pausedAt.size()) {
                pausedAt.add(loop.nanoTime() / 1_000_000);
            }
        }
        List<Long> pauses = new ArrayList<>();
        for (int i = 1; i < pausedAt.size(); i++) {
            pauses.add(pausedAt.get(i) - pausedAt.get(i - 1));
        }
        assertThat(pauses.get(1)).isBetween(2 * pauses.get(0) - 5, 2 * pauses.get(0) + 5);
        assertThat(pauses.getLast()).isBetween(5_000L, 5_010L);
    }
}
