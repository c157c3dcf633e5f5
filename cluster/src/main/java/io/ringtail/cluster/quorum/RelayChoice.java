package io.ringtail.cluster.quorum;

import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.transport.Calls;

/**
 * Sorts one operation's targets in other data centers by data center, and chooses of each who passes the record on to the others there.
 *
 * <p>Whoever ranks first by a number made of its id and the number of the turn: in one turn the same members are chosen for all records, so that these share messages; over
 * many turns each has its share. Confined to the loop; used for one operation at a time.
 */
final class RelayChoice {
    private static final int MAX_TARGETS = 128;
    private static final int NONE = -1;

    private final long selfId;
    private final Calls calls;
    private final byte[] targets = new byte[MAX_TARGETS];
    private final int[] datacenters = new int[MAX_TARGETS];
    private final byte[] group = new byte[MAX_TARGETS];
    private int waiting;
    private int groupSize;
    private int relay = NONE;
    private long turn;

    RelayChoice(long selfId, Calls calls) {
        this.selfId = selfId;
        this.calls = calls;
    }

    /** Whether a member, by its index in the ring's topology, is in another data center than this node. */
    boolean isFar(Ring ring, int member) {
        return ring.datacenters().areSeveral() && ring.datacenters().of(member) != ring.datacenterOf(selfId);
    }

    /** Another turn begins: others are chosen. */
    void endTurn() {
        turn++;
    }

    /** Notes a target of the operation in hand. */
    void add(int target, int datacenter) {
        targets[waiting] = (byte) target;
        datacenters[waiting++] = datacenter;
    }

    /**
     * Goes on to the targets of the next data center, which it forgets.
     *
     * @param members by target, of the operation
     * @return false when there is none left
     */
    boolean next(long[] members) {
        if (waiting == 0) {
            return false;
        }
        int datacenter = datacenters[0];
        int left = 0;
        groupSize = 0;
        for (int i = 0; i < waiting; i++) {
            if (datacenters[i] == datacenter) {
                group[groupSize++] = targets[i];
            } else {
                targets[left] = targets[i];
                datacenters[left++] = datacenters[i];
            }
        }
        waiting = left;
        relay = choose(members);
        return true;
    }

    private int choose(long[] members) {
        int chosen = NONE;
        long least = 0;
        for (int i = 0; i < groupSize && groupSize > 1; i++) {
            long member = members[group[i]];
            long rank = rank(member);
            if ((chosen == NONE || rank < least) && calls.version(member) >= ProtocolVersion.RELAYS) {
                chosen = group[i];
                least = rank;
            }
        }
        return chosen;
    }

    private long rank(long member) {
        long mixed = (member ^ turn * 0x9E3779B97F4A7C15L) * 0xD6E8FEB86659FD93L;
        return (mixed ^ mixed >>> 32) * 0xD6E8FEB86659FD93L;
    }

    /** How many targets there are in the data center. */
    int count() {
        return groupSize;
    }

    int target(int index) {
        return group[index];
    }

    /** The target that is to pass the record on; -1 when each is sent it. */
    int relay() {
        return relay;
    }
}
