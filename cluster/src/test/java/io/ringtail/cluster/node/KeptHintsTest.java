package io.ringtail.cluster.node;

import static io.ringtail.cluster.node.CarryingNode.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.hint.HintBatch;
import io.ringtail.cluster.hint.ReadHints;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.sstable.Lookup;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** What a node has kept for a member that is gone it keeps as its own where it is a replica now, as it is found at the moment of writing. */
class KeptHintsTest {
    private static final long GONE = 9;
    private static final long HLC = 1_700_000_000_000L << 16;

    private final CarryingNode node = new CarryingNode();

    @BeforeEach
    void start() throws IOException {
        node.startAs(KeptHintsTest::ofFive);
    }

    @AfterEach
    void close() {
        node.close();
    }

    /** The node and four others, three of which keep each key. */
    private static Topology ofFive(Member self) {
        List<Member> members = new ArrayList<>(List.of(self));
        for (int i = 1; i <= 4; i++) {
            members.add(new Member(i, "h", i, i, 1, ""));
        }
        members.sort(Comparator.comparingLong(Member::id));
        int[] owners = new int[16];
        for (int i = 0; i < owners.length; i++) {
            owners[i] = i % members.size();
        }
        return new Topology(1, "c", 1, members, owners, List.of(Keyspace.DEFAULT));
    }

    private String keyThatIsKept(boolean here) {
        Ring ring = node.node.ring();
        int self = ring.topology().indexOf(node.store.nodeId());
        for (int i = 0; ; i++) {
            if (ring.replicas(Keyspace.DEFAULT, key("k" + i).token()).contains(self) == here) {
                return "k" + i;
            }
        }
    }

    private boolean holds(String name) throws IOException {
        try (StoreSession session = node.store.session()) {
            return session.get(key(name), new Record(), true) == Lookup.FOUND;
        }
    }

    private boolean keepHere(String name) {
        Key of = key(name);
        assertThat(node.hints.add(GONE, of, new Record().setValue(HLC, 7, 0, new byte[] {'v'}, 0, 1))).isTrue();
        HintBatch batch = ReadHints.of(node.hints, GONE);
        assertThat(batch.count()).isEqualTo(1);
        return node.node.keepHere(batch, List.of(0));
    }

    @Test
    void whatThisNodeIsAReplicaOfItKeeps() throws IOException {
        String name = keyThatIsKept(true);
        assertThat(keepHere(name)).isTrue();
        assertThat(holds(name)).isTrue();
    }

    @Test
    void whatHasMovedToOthersMeanwhileItDoesNotAndTheHintIsNotDone() throws IOException {
        String name = keyThatIsKept(false);
        assertThat(keepHere(name)).isFalse();
        assertThat(holds(name)).isFalse();
    }
}
