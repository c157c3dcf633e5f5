package io.ringtail.cluster.quorum;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.message.Digest;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.replica.ReplicaClock;
import io.ringtail.cluster.replica.ReplicaData;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Requirement;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One loop's short cut for reads of keys that this node is a replica of: what it holds is the answer, if as many others as the level asks for hold the same.
 *
 * <p>Replicas nearly always agree. So the command is run at once on what is here, as on a node alone; its reply is held, and the others are sent the versions that
 * it shows. They name those that they do not hold likewise, mostly none, and the reply goes as it is. Neither the key, nor the record, nor the state of a
 * {@link ReadOperation} is kept meanwhile, and no command is begun twice. Where there is any doubt (versions that differ, a replica that has to read its disk, is
 * slow, lost, or of another epoch) the read is repeated by {@link Reads}, which knows how to settle it.
 *
 * <p>Versions that are equal on {@code needed} replicas are what {@link Reads} would find settled too: nobody is behind, and every later read meets one of them.
 *
 * <p>Confined to the loop.
 */
final class Confirmations {
    private static final int MAX_ASKED = Ring.MAX_PREFERENCE;

    private final Calls calls;
    private final Loop loop;
    private final RingView ringView;
    private final ReplicaData data;
    private final ReplicaClock clock;
    private final QuorumOptions options;
    private final Outboxes outboxes;
    private final Writes writes;
    private final Hedges hedges;
    private final Neighbours neighbours;
    private final Digest digest = new Digest();
    /** By the replica set's index. */
    private @Nullable Plan[] plans = new Plan[0];

    /** Counts for INFO. Written by the loop, read by anyone as of about now. */
    long confirmed;

    long doubted;

    Confirmations(
            Calls calls,
            Loop loop,
            RingView ringView,
            ReplicaData data,
            ReplicaClock clock,
            QuorumOptions options,
            Outboxes outboxes,
            Writes writes,
            Hedges hedges,
            Neighbours neighbours) {
        this.calls = calls;
        this.loop = loop;
        this.ringView = ringView;
        this.data = data;
        this.clock = clock;
        this.options = options;
        this.outboxes = outboxes;
        this.writes = writes;
        this.hedges = hedges;
        this.neighbours = neighbours;
    }

    /**
     * Reads what this node holds of a key and asks others to confirm it.
     *
     * @param group told how that ends, for reply {@code replyIndex}
     * @return false when it cannot be done so, and nothing has: this node is not among those to be asked, others cannot be reached, or the disk would have to be
     *     waited for
     */
    boolean read(Key key, @Nullable ConsistencyLevel level, Record into, ReadGroup group, int replyIndex) {
        if (ringView.isFrozen()) {
            return false;
        }
        Ring ring = ringView.ring();
        neighbours.of(ring);
        Keyspace keyspace = ring.keyspace(key.bytes(), key.userKeyOffset(), key.userKeySize());
        ReplicaSet replicaSet = ring.replicas(keyspace, key.token());
        Plan plan = plan(ring, keyspace, replicaSet, level == null ? keyspace.readLevel() : level);
        if (!plan.possible || !data.read(key, into)) {
            return false;
        }
        long newest = into.maxHlc();
        if (Long.compareUnsigned(newest, clock.nowHlc()) > 0) {
            // What is written here from now on comes after what has been read here.
            clock.observe(newest);
        }
        if (plan.count > 0) {
            int read = group.add(replyIndex, key.token(), plan.count);
            digest.set(into);
            for (int i = 0; i < plan.count; i++) {
                post(neighbours.outbox(plan.asked[i]), ring.epoch(), key, group, read);
            }
        }
        return true;
    }

    /** Who is asked for keys of one replica set at one level, as members can be reached in this turn. */
    private static final class Plan {
        private int looks;
        private @Nullable ConsistencyLevel level;
        private boolean sloppy;
        private boolean possible;
        /** Members by their indexes in the ring's topology, the nearest first; the first {@link #count}. */
        private final int[] asked = new int[MAX_ASKED];

        private int count;
    }

    private Plan plan(Ring ring, Keyspace keyspace, ReplicaSet replicaSet, ConsistencyLevel level) {
        if (plans.length < ring.replicaSetCount()) {
            plans = Arrays.copyOf(plans, ring.replicaSetCount());
        }
        Plan plan = plans[replicaSet.index()];
        if (plan == null) {
            plan = new Plan();
            plans[replicaSet.index()] = plan;
        }
        if (plan.looks != neighbours.looks() || plan.level != level || plan.sloppy != keyspace.sloppy()) {
            plan.looks = neighbours.looks();
            plan.level = level;
            plan.sloppy = keyspace.sloppy();
            plan.possible = workOut(plan, ring, replicaSet, level);
        }
        return plan;
    }

