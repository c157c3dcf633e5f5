package io.ringtail.bench.simulation;

import java.util.Locale;

/**
 * Something that goes wrong, and for how long. Immutable.
 *
 * @param node that it happens to
 * @param other node, where it is between two
 * @param amount of what there can be more or less of: see the kinds
 */
public record Fault(long atNanos, Kind kind, int node, int other, long durationNanos, long amount) {
    /** The kinds of bad luck. */
    public enum Kind {
        /** The process dies, files stay, and it is started again. */
        CRASH,
        /** The same, but the disk forgets what was not synced. */
        POWER_LOSS,
        /** The process stands still. */
        PAUSE,
        /** The nodes of a set (bits of the amount) and the others do not hear each other. */
        PARTITION,
        /** The other does not hear the node. */
        CUT_ONE_WAY,
        /** The connections between two nodes break. */
        BREAK_LINKS,
        /** What the node sends to the other takes up to so many nanoseconds more. */
        SLOW_LINK,
        /** Whatever the node sends takes up to so many nanoseconds more, to each other node for itself: its writes are long under way. */
        SLOW_SENDER,
        /** The node's links break again and again, and what travels on them takes up to so many nanoseconds more, so that much of it is lost. */
        FLAPPING,
        /** Each of the node's turns takes up to so many nanoseconds. */
        SLOW_NODE,
        /** The node's clock is set by so many milliseconds, for good. */
        CLOCK_JUMP,
        /** The node's clock is so many milliseconds ahead, for a while: more than others follow. */
        CLOCK_FAR_AHEAD,
        /** Who waits for the node's disk waits until this is over. */
        DISK_STALL,
        /** Nothing can be written to the node's disk. */
        DISK_FULL,
        /** The node's data center and the others do not hear each other. */
        DATACENTER_CUT,
        /** All processes of the node's data center die, at one time, and are started again; with an odd amount their disks forget what was not synced. */
        DATACENTER_DEATH,
        /** No misfortune, but a change amid them: the node is given another weight, the amount, so that partitions move. */
        RESHARE,
        /** A further node joins. */
        JOIN,
        /** The node is told to hand over what it owns and to go; by another. */
        LEAVE;

        /** Whether it changes who has what. */
        public boolean changesMembers() {
            return this == RESHARE || this == JOIN || this == LEAVE;
        }

        /** Whether it can take from a node what it was about to write to its disk. */
        public boolean canForget() {
            return this == CRASH || this == POWER_LOSS || this == DISK_FULL || this == DATACENTER_DEATH;
        }

        /** Whether it is about a whole data center. */
        public boolean isOfDatacenter() {
            return this == DATACENTER_CUT || this == DATACENTER_DEATH;
        }
    }

    @Override
    public String toString() {
        return String.format(
                Locale.ROOT,
                "%10.3f ms  %s n%d%s%s for %.0f ms",
                atNanos / 1e6,
                kind.name().toLowerCase(Locale.ROOT),
                node,
                other == node ? "" : " n" + other,
                amount == 0 ? "" : " " + amount,
                durationNanos / 1e6);
    }
}
