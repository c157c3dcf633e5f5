package io.ringtail.cluster.transfer;

import io.ringtail.cluster.gossip.Liveness;
import io.ringtail.cluster.membership.ChangeOutcome;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.ring.ReplicaSet;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.PartitionAssignment;
import io.ringtail.cluster.topology.Placement;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.Transition;
import io.ringtail.cluster.topology.TransitionGoal;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * Moves the topology to where it should be: every partition with the member that is to own it, nobody there who is to go. One runs on each node; the one of the
 * member with the smallest id that is not down acts, and should two think so, the compare-and-set of epochs lets one of them win.
 *
 * <pre>
 *   settled, but some partitions are not where {@link TransitionGoal} has them ──→ epoch+1: these are under way, up to {@value Transition#MAX_MOVES}
 *   under way ──→ every replica of before sends what it holds to those that become replicas ({@link Transfers})
 *             ──→ enough have: epoch+1, the partitions belong to their new owners; and so on
 *             ──→ a new owner is to go itself: epoch+1, nothing is under way any more
 *   settled, all where it should be, a member that is to go owns nothing ──→ epoch+1 without it
 * </pre>
 *
 * <p><b>Enough have</b> when of each partition under way, for each member that becomes a replica, all replicas of before that are not down have handed over all they
 * hold, and at least so many that any majority of them has one (of those of each data center, where the keyspace's writes are acknowledged by one alone), or as many more as it takes to have met every write that the keyspace acknowledges. Those that have are in the epoch of the hand-over (they would not have begun before), and refuse quorums of
 * the epoch before: nobody can write or read without the new replicas any more when the next epoch drops the old ones. And what a majority of the old replicas has
 * accepted in earlier epochs was held by one of those that handed over. So every quorum of the new replicas has all that was acknowledged at a quorum of the old ones.
 *
 * <p>Nothing is kept but in the topology: whoever dies in the middle, another goes on from it.
 *
 * <p>Only the one that acts asks the others how far they are, twice a second; whoever else wants to know {@linkplain #survey asks} when it does.
 *
 * <p>Confined to the control loop, but for {@link #secondsUnderWay}.
 */
public final class Rebalancer {
    private static final long TICK_MILLIS = 250;
    /** How long an epoch has to have lasted before partitions are put under way: nodes that join at about the same time are given theirs together. */
    private static final long SETTLE_MILLIS = 2_000;

    private static final long ASK_MILLIS = 500;
    private static final long ANSWER_MILLIS = 2_000;
    /** How long somebody who looks waits. */
    private static final long SURVEY_MILLIS = 1_000;

    /** What it needs of the node. */
    public interface Cluster {
        /** Whether this node is a member of the ring's topology and may propose changes to it. */
        boolean isMember();

        Ring ring();

        Liveness liveness();

        /** Whether all members that are there speak a protocol in which that topology can be told. */
        boolean isUnderstood(Topology next);

        /** Whether a member, this node or another, has said of an epoch what {@link Cleanup#cleanEpoch} does. */
        boolean isClean(long memberId, long epoch);

        /** Makes a change, as {@code Membership.propose} does, of which it is known that it hides no data. */
        void propose(UnaryOperator<Topology> change, Consumer<ChangeOutcome> answer);
    }

    private final long selfId;
    private final Cluster cluster;
    private final Calls calls;
    private final Loop loop;
    private final Transfers transfers;
    private final MessageWriter writer = new MessageWriter();
    /** What members have told in this epoch. */
    private final Map<Long, TransferStatus> told = new TreeMap<>();

    private boolean stopped;
    private boolean proposing;
    private @Nullable TransitionGoal goal;
    private boolean aiming;
    private long epoch;
    private volatile long epochBeganNanos;
    private long askAtNanos;

    public Rebalancer(long selfId, Cluster cluster, Calls calls, Loop loop, Transfers transfers) {
        this.selfId = selfId;
        this.cluster = cluster;
        this.calls = calls;
        this.loop = loop;
        this.transfers = transfers;
    }

    /** Begins to look after the topology. Called once. */
    public void start() {
        loop.schedule(this::tick, TICK_MILLIS);
    }

    public void stop() {
        stopped = true;
    }

    /** How long the epoch in force has lasted, as of about now. Safe for concurrent use. */
    public long secondsUnderWay() {
        return TimeUnit.NANOSECONDS.toSeconds(loop.nanoTime() - epochBeganNanos);
    }

    private void tick() {
        if (stopped) {
            return;
        }
        loop.schedule(this::tick, TICK_MILLIS);
        if (!cluster.isMember()) {
            return;
        }
        Ring ring = cluster.ring();
        Topology topology = ring.topology();
        long now = loop.nanoTime();
        if (topology.epoch() != epoch) {
            epoch = topology.epoch();
            epochBeganNanos = now;
            askAtNanos = now;
            told.clear();
        }
        if (!acts(topology)) {
            return;
        }
        if (now - askAtNanos >= 0) {
            askAtNanos = now + TimeUnit.MILLISECONDS.toNanos(ASK_MILLIS);
            ask(topology);
        }
        if (!proposing) {
            act(ring, topology, now);
        }
    }

    /** Whether this node is the one to act. */
    private boolean acts(Topology topology) {
        Liveness liveness = cluster.liveness();
        for (Member member : topology.members()) {
            if (member.id() == selfId) {
                return true;
            }
            if (!liveness.isDown(member.id())) {
                return false;
            }
        }
        return false;
    }

    // ---- what others have sent

    /** Asks those whose answer something hangs on: all, while partitions are handed over; else those that have only their hints left. */
    private void ask(Topology topology) {
        long of = epoch;
        boolean moving = topology.transition().isMoving();
        for (Member member : topology.members()) {
            if (member.id() != selfId && (moving || isReadyToGo(topology, member.id()))) {
                ask(member.id(), moving, ANSWER_MILLIS, status -> {
                    if (status != null && epoch == of && status.progress().epoch() == of) {
                        told.put(member.id(), status);
                    }
                });
            }
        }
    }

    private void ask(long memberId, boolean withJobs, long timeoutMillis, Consumer<@Nullable TransferStatus> answer) {
        Calls.begin(writer, MessageType.TRANSFERS).writeBoolean(withJobs);
        boolean sent = calls.send(memberId, writer, timeoutMillis, new Calls.Callback() {
            @Override
            public void replied(long from, MessageType type, MessageReader body) {
                answer.accept(TransferStatus.read(body));
            }

            @Override
            public void failed(long from, boolean timedOut) {
                answer.accept(null);
            }
        });
        if (!sent) {
            answer.accept(null);
        }
    }

    /**
     * Asks all other members how far they are.
     *
     * @param answer called once, with what those say who answer within a second, by id; this node is not among them
     */
    public void survey(Consumer<Map<Long, TransferStatus>> answer) {
        Map<Long, TransferStatus> statuses = new TreeMap<>();
        List<Member> members = cluster.ring().topology().members();
        int[] unanswered = {1};
        Consumer<@Nullable TransferStatus> nobody = status -> {
            if (--unanswered[0] == 0) {
                answer.accept(statuses);
            }
        };
        for (Member member : members) {
            if (member.id() != selfId) {
                unanswered[0]++;
                ask(member.id(), false, SURVEY_MILLIS, status -> {
                    if (status != null) {
                        statuses.put(member.id(), status);
                    }
                    nobody.accept(status);
                });
            }
        }
        // The one before all were asked.
        nobody.accept(null);
    }

    // ---- what is to be done

    private void act(Ring ring, Topology topology, long now) {
        Transition transition = topology.transition();
        if (transition.isMoving()) {
            if (aReceiverIsLeaving(ring)) {
                propose(topology, topology.next(transition.withMoves(List.of())));
            } else if (haveEnoughHandedOver(ring)) {
                propose(topology, topology.nextHandedOver());
            }
            return;
        }
        if (transition.paused()) {
            return;
        }
        TransitionGoal to = goal;
        if (to == null || to.topology() != topology) {
            aim(topology);
            return;
        }
        if (now - epochBeganNanos < TimeUnit.MILLISECONDS.toNanos(SETTLE_MILLIS)) {
            return;
        }
        // Who is not there receives nothing, and everybody would wait.
        List<Transition.Move> moves = to.moves(memberId -> !cluster.liveness().isDown(memberId));
        if (!moves.isEmpty()) {
            if (areAllClean(topology)) {
                propose(topology, topology.next(transition.withMoves(moves)));
            }
            return;
        }
        Topology without = withoutThoseGone(topology);
        if (without != null) {
            propose(topology, without);
        }
    }

    /** Works out beside the loop where everything is to be: of the largest clusters that takes seconds. Whoever acts next looks whether it is still what is asked for. */
    private void aim(Topology topology) {
        if (!aiming) {
            // Where too many tasks wait the next tick is another try.
            aiming = loop.offload(() -> {
                TransitionGoal found = TransitionGoal.of(topology);
                loop.execute(() -> {
                    aiming = false;
                    goal = found;
                });
            });
        }
    }

    /** Whether all that live have said, of this epoch, that they hold nothing of what they are going to be given: what they held might have been deleted elsewhere meanwhile. */
    private boolean areAllClean(Topology topology) {
        return topology.members().stream()
                .allMatch(member -> cluster.isClean(member.id(), topology.epoch()) || cluster.liveness().isDown(member.id()));
    }

    /** Whether somebody who is to be sent records is about to go, by whichever partition and keyspace. */
    private static boolean aReceiverIsLeaving(Ring ring) {
        Topology topology = ring.topology();
        if (topology.transition().departures().isEmpty()) {
            return false;
        }
        for (Keyspace keyspace : topology.keyspaces()) {
            for (int partition = 0; partition < topology.partitions(); partition++) {
                ReplicaSet replicas = ring.replicasOf(keyspace, partition);
                for (int receiver : replicas.receivers()) {
                    if (!replicas.isBefore(receiver) && topology.transition().isLeaving(topology.members().get(receiver).id())) {
                        return true;
                    }
                }
            }
        }
        return false;
    }

    /**
     * The next epoch without members that are to go and own nothing any more; null when there are none. One that lives and keeps writes for others stays until it has
     * delivered them: in a sloppy keyspace they may be all that is left of what was acknowledged. What it keeps it says itself, in this epoch, in which it owns nothing.
     */
    private @Nullable Topology withoutThoseGone(Topology topology) {
        List<Member> left = new ArrayList<>(topology.members());
        left.removeIf(member -> isReadyToGo(topology, member.id()) && (cluster.liveness().isDown(member.id()) || keepsNoHints(member.id())));
        return left.size() == topology.members().size() || left.isEmpty()
                ? null
                : topology.next(left, PartitionAssignment.carryOver(topology, left), topology.keyspaces());
    }

    private static boolean isReadyToGo(Topology topology, long memberId) {
        return topology.transition().isLeaving(memberId) && !Placement.ownsAny(topology, memberId);
    }

    private boolean keepsNoHints(long memberId) {
        TransferStatus status = memberId == selfId ? transfers.status() : told.get(memberId);
        return status != null && status.hintsWaiting() == 0;
    }

    private void propose(Topology from, Topology next) {
        if (!cluster.isUnderstood(next)) {
            // In the middle of an upgrade: it waits for the last node.
            return;
        }
        proposing = true;
        // What was found to be so was found of this epoch.
        cluster.propose(now -> now.epoch() == from.epoch() ? next : now, outcome -> {
            proposing = false;
            if (epoch == from.epoch() && !from.transition().isMoving()) {
                // Should it not have come to it: who kept no hints may keep some by the next try.
                told.clear();
            }
        });
    }

    private boolean haveEnoughHandedOver(Ring ring) {
        Topology topology = ring.topology();
        Map<Long, Set<Transfers.Job>> done = new TreeMap<>();
        told.forEach((member, status) -> done.put(member, new HashSet<>(status.done())));
        TransferStatus own = transfers.status();
        if (own.progress().epoch() == epoch) {
            done.put(selfId, new HashSet<>(own.done()));
        }
        for (Keyspace keyspace : topology.keyspaces()) {
            for (int partition = 0; partition < topology.partitions(); partition++) {
                ReplicaSet replicas = ring.replicasOf(keyspace, partition);
                for (int receiver : replicas.receivers()) {
                    long target = topology.members().get(receiver).id();
                    if (!haveEnoughHandedOver(topology, keyspace, replicas, new Transfers.Job(partition, target), done)) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    private boolean haveEnoughHandedOver(
            Topology topology, Keyspace keyspace, ReplicaSet replicas, Transfers.Job job, Map<Long, Set<Transfers.Job>> done) {
        int before = replicas.countBefore();
        Map<String, SourceCount> counts = new TreeMap<>();
        SourceCount all = new SourceCount();
        for (int i = 0; i < before; i++) {
            Member source = topology.members().get(replicas.preference()[i]);
            boolean has = source.id() == job.target() || done.getOrDefault(source.id(), Set.of()).contains(job);
            boolean isDown = cluster.liveness().isDown(source.id());
            if (!has && !isDown) {
                return false;
            }
            boolean isGivenUp = !has && isDown && topology.transition().isLeaving(source.id());
            all.add(has, isGivenUp);
            counts.computeIfAbsent(source.datacenter(), unused -> new SourceCount()).add(has, isGivenUp);
        }
        return before == 0 || haveEnough(keyspace, all, counts.values());
    }

    /** Of the replicas of before, in all or in one data center, how many have handed over. */
    private static final class SourceCount {
        private int before;
        private int have;
        private int givenUp;

        void add(boolean has, boolean isGivenUp) {
            before++;
            have += has ? 1 : 0;
            givenUp += isGivenUp ? 1 : 0;
        }

        /** Whether so many have that every majority has met one, and that one of them has whatever a write at the level has been accepted by. */
        boolean isEnough(ConsistencyLevel level, boolean sloppy) {
            int acknowledging = sloppy ? before : Math.min(before, level.required(before));
            return have >= Math.max((before + 1) / 2, before - acknowledging + 1);
        }

        /** Whether nobody is left of a data center, and its members have been told to go: what only they have is given up with them. */
        boolean isGivenUp() {
            return givenUp == before;
        }
    }

    /**
     * By what the keyspace's level promises. What is acknowledged at a {@code LOCAL_} level may be in one data center only, whichever: so of each there have to be enough. What is
     * acknowledged at {@code EACH_QUORUM} is in all: so enough of one have it.
     */
    private static boolean haveEnough(Keyspace keyspace, SourceCount all, Collection<SourceCount> byDatacenter) {
        ConsistencyLevel level = keyspace.writeLevel();
        return switch (level.scope()) {
            case ALL -> all.isEnough(level, keyspace.sloppy());
            case LOCAL -> byDatacenter.stream().allMatch(each -> each.isGivenUp() || each.isEnough(level, keyspace.sloppy()))
                    && byDatacenter.stream().anyMatch(each -> !each.isGivenUp());
            case EACH -> all.isEnough(ConsistencyLevel.QUORUM, keyspace.sloppy())
                    && byDatacenter.stream().anyMatch(each -> each.isEnough(level, keyspace.sloppy()));
        };
    }
}
