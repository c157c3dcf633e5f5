package io.ringtail.cluster.transfer;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.hint.HintOptions;
import io.ringtail.cluster.hint.HintStore;
import io.ringtail.cluster.hint.ManualLoop;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.TokenRanges;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What one node drops before it is given partitions, and what it says of that, when its disk fails meanwhile. */
class CleanupTest {
    private static final long SELF = 4;
    private static final int PARTITIONS = 16;
    private static final int KEYS = 400;
    private static final TokenRanges ALL = new TokenRanges.Builder().add(0, -1).build();

    private final ManualLoop loop = new ManualLoop();
    private final SimulatedFileSystem files = new SimulatedFileSystem();
    private final List<TokenRanges> dropped = new ArrayList<>();
    private final List<String> failures = new ArrayList<>();
    private Store store;
    private HintStore hints;
    private Cleanup cleanup;

    @BeforeEach
    void open() throws IOException {
        StoreOptions options =
                StoreOptions.of(Path.of("/node")).withFileSystem(files).withSizes(1 << 20, 0, 1 << 20, 1 << 20).withoutThreads();
        store = Store.open(options, StoreListener.NONE);
        hints = HintStore.open(options, HintOptions.of(1 << 20, 3_600_000, 1 << 20), StoreListener.NONE);
        cleanup = new Cleanup(SELF, store, hints, loop, dropped::add, new StoreListener() {
            @Override
            public void backgroundFailure(String what, IOException cause) {
                failures.add(what);
            }
        });
        cleanup.start();
        writeAll();
    }

    @AfterEach
    void close() throws IOException {
        cleanup.stop();
        files.heal();
        hints.close();
        store.close();
    }

    private void writeAll() throws IOException {
        try (StoreSession session = store.session()) {
            for (int i = 0; i < KEYS; i++) {
                Key key = new Key().set(0, ("k" + i).getBytes(StandardCharsets.UTF_8));
                store.writeLock().lock();
                try {
                    session.merge(key, new Record().setValue(1_000 + i, 7, 0, new byte[] {'v'}, 0, 1));
                } finally {
                    store.writeLock().unlock();
                }
            }
        }
        long ignored = store.append();
        store.flush();
    }

    /** Three that own everything, and this node, which is to be given its share. */
    private static Topology joined() {
        List<Member> members = new ArrayList<>();
        int[] owners = new int[PARTITIONS];
        for (int i = 0; i < SELF; i++) {
            members.add(new Member(i + 1, "h", 1, 1, 1, ""));
        }
        for (int i = 0; i < owners.length; i++) {
            owners[i] = i % 3;
        }
        return new Topology(1, "c", 5, members, owners, List.of(Keyspace.DEFAULT));
    }

    @Test
    void whatIsHeldOfPartitionsToComeIsDroppedBeforeThisNodeSaysSo() throws IOException {
        cleanup.ringChanged(Ring.of(joined()));
        loop.pass(5_000);
        assertThat(cleanup.cleanEpoch()).isEqualTo(5);
        assertThat(dropped).as("what compares replicas is told").isNotEmpty();
        assertThat(dropped).allSatisfy(ranges -> assertThat(store.holdsAny(ranges)).isFalse());
        assertThat(store.holdsAny(ALL)).as("what it is not to be given waits until nothing moves").isTrue();
    }

    @Test
    void aDroppingThatFailedIsTriedAgainAndNothingIsSaidUntilItIsDone() throws IOException {
        cleanup.ringChanged(Ring.of(joined()));
        files.failAll(SimulatedFileSystem.Operation.CREATE, new IOException("broken"));
        loop.pass(9_000);
        assertThat(failures).containsExactly("dropping what other nodes keep");
        assertThat(cleanup.cleanEpoch()).isZero();
        files.heal();
        loop.pass(12_000);
        assertThat(cleanup.cleanEpoch()).isEqualTo(5);
        assertThat(dropped).allSatisfy(ranges -> assertThat(store.holdsAny(ranges)).isFalse());
    }

    @Test
    void whatARingMeansThatIsNotInForceAnyMoreIsNotSaid() {
        Topology old = joined();
        cleanup.ringChanged(Ring.of(old));
        cleanup.ringChanged(Ring.of(old.next(old.transition().withPaused(true))));
        loop.pass(5_000);
        assertThat(cleanup.cleanEpoch()).isEqualTo(6);
    }
}
