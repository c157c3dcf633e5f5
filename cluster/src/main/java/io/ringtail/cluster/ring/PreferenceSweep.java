package io.ringtail.cluster.ring;

import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * Makes the preference lists of all partitions in one sweep against the clock. Confined to one call of {@link Ring#of}.
 *
 * <p>Going clockwise from each partition would meet, on a large ring with one small rack, thousands of others before the one that is wanted. Going backwards, the
 * order in which members will be met changes little from one partition to the one before it: its owner comes first now, all others stay as they were. So each rack
 * keeps a linked list of its members in that order, and the racks are in a list in the order of their first members; a step moves one member and one rack to the
 * front, and a list is read off: the first of each rack, then the second of each, each round in the order in which they are met. About 30 steps a
 * partition, whatever the number of members, racks or partitions.
 */
final class PreferenceSweep {
    private static final int NONE = -1;

    private final int[] owners;
    private final int partitions;
    private final int[] rackOf;

    /** Of each member the place, on a ring counted through twice, at which it is met next. */
    private final int[] metAt;

    private final int[] nextMember;
    private final int[] previousMember;
    private final int[] firstMember;
    private final int[] nextRack;
    private final int[] previousRack;
    private int firstRack = NONE;
    private int membersMet;

    /** One round's members; where each rack's turn is. */
    private final int[] turns;

    /** @param owners of each partition, as indexes into the topology's members, -1 for nobody: those of now, or those to be */
    PreferenceSweep(Topology topology, int[] owners) {
        this.owners = owners;
        this.partitions = owners.length;
        List<Member> members = topology.members();
        int size = members.size();
        this.rackOf = new int[size];
        Map<String, Integer> racks = new HashMap<>();
        int rackCount = 0;
        for (int i = 0; i < size; i++) {
            String rack = members.get(i).rack();
            Integer known = rack.isEmpty() ? null : racks.putIfAbsent(rack, rackCount);
            rackOf[i] = known == null ? rackCount++ : known;
        }
        this.metAt = filled(size);
        this.nextMember = filled(size);
        this.previousMember = filled(size);
        this.firstMember = filled(rackCount);
        this.nextRack = filled(rackCount);
        this.previousRack = filled(rackCount);
        this.turns = new int[Ring.MAX_PREFERENCE];
    }

    private static int[] filled(int size) {
        int[] array = new int[size];
        Arrays.fill(array, NONE);
        return array;
    }

    int[][] preferences() {
        int[][] preferences = new int[partitions][];
        // The first time around only fills the lists.
        for (int place = 2 * partitions - 1; place >= 0; place--) {
            int owner = owners[place & partitions - 1];
            if (owner != NONE) {
                meet(owner, place);
            }
            if (place < partitions) {
                preferences[place] = read();
            }
        }
        return preferences;
    }

    private void meet(int member, int place) {
        int rack = rackOf[member];
        if (metAt[member] == NONE) {
            membersMet++;
        }
        if (firstMember[rack] != member) {
            unlink(member, nextMember, previousMember);
            link(member, firstMember[rack], nextMember, previousMember);
            firstMember[rack] = member;
        }
        if (firstRack != rack) {
            unlink(rack, nextRack, previousRack);
            link(rack, firstRack, nextRack, previousRack);
            firstRack = rack;
        }
        metAt[member] = place;
    }

    private static void unlink(int item, int[] next, int[] previous) {
        if (previous[item] != NONE) {
            next[previous[item]] = next[item];
        }
        if (next[item] != NONE) {
            previous[next[item]] = previous[item];
        }
    }

    private static void link(int item, int first, int[] next, int[] previous) {
        next[item] = first;
        previous[item] = NONE;
        if (first != NONE) {
            previous[first] = item;
        }
    }

    private int[] read() {
        int[] list = new int[Math.min(membersMet, Ring.MAX_PREFERENCE)];
        int count = 0;
        int inRound = 0;
        for (int rack = firstRack; rack != NONE && count < list.length; rack = nextRack[rack]) {
            int member = firstMember[rack];
            list[count++] = member;
            turns[inRound++] = member;
        }
        while (count < list.length) {
            // Each rack's next one, sorted by where it is met; there are few, and nearly in order.
            int left = 0;
            for (int i = 0; i < inRound; i++) {
                int member = nextMember[turns[i]];
                if (member != NONE) {
                    int at = left++;
                    while (at > 0 && metAt[turns[at - 1]] > metAt[member]) {
                        turns[at] = turns[at - 1];
                        at--;
                    }
                    turns[at] = member;
                }
            }
            inRound = left;
            int taken = Math.min(left, list.length - count);
            System.arraycopy(turns, 0, list, count, taken);
            count += taken;
        }
        return list;
    }
}