    /** Works out whom to ask; false when the node is not among those to be asked, or too few others can be reached. */
    private boolean workOut(Plan plan, Ring ring, ReplicaSet replicaSet, ConsistencyLevel level) {
        Requirement requirement = replicaSet.requirement(level, neighbours.datacenter());
        if (requirement.parts() > 1) {
            return false;
        }
        int[] preference = replicaSet.preference();
        int replicas = requirement.isAnywhere() ? replicaSet.count() : requirement.replicas();
        int listed = plan.sloppy ? preference.length : replicaSet.count();
        int[] nearest = plan.asked;
        boolean isHere = false;
        int others = 0;
        for (int i = 0; i < listed && others + (isHere ? 1 : 0) < replicas; i++) {
            int member = preference[i];
            if (!requirement.isAnywhere() && Quota.partOf(requirement, ring, member) < 0) {
                continue;
            }
            if (neighbours.isSelf(member)) {
                isHere = true;
            } else if (neighbours.isReachable(member)) {
                int at = others++;
                while (at > 0 && neighbours.cost(nearest[at - 1]) > neighbours.cost(member)) {
                    nearest[at] = nearest[at - 1];
                    at--;
                }
                nearest[at] = member;
            }
        }
        int needed = plan.sloppy ? Math.min(requirement.needed(), others + 1) : requirement.needed();
        plan.count = options.flaws().contains(Flaw.READ_UNCONFIRMED) ? 0 : needed - 1;
        return isHere && others >= plan.count;
    }

    private void post(Outbox outbox, long epoch, Key key, ReadGroup group, int read) {
        if (outbox.confirmationsEpoch != epoch) {
            writes.send(outbox);
            send(outbox);
            outbox.confirmationsEpoch = epoch;
        }
        MessageWriter message = outbox.addConfirmation(group, read);
        message.writeKey(key);
        digest.write(message);
        if (outbox.confirmationsAreMany()) {
            // On an ordered link a read finds what was written before it.
            writes.send(outbox);
            send(outbox);
        }
    }

    void send(Outbox outbox) {
        if (outbox.confirmationReads().count() == 0) {
            return;
        }
        MessageWriter message = outbox.finishConfirmations(outbox.confirmationsEpoch, clock.nowHlc());
        Batch batch = new Batch(outbox);
        if (calls.send(outbox.memberId, message, options.readTimeoutMillis(), batch)) {
            hedges.sent(batch);
        } else {
            loop.execute(() -> batch.failed(outbox.memberId, false));
        }
    }

    /** Who waits for the answer to one {@code CONFIRM}. */
    private final class Batch extends Hedges.Asked {
        private final AwaitingReads reads;

        Batch(Outbox outbox) {
            hedges.super(outbox.memberId);
            reads = outbox.confirmationReads().take();
        }

        @Override
        void hedge() {
            doubtRest();
        }

        @Override
        public void replied(long member, MessageType type, MessageReader body) {
            outboxes.beginTurn();
            ended(true);
            if (Refusal.read(memberId, body, ringView) != null) {
                doubtRest();
                return;
            }
            int differing = body.readInt();
            if (differing < 0 || differing > reads.count()) {
                throw new MalformedMessageException(differing + " of " + reads.count() + " versions differ");
            }
            for (int i = 0; i < differing; i++) {
                int at = body.readVarint(reads.count() - 1);
                if (at < reads.told()) {
                    if (reads.allTold()) {
                        // The member was slow, and nobody waits for it any more.
                        return;
                    }
                    throw new MalformedMessageException("a version that differs is named out of order");
                }
                confirmBefore(at);
                doubt();
            }
            body.finish();
            confirmBefore(reads.count());
        }

        private void confirmBefore(int end) {
            confirmed += reads.confirmBefore(end);
        }

        private void doubt() {
            doubted++;
            reads.doubt();
        }

        private void doubtRest() {
            while (!reads.allTold()) {
                doubt();
            }
        }

        @Override
        public void failed(long member, boolean timedOut) {
            outboxes.beginTurn();
            ended(timedOut);
            doubtRest();
        }
    }
}
