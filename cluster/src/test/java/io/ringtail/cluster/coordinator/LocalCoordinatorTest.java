package io.ringtail.cluster.coordinator;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A coordinator of one over a real store, on a disk in memory and with a clock that the test sets. */
class LocalCoordinatorTest {
    private static final long SOON = 10_000;

    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final Record record = new Record();
    private long nowMillis = 1_000;
    private Store store;
    private LocalCoordinator coordinator;
    private DataSession session;

    @BeforeEach
    void open() throws IOException {
        store = Store.open(
                StoreOptions.of(Path.of("/store"))
                        .withFileSystem(files)
                        .withSyncPolicy(SyncPolicy.NO)
                        .withSizes(128 << 20, 1 << 20, 64 << 20, 1 << 20),
                StoreListener.NONE);
        coordinator = new LocalCoordinator(store, () -> nowMillis);
        session = coordinator.session(true);
    }

    @AfterEach
    void close() throws IOException {
        session.close();
        store.close();
    }

    private static Key key(String name) {
        return new Key().set(0, name.getBytes(StandardCharsets.UTF_8));
    }

    private void set(String name, byte[] value, long expireAtMillis) {
        session.enterExclusive();
        try {
            session.write(key(name), value, 0, value.length, expireAtMillis);
        } finally {
            session.exitExclusive();
        }
    }

    @Test
    void keysAreCountedExactlyWhateverCameBetweenTwoCounts() {
        assertThat(session.countKeys(0)).isZero();
        set("a", new byte[1], 0);
        set("b", new byte[1], SOON);
        set("a", new byte[2], 0);
        session.endTurn();
        assertThat(session.countKeys(0)).isEqualTo(2);
        assertThat(coordinator.estimateExpiringKeys(0)).isEqualTo(1);
        assertThat(session.countKeys(1)).isZero();

        // Nothing is written, but time goes on.
        nowMillis = SOON;
        session.endTurn();
        assertThat(session.countKeys(0)).isEqualTo(1);

        session.enterExclusive();
        session.clearDatabase(0);
        session.exitExclusive();
        session.endTurn();
        assertThat(session.countKeys(0)).isZero();
    }

    @Test
    void anExpiryChangesWhenAKeyEndsAndNothingElse() {
        set("k", new byte[] {7}, 0);
        session.enterExclusive();
        session.expire(key("k"), SOON);
        session.exitExclusive();
        session.endTurn();
        assertThat(session.read(key("k"), record)).isTrue();
        assertThat(record.value()).containsExactly(7);
        assertThat(record.expireAtMillis()).isEqualTo(SOON);
        nowMillis = SOON;
        session.endTurn();
        assertThat(session.exists(key("k"))).isFalse();
    }

    @Test
    void aWriteThatTheLogCannotTakeIsRefusedAtTheTurnsEndEvenWhenItIsTooLargeToWaitForIt() {
        byte[] large = new byte[40 << 20];
        files.failAll(SimulatedFileSystem.Operation.WRITE, new IOException("no write goes through"));
        set("large", large, 0);
        assertThatThrownBy(session::endTurn)
                .isInstanceOf(WriteRefusedException.class)
                .hasMessageContaining("MISCONF")
                .hasMessageContaining("no write goes through");
        assertThatThrownBy(() -> set("next", new byte[1], 0)).isInstanceOf(WriteRefusedException.class);
        session.endTurn();

        files.heal();
        DataSession another = coordinator.session(true);
        awaitWritable();
        set("next", new byte[1], 0);
        session.endTurn();
        assertThat(another.exists(key("large"))).isTrue();
        assertThat(another.exists(key("next"))).isTrue();
        another.close();
    }

    /** The log tries what it kept again by itself; an append by hand is one such try. */
    private void awaitWritable() {
        try {
            store.append();
        } catch (IOException e) {
            throw new AssertionError("the disk is well again", e);
        }
        assertThat(store.refusal()).isNull();
    }
}
