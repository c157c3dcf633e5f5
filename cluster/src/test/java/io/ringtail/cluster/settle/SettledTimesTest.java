package io.ringtail.cluster.settle;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.clock.HybridLogicalClock;
import io.ringtail.engine.Acceptance;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.nio.file.Path;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a node takes in, and what it is silent about, by the times that are settled. */
class SettledTimesTest {
    private static final long DRIFT_MILLIS = 5_000;
    private static final long ACTOR = 7;

    private final SettledTimes times = new SettledTimes(DRIFT_MILLIS, Set.of());
    private final Key key = new Key().set(0, new byte[] {'k'});
    private Store store;
    private StoreSession session;

    @BeforeEach
    void open() throws IOException {
        store = Store.open(
                StoreOptions.of(Path.of("/store")).withFileSystem(new SimulatedFileSystem()).withoutThreads(), StoreListener.NONE);
        session = store.session();
    }

    @AfterEach
    void close() throws IOException {
        session.close();
        store.close();
    }

    private static Record value(long hlc) {
        return new Record().setValue(hlc, ACTOR, 0, new byte[] {'v'}, 0, 1);
    }

    private static Record tombstone(long hlc) {
        return new Record().setTombstone(hlc, ACTOR);
    }

    private static Record ending(long hlc, long expiryHlc, long expireAtMillis) {
        return value(hlc).merge(new Record().setExpiry(expiryHlc, ACTOR, expireAtMillis));
    }

    private Acceptance acceptNew(Record record) throws IOException {
        store.writeLock().lock();
        try {
            return times.acceptNew(session, key, record, true);
        } finally {
            store.writeLock().unlock();
        }
    }

    private Acceptance acceptCopy(Record record) throws IOException {
        store.writeLock().lock();
        try {
            return times.acceptCopy(session, key, record, true);
        } finally {
            store.writeLock().unlock();
        }
    }

    private Record held() throws IOException {
        Record held = new Record();
        return session.get(key, held, true) == Lookup.FOUND ? held : held.clear();
    }

    private void settle(long whole, long settled) {
        times.byPartition(new SettledTimes.ByPartition(new long[] {whole}, new long[] {settled}));
    }

    @Test
    void whatAClientWritesIsRefusedForTheTimeThatTheBooksAreClosedThrough() throws IOException {
        times.close(100);
        assertThat(acceptNew(value(100))).isEqualTo(Acceptance.REFUSED);
        assertThat(session.refusedHlc()).isEqualTo(100);
        assertThat(session.refusedActor()).isEqualTo(StoreSession.CLOSED_ACTOR);
        assertThat(held().isEmpty()).isTrue();
        assertThat(acceptNew(value(101))).isEqualTo(Acceptance.ACCEPTED);
        assertThat(held().hlc()).isEqualTo(101);
    }

    private static Record sibling(Record over, long hlc, long actor, Context seen) {
        return new Record().copyOf(over).addSibling(hlc, actor, seen, new byte[] {'v'}, 0, 1, 0);
    }

    @Test
    void anOldSiblingThatALateRecordCarriesDoesNotComeBackToAWholeReplica() throws IOException {
        Record old = sibling(new Record(), 50, 1, new Context());
        Record late = sibling(old, 150, 2, new Context());
        settle(100, 100);
        // What deleted the old one has been forgotten here.
        for (boolean isNew : new boolean[] {true, false}) {
            assertThat(isNew ? acceptNew(late) : acceptCopy(late)).isEqualTo(Acceptance.ACCEPTED);
            assertThat(held().causal().siblingCount()).isEqualTo(1);
            assertThat(held().causal().sibling(0).hlc()).isEqualTo(150);
        }
        assertThat(late.causal().siblingCount()).as("the caller's").isEqualTo(2);
    }

    @Test
    void anOldSiblingThatIsHeldStays() throws IOException {
        Record old = sibling(new Record(), 50, 1, new Context());
        assertThat(acceptNew(old)).isEqualTo(Acceptance.ACCEPTED);
        settle(100, 100);
        assertThat(acceptNew(sibling(old, 150, 2, new Context()))).isEqualTo(Acceptance.ACCEPTED);
        assertThat(held().causal().siblingCount()).isEqualTo(2);
        assertThat(acceptNew(sibling(old, 160, 3, new Context().of(old)))).isEqualTo(Acceptance.ACCEPTED);
        assertThat(held().causal().siblingCount()).isEqualTo(2);
    }

    @Test
    void siblingsAreForgottenWhenAllOfThemHaveEnded() {
        Record ended = new Record().addSibling(50L << 16, 1, new Context(), new byte[] {'v'}, 0, 1, 60);
        Record both = new Record().copyOf(ended).addSibling(51L << 16, 2, new Context(), new byte[] {'w'}, 0, 1, 90);
        assertThat(times.forgottenThrough(both)).isEqualTo(times.forgottenThrough(ending(51L << 16, 51L << 16, 90)));
        Record endless = new Record().copyOf(ended).addSibling(51L << 16, 2, new Context(), new byte[] {'w'}, 0, 1, 0);
        settle(-1, -1);
        assertThat(times.isForgotten(key, ended)).isTrue();
        assertThat(times.isForgotten(key, endless)).isFalse();
        assertThat(times.isForgotten(key, new Record().changeMember(1, 1, Record.TYPE_SET))).isFalse();
    }

