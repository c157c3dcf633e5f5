package io.ringtail.cluster.membership;

import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.TopologyCodec;
import java.util.function.LongPredicate;
import java.util.function.LongToIntFunction;
import org.jspecify.annotations.Nullable;

/**
 * What must wait until all members speak a newer version of the protocol: a topology that some of them could not read is not proposed.
 *
 * <p>Members that are down do not count, or a dead one of an older program could never be removed. Should it come back it is told nothing that it could not read, keeps to the epoch it
 * knows, and takes no part until it is upgraded. Confined to the control loop.
 */
public final class SpokenVersions {
    private final long self;
    private final LongPredicate isDown;
    private final LongToIntFunction spokenWith;

    /**
     * @param isDown whether a member is known to be down
     * @param spokenWith the version that this node and a member speak with each other; 0 when that is not known
     */
    public SpokenVersions(long self, LongPredicate isDown, LongToIntFunction spokenWith) {
        this.self = self;
        this.isDown = isDown;
        this.spokenWith = spokenWith;
    }

    /** Whether a topology can be the next one, as far as that goes. */
    public boolean isUnderstood(Topology next) {
        return objection(next) == null;
    }

    /** Why a topology cannot be the next one yet; null when everybody who is there can read it. */
    @Nullable String objection(Topology next) {
        int needed = TopologyCodec.versionOf(next);
        if (needed > ProtocolVersion.NEWEST) {
            return needs(needed) + "this node speaks " + ProtocolVersion.NEWEST;
        }
        for (Member member : next.members()) {
            if (needed == ProtocolVersion.OLDEST || member.id() == self || isDown.test(member.id())) {
                continue;
            }
            int version = spokenWith.applyAsInt(member.id());
            if (version == 0) {
                return needs(needed) + "what node " + member.name() + " speaks is not known yet";
            }
            if (version < needed) {
                return needs(needed) + "node " + member.name() + " speaks " + version + ": upgrade it first";
            }
        }
        return null;
    }

    private static String needs(int version) {
        return "this needs version " + version + " of the protocol between nodes, and ";
    }
}
