package io.ringtail.cluster.gossip;

import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What one node has heard of each member: its newest state, and the heartbeat it has reached since. Merging is taking
 * the greater of each, so that it does not matter in which order, how often and by whose mouth things are heard.
 * Pure: no clock, no random, no talking. Confined to one thread.
 *
 * <p>Invariants: ids are ascending, all of them members; a heartbeat is at least that of the state beside it, and of
 * the same incarnation.
 */
final class GossipView {
    /**
     * How far ahead of what is known of a member, or of this node's clock, an incarnation is believed. Far more than
     * clocks are wrong by, and so far below {@link MemberState#MAX_COUNT} that a member of whom nonsense is told can
     * always go beyond it.
     */
    static final long MAX_INCARNATION_JUMP = 1L << 42;

    /** What became of a state that was heard. */
    enum Merge {
        /** It is the first of its member, or of a greater incarnation. */
        NEW_INCARNATION,
        NEWER,
        SAME,
        /** What is known here is newer. */
        OLDER,
        /** Of no member, or of an incarnation that cannot be. */
        REFUSED
    }

    /**
     * In what {@link #compare} answers: the peer has a heartbeat that is news here, lacks one known here, has a state
     * that is lacking here, lacks one.
     */
    static final int PEER_HAS_HEARTBEAT = 1;
    static final int PEER_LACKS_HEARTBEAT = 2;
    static final int PEER_HAS_STATE = 4;
    static final int PEER_LACKS_STATE = 8;

    private long[] ids = new long[0];
    private @Nullable MemberState[] states = new MemberState[0];
    private long[] heartbeats = new long[0];
    private long membersHash = hash(ids);

    /** Replaces the members, ascending; what is known of those that stay is kept, of others dropped. */
    void members(long[] nextIds) {
        @Nullable MemberState[] nextStates = new MemberState[nextIds.length];
        long[] nextHeartbeats = new long[nextIds.length];
        for (int i = 0; i < nextIds.length; i++) {
            int old = indexOf(nextIds[i]);
            if (old >= 0) {
                nextStates[i] = states[old];
                nextHeartbeats[i] = heartbeats[old];
            }
        }
        ids = nextIds.clone();
        states = nextStates;
        heartbeats = nextHeartbeats;
        membersHash = hash(ids);
    }

    private static long hash(long[] ids) {
        long hash = ids.length;
        for (long id : ids) {
            hash = (hash ^ id) * 0x9E3779B97F4A7C15L;
            hash ^= hash >>> 29;
        }
        return hash;
    }

    int size() {
        return ids.length;
    }

    /** The same at two nodes that know the same members, whose indexes are the same then. */
    long membersHash() {
        return membersHash;
    }

    /** The member's index; negative when it is none. */
    int indexOf(long id) {
        return Arrays.binarySearch(ids, id);
    }

    long id(int index) {
        return ids[index];
    }

    @Nullable MemberState state(int index) {
        return states[index];
    }

    /** The greatest heartbeat heard, of the state's incarnation. */
    long heartbeat(int index) {
        return heartbeats[index];
    }

    List<MemberState> states() {
        return Stream.of(states).filter(Objects::nonNull).toList();
    }

    /** Takes a state when it is newer. */
    Merge merge(MemberState state, long wallMillis) {
        int index = indexOf(state.id());
        if (index < 0) {
            return Merge.REFUSED;
        }
        MemberState known = states[index];
        long believed = Math.max(known == null ? 0 : known.incarnation(), wallMillis) + MAX_INCARNATION_JUMP;
        if (state.incarnation() > believed) {
            return Merge.REFUSED;
        }
        if (known != null && known.incarnation() == state.incarnation()) {
            if (state.heartbeat() <= known.heartbeat()) {
                return state.heartbeat() == known.heartbeat() ? Merge.SAME : Merge.OLDER;
            }
            states[index] = state;
            heartbeats[index] = Math.max(heartbeats[index], state.heartbeat());
            return Merge.NEWER;
        }
        if (known != null && known.incarnation() > state.incarnation()) {
            return Merge.OLDER;
        }
        states[index] = state;
        heartbeats[index] = state.heartbeat();
        return Merge.NEW_INCARNATION;
    }

    /** Takes a heartbeat of the known incarnation when it is greater; returns whether it was. */
    boolean hear(int index, long heartbeat) {
        if (states[index] == null || heartbeat <= heartbeats[index] || heartbeat >= MemberState.MAX_COUNT) {
            return false;
        }
        heartbeats[index] = heartbeat;
        return true;
    }

    long digest(int index) {
        MemberState state = states[index];
        return state == null ? HeartbeatDigest.UNKNOWN : HeartbeatDigest.of(state, heartbeats[index]);
    }

    /** What the peer whose digest of a member this is has and lacks, as a sum of the constants above. */
    int compare(int index, long digest) {
        MemberState state = states[index];
        if (digest == HeartbeatDigest.UNKNOWN) {
            return state == null ? 0 : PEER_LACKS_STATE | PEER_LACKS_HEARTBEAT;
        }
        if (state == null) {
            return PEER_HAS_STATE;
        }
        if (!HeartbeatDigest.isOf(digest, state.incarnation())) {
            // Which is the greater only the whole versions tell.
            return PEER_HAS_STATE | PEER_LACKS_STATE | PEER_LACKS_HEARTBEAT;
        }
        int ahead = HeartbeatDigest.ahead(digest, heartbeats[index]);
        long stateAhead = ahead + heartbeats[index] - state.heartbeat() - HeartbeatDigest.lag(digest);
        return (ahead > 0 ? PEER_HAS_HEARTBEAT : ahead < 0 ? PEER_LACKS_HEARTBEAT : 0)
                | (stateAhead > 0 ? PEER_HAS_STATE : stateAhead < 0 ? PEER_LACKS_STATE : 0);
    }
}
