package io.ringtail.cluster.quorum;

import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Member;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The members of the ring as one loop sees them in this turn, by their index in the topology, which is what preference lists name: looked up once a turn and not once
 * for each key. Confined to the loop.
 */
final class Neighbours {
    private static final double FAR_NANOS = 1e15;

    private final long selfId;
    private final Reachability reachability;
    private final PeerLatency latency;
    private final Outboxes outboxes;
    private @Nullable Ring ring;
    private boolean current;
    private int looks;
    private int selfIndex = -1;
    private int datacenter;
    private boolean[] reachable = new boolean[0];
    private double[] costs = new double[0];
    private Outbox[] outboxByIndex = new Outbox[0];

    Neighbours(long selfId, Reachability reachability, PeerLatency latency, Outboxes outboxes) {
        this.selfId = selfId;
        this.reachability = reachability;
        this.latency = latency;
        this.outboxes = outboxes;
    }

    /** Has what follows be about {@code of} as it is now. */
    void of(Ring of) {
        if (!current || ring != of) {
            look(of);
        }
    }

    private void look(Ring of) {
        List<Member> members = of.topology().members();
        int count = members.size();
        if (ring != of) {
            ring = of;
            reachable = new boolean[count];
            costs = new double[count];
            outboxByIndex = new Outbox[count];
            selfIndex = -1;
            for (int i = 0; i < count; i++) {
                long id = members.get(i).id();
                outboxByIndex[i] = outboxes.unlisted(id);
                if (id == selfId) {
                    selfIndex = i;
                }
            }
        }
        for (int i = 0; i < count; i++) {
            long id = members.get(i).id();
            reachable[i] = i == selfIndex || reachability.isReachable(id);
            costs[i] = latency.meanNanos(id) + distance(of, selfId, id);
        }
        datacenter = of.datacenterOf(selfId);
        current = true;
        looks++;
    }

    /** Another number each time that any of this may have changed. */
    int looks() {
        return looks;
    }

    /** The turn has ended: others may be reachable in the next. */
    void endTurn() {
        current = false;
    }

    boolean isSelf(int index) {
        return index == selfIndex;
    }

    boolean isReachable(int index) {
        return reachable[index];
    }

    /** In which data center, as the ring numbers them, this node is. */
    int datacenter() {
        return datacenter;
    }

    /** What is added to the cost of a member in another data center: more than any answer takes. */
    static double distance(Ring ring, long selfId, long memberId) {
        return ring.datacenters().areSeveral() && ring.datacenterOf(selfId) != ring.datacenterOf(memberId) ? FAR_NANOS : 0;
    }

    /** The mean time the member takes to answer, in nanoseconds; those in other data centers come behind all of this one. */
    double cost(int index) {
        return costs[index];
    }

    /** The member's outbox, which will be sent when this turn ends. */
    Outbox outbox(int index) {
        Outbox outbox = outboxByIndex[index];
        outboxes.list(outbox);
        return outbox;
    }
}
