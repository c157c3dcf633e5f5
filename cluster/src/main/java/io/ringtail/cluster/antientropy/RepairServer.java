package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.antientropy.CompareMessage.Difference;
import io.ringtail.cluster.antientropy.CompareMessage.Floor;
import io.ringtail.cluster.antientropy.CompareMessage.Group;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.replica.ReplicaClock;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.engine.record.Key;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Answers, on one loop, the comparisons that other members begin: {@code COMPARE}, {@code LIST} and {@code FETCH}.
 *
 * <p>All of it reads, and may wait for the disk, so it is done on another thread; at most {@value #SERVING_MAX} requests at one time, lest they keep others from those threads. A
 * request of another epoch is refused, and whoever is behind gets to know, as with all data requests.
 *
 * <p>Layouts: {@code docs/formats/node-protocol.md}. Confined to the loop.
 */
public final class RepairServer {
    private static final int SERVING_MAX = 4;

    private final RingView ringView;
    private final ReplicaClock clock;
    private final LeafHashes leaves;
    private final RangeReader reader;
    private final RepairedData data;
    private final RepairCounters counters;
    private final Loop loop;
    private final Runnable beginTurn;
    private int serving;

    /** What all loops of a node share. */
    record Shared(RingView ringView, ReplicaClock clock, LeafHashes leaves, RangeReader reader, RepairedData data, RepairCounters counters) {}

    RepairServer(Shared shared, Loop loop, Runnable beginTurn) {
        this.ringView = shared.ringView;
        this.clock = shared.clock;
        this.leaves = shared.leaves;
        this.reader = shared.reader;
        this.data = shared.data;
        this.counters = shared.counters;
        this.loop = loop;
        this.beginTurn = beginTurn;
    }

    /** What makes an answer; may wait for the disk. */
    private interface Work {
        void answer(MessageWriter out) throws IOException;
    }

    /** Serves a request; false when it is of a type that is not anti-entropy's. {@code body} stands behind the type. */
    public boolean request(ReplyPath from, MessageType type, MessageReader body) {
        switch (type) {
            case COMPARE -> compare(from, body);
            case LIST -> list(from, body);
            case FETCH -> fetch(from, body);
            default -> {
                return false;
            }
        }
        return true;
    }

    private void compare(ReplyPath from, MessageReader body) {
        long id = body.readLong();
        long epoch = body.readLong();
        long hlc = body.readLong();
        List<Floor> floors = CompareMessage.readFloors(body);
        int share = body.readByte();
        List<Group> groups = CompareMessage.readGroups(body);
        body.finish();
        serve(from, MessageType.COMPARE_REPLY, id, epoch, hlc, out -> {
            data.raise(floors, epoch);
            CompareMessage.writeFloors(out, data.floors());
            List<Difference> differences = differences(groups, share);
            out.writeBoolean(differences != null);
            if (differences != null) {
                CompareMessage.writeDifferences(out, differences);
            }
        });
    }

    /** Which hashes differ from those here; null when not all can be told yet. */
    private @Nullable List<Difference> differences(List<Group> groups, int share) {
        List<Difference> differences = new ArrayList<>();
        int index = 0;
        for (Group group : groups) {
            long[] here = new long[1 << group.bits()];
            if (group.node().depth() + group.bits() > leaves.leafBits()) {
                int ignored = reader.hashBelow(group.node(), group.bits(), share, here);
            } else if (!leaves.refresh(group.node())) {
                return null;
            } else {
                for (int i = 0; i < here.length; i++) {
                    here[i] = leaves.hash(group.child(i), share);
                }
            }
            for (int i = 0; i < here.length; i++) {
                if (here[i] != group.hashes()[i]) {
                    differences.add(new Difference(index + i, here[i] == 0));
                }
            }
            index += here.length;
        }
        return differences;
    }

    private void list(ReplyPath from, MessageReader body) {
        long id = body.readLong();
        long epoch = body.readLong();
        long hlc = body.readLong();
        RangeReader.Wanted wanted = RangeReader.Wanted.read(body);
        body.finish();
        serve(from, MessageType.LIST_REPLY, id, epoch, hlc, out -> {
            // It was found to differ: if that was for a hash that was no good it is not to be found again.
            leaves.mark(wanted.startToken(), wanted.throughToken());
            reader.list(wanted, out);
        });
    }

    private void fetch(ReplyPath from, MessageReader body) {
        long id = body.readLong();
        long epoch = body.readLong();
        long hlc = body.readLong();
        List<Key> keys = RangeReader.readKeys(body);
        body.finish();
        serve(from, MessageType.FETCH_REPLY, id, epoch, hlc, out -> reader.fetch(keys, out));
    }

    private void serve(ReplyPath from, MessageType type, long id, long epoch, long hlc, Work work) {
        counters.served.increment();
        ReplyStatus refusal = refusal(from, epoch);
        if (refusal != null) {
            refuse(from, type, id, refusal, "");
            return;
        }
        clock.observe(hlc);
        boolean taken = serving < SERVING_MAX && loop.offload(() -> {
            MessageWriter out = Calls.beginReply(new MessageWriter(), type, id);
            String problem = null;
            try {
                work.answer(out.writeByte(ReplyStatus.DONE.ordinal()));
            } catch (IOException | UncheckedIOException e) {
                problem = "the replica cannot compare: " + e.getMessage();
            }
            String failure = problem;
            loop.execute(() -> {
                serving--;
                if (failure == null) {
                    beginTurn.run();
                    from.send(out.bytes(), 0, out.size());
                } else {
                    refuse(from, type, id, ReplyStatus.REFUSED, failure);
                }
            });
        });
        if (taken) {
            serving++;
        } else {
            refuse(from, type, id, ReplyStatus.REFUSED, "too many comparisons wait for the disk");
        }
    }

    private @Nullable ReplyStatus refusal(ReplyPath from, long epoch) {
        // Frozen before the ring is read: so no epoch can come about unseen in between.
        boolean frozen = ringView.isFrozen();
        long own = ringView.ring().epoch();
        if (epoch < own) {
            return ReplyStatus.STALE_EPOCH;
        }
        if (epoch > own) {
            ringView.heardOfEpoch(from.memberId(), epoch);
            return ReplyStatus.BEHIND;
        }
        return frozen ? ReplyStatus.FROZEN : null;
    }

    private void refuse(ReplyPath from, MessageType type, long id, ReplyStatus status, String why) {
        beginTurn.run();
        MessageWriter out = Calls.beginReply(new MessageWriter(), type, id);
        out.writeByte(status.ordinal()).writeLong(ringView.ring().epoch()).writeText(why);
        from.send(out.bytes(), 0, out.size());
    }
}
