package io.ringtail.cluster.transfer;

import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Pages for tests of those who carry them. */
public final class PageOf {
    private PageOf() {}

    /** A page with tombstones of some keys, in the order of the ring, which are put into the store. */
    public static TransferPage keys(Store store, String... names) {
        Keyspace one = new Keyspace("", 1, ConsistencyLevel.ONE, ConsistencyLevel.ONE, false);
        List<Member> members = List.of(new Member(1, "h", 1, 1, 1, ""), new Member(2, "h", 1, 1, 1, ""));
        Ring ring = Ring.of(new Topology(
                1, "c", 1, members, new int[1], List.of(one), Transition.NONE.withMoves(List.of(new Transition.Move(0, 2)))));
        store.writeLock().lock();
        try (StoreSession session = store.session()) {
            for (String name : names) {
                session.merge(new Key().set(0, name.getBytes(StandardCharsets.UTF_8)), new Record().setTombstone(1L << 40, 7));
            }
        } finally {
            store.writeLock().unlock();
        }
        try {
            return TransferPage.read(store, ring, 0, 1, null);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