    @Test
    void aCopyIsTakenHoweverLongTheBooksAreClosedUnlessThisReplicaIsWhole() throws IOException {
        times.close(100);
        assertThat(acceptCopy(value(50))).isEqualTo(Acceptance.ACCEPTED);
        assertThat(held().hlc()).isEqualTo(50);
    }

    @Test
    void aCopyOfWhatAWholeReplicaDoesNotHoldWasSuperseded() throws IOException {
        settle(100, 0);
        assertThat(acceptCopy(value(100))).isEqualTo(Acceptance.REFUSED);
        assertThat(session.refusedHlc()).isEqualTo(100);
        assertThat(session.refusedActor()).isEqualTo(StoreSession.FLOOR_ACTOR);
        assertThat(acceptCopy(tombstone(100))).as("there is nothing left to hide").isEqualTo(Acceptance.ACCEPTED);
        assertThat(held().isEmpty()).isTrue();
        assertThat(acceptCopy(value(101))).isEqualTo(Acceptance.ACCEPTED);
        assertThat(held().hlc()).isEqualTo(101);
    }

    @Test
    void aWholeReplicaTakesLaterVersionsOfWhatItHolds() throws IOException {
        assertThat(acceptCopy(value(40))).isEqualTo(Acceptance.ACCEPTED);
        settle(100, 0);
        assertThat(acceptCopy(tombstone(60))).isEqualTo(Acceptance.ACCEPTED);
        assertThat(held().isTombstone()).isTrue();
    }

    @Test
    void anExpiryLaterThanWholeIsKeptWithoutTheValueThatIsNot() throws IOException {
        settle(100, 0);
        assertThat(acceptCopy(ending(50, 150, 9_000))).isEqualTo(Acceptance.REFUSED);
        assertThat(held().hasValue()).isFalse();
        assertThat(held().expiryHlc()).isEqualTo(150);
    }

    @Test
    void anExpiryAloneDoesNotSpeakForAValueThatWasSuperseded() throws IOException {
        assertThat(acceptCopy(new Record().setExpiry(150, ACTOR, 9_000))).isEqualTo(Acceptance.ACCEPTED);
        settle(100, 0);
        assertThat(acceptCopy(value(50))).isEqualTo(Acceptance.REFUSED);
        assertThat(held().hasValue()).isFalse();
        assertThat(acceptCopy(value(120))).isEqualTo(Acceptance.ACCEPTED);
        assertThat(held().hlc()).isEqualTo(120);
    }

    @Test
    void tombstonesAreForgottenThroughTheSettledTimeAndValuesAreNot() {
        settle(200, 100);
        assertThat(times.isForgotten(key, tombstone(100))).isTrue();
        assertThat(times.isForgotten(key, tombstone(101))).isFalse();
        assertThat(times.isForgotten(key, value(1))).isFalse();
        assertThat(times.isForgotten(key, new Record().setExpiry(100, ACTOR, 5))).as("an expiry alone hides older ones").isTrue();
        assertThat(times.droppable(key.token(), 100)).isTrue();
        assertThat(times.droppable(key.token(), 101)).isFalse();
    }

    @Test
    void aValueThatEndsIsForgottenWhenNoReplicaCanHaveAnExpiryMadeInTime() {
        long end = 1_000_000;
        long settledMillis = end + DRIFT_MILLIS;
        settle(0, HybridLogicalClock.lastOf(settledMillis));
        assertThat(times.isForgotten(key, ending(5, 6, end))).isTrue();
        assertThat(times.expiryIsFinal(key.token(), end)).isTrue();
        assertThat(times.isForgotten(key, ending(5, 6, end + 1))).isFalse();
        assertThat(times.expiryIsFinal(key.token(), end + 1)).isFalse();
        assertThat(times.isForgotten(key, ending(5, 6, Long.MAX_VALUE))).isFalse();
        assertThat(times.isForgotten(key, ending(5, HybridLogicalClock.lastOf(settledMillis + 1), end)))
                .as("its end was set too lately for all to have it")
                .isFalse();
    }

    @Test
    void timesAreByPartition() {
        times.byPartition(new SettledTimes.ByPartition(new long[4], new long[] {1, 2, 3, 4}));
        assertThat(times.droppable(0, 1)).isTrue();
        assertThat(times.droppable(0, 2)).isFalse();
        assertThat(times.droppable(-1, 4)).isTrue();
        assertThat(times.droppable(0, -1, 1)).isTrue();
        assertThat(times.droppable(0, -1, 2)).as("not all of it").isFalse();
        assertThat(times.droppable(-1, -1, 4)).isTrue();
        times.byPartition(new SettledTimes.ByPartition(new long[2], new long[] {HybridLogicalClock.lastOf(90_000), 0}));
        assertThat(times.expiriesFinalMillis(0, 5)).isBetween(90_000 - DRIFT_MILLIS - 1, 90_000 - DRIFT_MILLIS);
        assertThat(times.expiriesFinalMillis(0, -1)).isEqualTo(Long.MIN_VALUE);
        times.byPartition(new SettledTimes.ByPartition(new long[4], new long[] {1, 2, 3, 4}));
        assertThat(times.byPartition().latestSettled(0, -1L >>> 1)).isEqualTo(2);
        assertThat(times.byPartition().latestSettled(0, -1L)).isEqualTo(4);
    }
}
