package io.ringtail.cluster.quorum;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.replica.HintSink;
import io.ringtail.cluster.replica.ReplicaData;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.transport.Calls;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * {@code FLUSHDB} for a whole cluster: every member notes the time up to which a database is void, at a cost that does not depend on what it holds.
 *
 * <p>It has taken place when of every partition so many replicas have noted it as a write to its keys would need; whoever has not gets a hint. Confined to the
 * loop.
 */
final class Clearing {
    private final long selfId;
    private final Calls calls;
    private final RingView ringView;
    private final Reachability reachability;
    private final ReplicaData data;
    private final HintSink hints;
    private final QuorumOptions options;
    private final MessageWriter message = new MessageWriter();

    Clearing(
            long selfId,
            Calls calls,
            RingView ringView,
            Reachability reachability,
            ReplicaData data,
            HintSink hints,
            QuorumOptions options) {
        this.selfId = selfId;
        this.calls = calls;
        this.ringView = ringView;
        this.reachability = reachability;
        this.data = data;
        this.hints = hints;
        this.options = options;
    }

    void clear(int database, long hlc, WriteGroup group, int replyIndex) {
        Ring ring = ringView.ring();
        Attempt attempt = new Attempt(ring, database, hlc, group, replyIndex);
        Set<Long> unreachable = new HashSet<>();
        for (Member member : ring.topology().members()) {
            if (member.id() != selfId && !reachability.isReachable(member.id())) {
                unreachable.add(member.id());
            }
        }
        if (!attempt.suffices(unreachable)) {
            throw new QuorumException("NOREPLICAS too few members can be reached to clear a database: "
                    + unreachable.size() + " of " + ring.topology().members().size() + " cannot");
        }
        group.began();
        attempt.tell(group.acceptances());
        data.lock();
        try {
            data.clear(database, hlc);
        } finally {
            data.unlock();
        }
        attempt.accepted();
        for (Member member : ring.topology().members()) {
            if (member.id() != selfId) {
                attempt.send(member.id(), unreachable.contains(member.id()));
            }
        }
        attempt.lookWhetherDone();
    }

    /** One clearing under way. */
    private final class Attempt implements Calls.Callback {
        private final Ring ring;
        private final int database;
        private final long hlc;
        private final WriteGroup group;
        private final int replyIndex;
        private final Set<Long> missing = new HashSet<>();
        private int unanswered;
        private @Nullable Acceptances acceptances;
        private int round;
        private int accepted;

        Attempt(Ring ring, int database, long hlc, WriteGroup group, int replyIndex) {
            this.ring = ring;
            this.database = database;
            this.hlc = hlc;
            this.group = group;
            this.replyIndex = replyIndex;
        }

        void tell(@Nullable Acceptances of) {
            acceptances = of;
            if (of != null) {
                round = of.began();
            }
        }

        void accepted() {
            accepted++;
            if (acceptances != null) {
                acceptances.changed(round, accepted - 1, accepted);
            }
        }

        void send(long memberId, boolean unreachable) {
            Calls.begin(message, MessageType.CLEAR).writeLong(ring.epoch()).writeLong(hlc).writeByte(database);
            if (!unreachable && calls.send(memberId, message, options.writeTimeoutMillis(), this)) {
                unanswered++;
            } else {
                miss(memberId);
            }
        }

        private void miss(long memberId) {
            missing.add(memberId);
            boolean ignored = hints.addClear(memberId, database, hlc);
        }

        /** Whether, without these members, every partition has as many replicas as a write needs. */
        boolean suffices(Set<Long> without) {
            if (without.isEmpty()) {
                return true;
            }
            List<Keyspace> keyspaces = ring.topology().keyspaces();
            for (int partition = 0; partition < ring.topology().partitions(); partition++) {
                int[] preference = ring.preferenceOf(partition);
                for (Keyspace keyspace : keyspaces) {
                    int replicas = ring.replicas(keyspace, preference);
                    int present = 0;
                    for (int i = 0; i < replicas; i++) {
                        present += without.contains(WriteOperation.memberAt(ring, preference, i)) ? 0 : 1;
                    }
                    if (!keyspace.sloppy() && present < keyspace.writeLevel().required(replicas)) {
                        return false;
                    }
                }
            }
            return true;
        }

        @Override
        public void replied(long memberId, MessageType type, MessageReader body) {
            boolean done = ReplyStatus.of(body.readByte()) == ReplyStatus.DONE;
            unanswered--;
            if (done) {
                accepted();
            } else {
                miss(memberId);
            }
            lookWhetherDone();
        }

        @Override
        public void failed(long memberId, boolean timedOut) {
            unanswered--;
            miss(memberId);
            lookWhetherDone();
        }

        void lookWhetherDone() {
            if (unanswered > 0) {
                return;
            }
            if (suffices(missing)) {
                group.ended();
            } else {
                group.failed(replyIndex, "TIMEOUT the outcome is unknown: " + missing.size() + " of "
                        + ring.topology().members().size() + " members have not cleared the database");
            }
        }
    }
}
