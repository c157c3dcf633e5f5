package io.ringtail.bench.gossip;

import io.ringtail.cluster.clock.WallClock;
import io.ringtail.cluster.gossip.GossipListener;
import io.ringtail.cluster.gossip.GossipOptions;
import io.ringtail.cluster.gossip.Gossiper;
import io.ringtail.cluster.gossip.Liveness;
import io.ringtail.cluster.gossip.SelfReport;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.Transport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.SplittableRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A cluster of gossiping nodes in simulated time, on a network that delays each message by 0.2 to 5 ms and loses
 * some. Confined to one thread; the same seed gives the same run.
 *
 * <p>Nodes start at random moments within the first period. A dead one neither sends nor receives nor counts. What a
 * node is told of the topology it is told at once: how that spreads is not gossip's matter.
 */
public final class GossipSimulation {
    private static final long NANOS_PER_MILLI = 1_000_000;
    private static final long MIN_DELAY_NANOS = 200_000;
    private static final long MAX_DELAY_NANOS = 5_000_000;
    private static final long EPOCH_START_MILLIS = 1_800_000_000_000L;

    private record Event(long atNanos, long sequence, Runnable task) {}

    private final GossipOptions options;
    private final double loss;
    private final SplittableRandom random;
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atNanos).thenComparingLong(Event::sequence));
    private final List<Node> nodes = new ArrayList<>();
    private List<Member> members = new ArrayList<>();
    private long nowNanos;
    private long sequence;

    /** @param loss the part of all messages that is lost, 0 to 1 */
    public GossipSimulation(int nodes, GossipOptions options, double loss, long seed) {
        this.options = options;
        this.loss = loss;
        random = new SplittableRandom(seed);
        for (int i = 0; i < nodes; i++) {
            this.nodes.add(new Node(i));
        }
        tellMembers();
        this.nodes.forEach(Node::start);
    }

    /** One node: its loop, its wires and its gossip. */
    private final class Node implements Loop, Transport, GossipListener {
        final int index;
        final Member member;
        final Calls calls = new Calls(this, this);
        final MessageReader reader = new MessageReader();
        Gossiper gossiper;
        boolean dead;
        long bytesSent;
        long messagesSent;
        long suspicions;
        long downs;
        Liveness seen = Liveness.NOTHING_HEARD;

        Node(int index) {
            this.index = index;
            member = new Member(index + 1, "node" + index, 7000, 6379, 1, "");
            members.add(member);
            gossiper = gossiper(EPOCH_START_MILLIS + index);
        }

        private Gossiper gossiper(long incarnation) {
            WallClock wallClock = () -> EPOCH_START_MILLIS + nowNanos / NANOS_PER_MILLI;
            SelfReport report = new SelfReport(1, 1_000_000 + index, 1L << 30, 0, 10_000, false);
            Gossiper made = new Gossiper(
                    new Gossiper.Self(member.id(), incarnation, () -> report),
                    new Gossiper.Surroundings(this, this, calls, wallClock, random.split()),
                    options);
            made.addListener(this);
            return made;
        }

        void start() {
            gossiper.start();
        }

        void die() {
            dead = true;
            gossiper.stop();
        }

        void restart() {
            dead = false;
            gossiper = gossiper(EPOCH_START_MILLIS + nowNanos / NANOS_PER_MILLI);
            gossiper.members(members);
            gossiper.start();
        }

        void receive(long senderId, byte[] message) {
            if (dead) {
                return;
            }
            MessageType type = reader.begin(message, 0, message.length);
            if (type.isReply()) {
                calls.reply(senderId, message, 0, message.length);
                return;
            }
            gossiper.request(
                    new ReplyPath() {
                        @Override
                        public long memberId() {
                            return senderId;
                        }

                        @Override
                        public void send(byte[] reply, int offset, int size) {
                            Node.this.send(senderId, reply, offset, size);
                        }
                    },
                    message,
                    0,
                    message.length);
        }

        /** Counts whom it newly suspects, as it publishes it. */
        void look() {
            Liveness now = gossiper.liveness();
            if (now != seen && now.suspectedCount() > 0) {
                for (Node other : nodes) {
                    long id = other.member.id();
                    if (!other.dead && now.isSuspected(id) && !seen.isSuspected(id)) {
                        suspicions++;
                    }
                }
            }
            seen = now;
        }

        @Override
        public void memberDown(long memberId) {
            if (!nodes.get((int) memberId - 1).dead) {
                downs++;
            }
        }

        @Override
        public void memberUp(long memberId) {}

        @Override
        public void epochHeard(long memberId, long epoch) {}

        @Override
        public boolean send(long memberId, byte[] message, int offset, int size) {
            bytesSent += size;
            messagesSent++;
            if (random.nextDouble() >= loss) {
                byte[] copy = Arrays.copyOfRange(message, offset, offset + size);
                Node to = nodes.get((int) memberId - 1);
                at(nowNanos + random.nextLong(MIN_DELAY_NANOS, MAX_DELAY_NANOS), () -> to.receive(member.id(), copy));
            }
            return true;
        }

        @Override
        public boolean isResponsive(long memberId) {
            return true;
        }

        @Override
        public void execute(Runnable task) {
            at(nowNanos, task);
        }

        @Override
        public void schedule(Runnable task, long delayMillis) {
            at(nowNanos + TimeUnit.MILLISECONDS.toNanos(delayMillis), () -> {
                task.run();
                look();
            });
        }

        @Override
        public long nanoTime() {
            return nowNanos;
        }

        @Override
        public boolean offload(Runnable blocking) {
            blocking.run();
            return true;
        }
    }

    private void at(long nanos, Runnable task) {
        events.add(new Event(nanos, sequence++, task));
    }

    private void tellMembers() {
        for (Node node : nodes) {
            if (!node.dead) {
                node.gossiper.members(members);
            }
        }
    }

    /** Lets so many periods go by. */
    public void runRounds(int rounds) {
        runRounds(rounds, () -> false);
    }

    /**
     * Lets periods go by until the condition holds at the end of one; returns how many did, or -1 when it did not
     * hold after {@code limit}.
     */
    public int runRounds(int limit, BooleanSupplier until) {
        for (int round = 1; round <= limit; round++) {
            long end = nowNanos + options.periodMillis() * NANOS_PER_MILLI;
            while (true) {
                @Nullable Event next = events.peek();
                if (next == null || next.atNanos > end) {
                    break;
                }
                events.remove();
                nowNanos = next.atNanos;
                next.task.run();
            }
            nowNanos = end;
            if (until.getAsBoolean()) {
                return round;
            }
        }
        return -1;
    }

    public int size() {
        return nodes.size();
    }

    public void kill(int node) {
        nodes.get(node).die();
    }

    /** Starts a dead node again, which remembers nothing. */
    public void restart(int node) {
        nodes.get(node).restart();
    }

    /** A new node, of which all are told; returns its index. */
    public int join() {
        Node node = new Node(nodes.size());
        nodes.add(node);
        tellMembers();
        node.start();
        return node.index;
    }

    /** Whether every live node takes that one for down. */
    public boolean isDownToAll(int node) {
        long id = nodes.get(node).member.id();
        return nodes.stream().allMatch(other -> other.dead || other.gossiper.isDown(id));
    }

    /** Whether no live node takes that one for down, or suspects it. */
    public boolean isUpToAll(int node) {
        long id = nodes.get(node).member.id();
        return nodes.stream().allMatch(other -> other.dead || !other.gossiper.isSuspected(id));
    }

    /** Whether every live node takes every dead one for down. */
    public boolean allDeadAreDownToAll() {
        long dead = nodes.stream().filter(node -> node.dead).count();
        return nodes.stream().allMatch(node -> node.dead || node.gossiper.liveness().downCount() >= dead)
                && nodes.stream().allMatch(node -> !node.dead || isDownToAll(node.index));
    }

    /** Whether all live nodes hold a state of that one. */
    public boolean isKnownToAll(int node) {
        long id = nodes.get(node).member.id();
        return nodes.stream()
                .allMatch(other -> other.dead || other.gossiper.states().stream().anyMatch(state -> state.id() == id));
    }

    /** Whether every live node has heard a state of every live node. */
    public boolean allKnowAll() {
        long live = nodes.stream().filter(node -> !node.dead).count();
        return nodes.stream().allMatch(node -> node.dead || node.gossiper.states().size() >= live);
    }

    /** What each node has sent so far. */
    public long[] bytesSent() {
        return nodes.stream().mapToLong(node -> node.bytesSent).toArray();
    }

    public long messagesSent() {
        return nodes.stream().mapToLong(node -> node.messagesSent).sum();
    }

    /** How often a live node began to suspect a live one. */
    public long falseSuspicions() {
        return nodes.stream().mapToLong(node -> node.suspicions).sum();
    }

    /** How often a live node took a live one for down. */
    public long falseDowns() {
        return nodes.stream().mapToLong(node -> node.downs).sum();
    }
}
