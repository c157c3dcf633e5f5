package io.ringtail.cluster.settle;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.hint.HintOptions;
import io.ringtail.cluster.hint.HintStore;
import io.ringtail.cluster.hint.ManualLoop;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.engine.Acceptance;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.io.SimulatedFileSystem;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Of which partitions a node is whole, from ring to ring and from one comparison with all others to the next. */
class SettlementTest {
    private static final long SELF = 2;
    private static final int PARTITIONS = 16;
    private static final Keyspace SINGLE = new Keyspace("single:", 1, ConsistencyLevel.ONE, ConsistencyLevel.ONE, false);

    private final ManualLoop loop = new ManualLoop();
    private final SettledTimes times = new SettledTimes(5_000, Set.of());
    private Store store;
    private HintStore hints;
    private StoreSession session;
    private Settlement settlement;

    @BeforeEach
    void open() throws IOException {
        StoreOptions options =
                StoreOptions.of(Path.of("/node")).withFileSystem(new SimulatedFileSystem()).withSizes(1 << 20, 0, 1 << 20, 1 << 20).withoutThreads();
        store = Store.open(options, StoreListener.NONE);
        hints = HintStore.open(options, HintOptions.of(1 << 20, 3_600_000, 1 << 20), StoreListener.NONE);
        session = store.session();
        Settlement.Clock clock = new Settlement.Clock() {
            @Override
            public boolean isTrusted() {
                return true;
            }

            @Override
            public long millis() {
                return 1_700_000_000_000L;
            }

            @Override
            public void observe(long hlc) {}
        };
        settlement = new Settlement(SELF, store, hints, times, clock, loop, List::of, () -> {}, 1_000, StoreListener.NONE);
    }

    @AfterEach
    void close() throws IOException {
        session.close();
        hints.close();
        store.close();
    }

    private static Topology four() {
        List<Member> members = new ArrayList<>();
        int[] owners = new int[PARTITIONS];
        for (int i = 0; i < 4; i++) {
            members.add(new Member(i + 1, "h", 1, 1, 1, ""));
        }
        for (int i = 0; i < owners.length; i++) {
            owners[i] = i % 4;
        }
        return new Topology(1, "c", 1, members, owners, List.of(Keyspace.DEFAULT, SINGLE));
    }

    private void adopt(Topology topology) {
        settlement.ringChanged(Ring.of(topology));
    }

    private void comparedWithAll(Topology topology, long through) {
        settlement.whole(topology.epoch(), through);
        loop.pass(1);
    }

    /** A value that another node has had, of a key of one replica. */
    private Acceptance isGiven(int partition, long hlc) throws IOException {
        Key key = new Key();
        for (int i = 0; key.size() == 0 || key.token() >>> 60 != partition; i++) {
            key.set(0, ("single:" + i).getBytes(StandardCharsets.UTF_8));
        }
        store.writeLock().lock();
        try {
            return times.acceptCopy(session, key, new Record().setValue(hlc, 7, 0, new byte[] {'v'}, 0, 1), true);
        } finally {
            store.writeLock().unlock();
        }
    }

    /** The second member keeps the first partition for keys of three replicas; in the end it keeps it for those of one, too, which come to it one by one. */
    @Test
    void whoIsBeingGivenMoreOfAPartitionIsNotWholeOfItWhateverItHasCompared() throws IOException {
        Topology settled = four();
        adopt(settled);
        comparedWithAll(settled, 100);
        assertThat(isGiven(0, 50)).as("everybody has been asked, and nobody has it").isEqualTo(Acceptance.REFUSED);

        Topology moving = settled.next(settled.transition().withMoves(List.of(new Transition.Move(0, SELF))));
        adopt(moving);
        comparedWithAll(moving, 200);
        assertThat(isGiven(0, 51)).as("it is on its way").isEqualTo(Acceptance.ACCEPTED);
        assertThat(isGiven(1, 151)).as("of another partition, which stays as it was").isEqualTo(Acceptance.REFUSED);

        Topology handedOver = moving.nextHandedOver();
        adopt(handedOver);
        comparedWithAll(handedOver, 300);
        assertThat(isGiven(0, 52)).as("a key that is there is taken for what it is").isEqualTo(Acceptance.ACCEPTED);
        assertThat(times.byPartition().whole()[0]).isEqualTo(300);
    }
}
