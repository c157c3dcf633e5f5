package io.ringtail.cluster.quorum;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.message.ReplyStatus;
import io.ringtail.cluster.replica.HintSink;
import io.ringtail.cluster.replica.ReplicaClock;
import io.ringtail.cluster.replica.ReplicaData;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Requirement;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.topology.ConsistencyLevel;
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
 * <p>What was written before it with later times, by clocks that are ahead, has to be void too: each member says what the latest time is that it knows of, and when one of
 * those is later than the clearing's, the clearing takes place again, above all of them, before it is acknowledged.
 *
 * <p>It has taken place when of every partition so many replicas have noted it as a write to its keys would need; whoever has not gets a hint. In a sloppy keyspace fewer
 * will do, once the hints are durable. Confined to the loop.
 */
final class Clearing {
    private final long selfId;
    private final Calls calls;
    private final RingView ringView;
    private final Reachability reachability;
    private final ReplicaData data;
    private final ReplicaClock clock;
    private final HintSink hints;
    private final QuorumOptions options;
    private final Outboxes outboxes;
    private final AwaitedLog hintLog;
    private final MessageWriter message = new MessageWriter();

    Clearing(
            long selfId,
            Calls calls,
            RingView ringView,
            Reachability reachability,
            ReplicaData data,
            ReplicaClock clock,
            HintSink hints,
            QuorumOptions options,
            Outboxes outboxes,
            AwaitedLog hintLog) {
        this.selfId = selfId;
        this.calls = calls;
        this.ringView = ringView;
        this.reachability = reachability;
        this.data = data;
        this.clock = clock;
        this.hints = hints;
        this.options = options;
        this.outboxes = outboxes;
        this.hintLog = hintLog;
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
        if (!attempt.suffices(unreachable, false)) {
            throw new QuorumException("NOREPLICAS too few members can be reached to clear a database: "
                    + unreachable.size() + " of " + ring.topology().members().size() + " cannot");
        }
        group.began();
        attempt.tell(group.acceptances());
        attempt.begin();
    }

    /** One clearing under way. */
    private final class Attempt implements Calls.Callback {
        private final Ring ring;
        private final int database;
        private long hlc;
        private final WriteGroup group;
        private final int replyIndex;
        private final Set<Long> missing = new HashSet<>();
        private int unanswered;
        /** Hints that are not durable yet, and whether one was not kept. */
        private int unsafeHints;

        private boolean hintLost;
        private boolean ended;
        /** The latest time that any member knew of before. */
        private long latest;
        private boolean repeated;
        private @Nullable Acceptances acceptances;
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
                of.began();
            }
        }

        void acceptedBy(long memberId) {
            accepted++;
            if (acceptances != null) {
                acceptances.changed(accepted - 1, accepted);
                acceptances.acceptedBy(memberId);
            }
        }

        /** Says of the clearing what there is to say when it has taken place. */
        private void tellResolved() {
            if (acceptances != null && missing.isEmpty()) {
                acceptances.completed();
            } else if (acceptances != null) {
                missing.forEach(acceptances::owedTo);
                acceptances.leftToHints(accepted, ring.topology().members().size(), hintLost);
            }
        }

        /** Clears here, and asks the others to. */
        void begin() {
            missing.clear();
            unsafeHints = 0;
            data.lock();
            try {
                data.clear(database, hlc);
            } finally {
                data.unlock();
            }
            acceptedBy(selfId);
            // This one until all are asked.
            unanswered = 1;
            for (Member member : ring.topology().members()) {
                if (member.id() != selfId) {
                    send(member.id(), !reachability.isReachable(member.id()));
                }
            }
            unanswered--;
            lookWhetherDone();
        }

        private void send(long memberId, boolean unreachable) {
            Calls.begin(message, MessageType.CLEAR).writeLong(ring.epoch()).writeLong(hlc).writeByte(database);
            if (!unreachable && calls.send(memberId, message, options.writeTimeoutMillis(), this)) {
                unanswered++;
            } else {
                miss(memberId);
            }
        }

        private void miss(long memberId) {
            missing.add(memberId);
            if (!hints.addClear(memberId, database, hlc)) {
                hintLost = true;
                return;
            }
            long missed = hlc;
            unsafeHints++;
            outboxes.beginTurn();
            hintLog.add(failure -> {
                if (missed == hlc) {
                    unsafeHints--;
                    hintLost |= failure != null;
                    lookWhetherDone();
                }
            });
        }

        /** Whether, without these members, every partition has as many replicas as a write needs; of sloppy keyspaces too, or of strict ones only. */
        boolean suffices(Set<Long> without, boolean sloppyToo) {
            if (without.isEmpty()) {
                return true;
            }
            List<Keyspace> keyspaces = ring.topology().keyspaces();
            for (int partition = 0; partition < ring.topology().partitions(); partition++) {
                for (Keyspace keyspace : keyspaces) {
                    ReplicaSet replicaSet = ring.replicasOf(keyspace, partition);
                    if ((sloppyToo || !keyspace.sloppy()) && !suffices(replicaSet, keyspace.writeLevel(), without)) {
                        return false;
                    }
                }
            }
            return true;
        }

        private boolean suffices(ReplicaSet replicaSet, ConsistencyLevel level, Set<Long> without) {
            Requirement requirement = Quota.of(ring, replicaSet, level, selfId);
            if (requirement.replicas() == 0 && !requirement.isAnywhere()) {
                // None of them is here, where the level would count them: so a majority, wherever it is.
                requirement = Quota.of(ring, replicaSet, ConsistencyLevel.QUORUM, selfId);
            }
            int[] preference = replicaSet.preference();
            int[] present = new int[requirement.parts()];
            for (int i = 0; i < replicaSet.count(); i++) {
                int part = Quota.partOf(requirement, ring, preference[i]);
                if (part >= 0 && !without.contains(WriteOperation.memberAt(ring, preference, i))) {
                    present[part]++;
                }
            }
            for (int part = 0; part < present.length; part++) {
                if (present[part] < requirement.needed(part)) {
                    return false;
                }
            }
            return true;
        }

        @Override
        public void replied(long memberId, MessageType type, MessageReader body) {
            boolean done = ReplyStatus.of(body.readByte()) == ReplyStatus.DONE;
            unanswered--;
            if (done) {
                acceptedBy(memberId);
                long known = body.readLong();
                if (Long.compareUnsigned(known, latest) > 0 && !clock.isTooFarAhead(known)) {
                    latest = known;
                }
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
            if (unanswered > 0 || ended) {
                return;
            }
            if (!repeated && Long.compareUnsigned(latest, hlc) > 0) {
                // What comes to be written with later times from now on was not acknowledged when this began.
                repeated = true;
                if (acceptances != null) {
                    acceptances.changed(accepted, 0);
                }
                accepted = 0;
                hlc = clock.tickAbove(latest);
                begin();
                return;
            }
            boolean countsOnHints = !suffices(missing, true);
            if (countsOnHints && unsafeHints > 0 && !hintLost) {
                return;
            }
            ended = true;
            if (suffices(missing, false) && !(countsOnHints && hintLost)) {
                tellResolved();
                group.ended();
            } else {
                if (acceptances != null) {
                    acceptances.failed(accepted, false);
                }
                group.failed(replyIndex, "TIMEOUT the outcome is unknown: " + missing.size() + " of "
                        + ring.topology().members().size() + " members have not cleared the database");
            }
        }
    }
}
