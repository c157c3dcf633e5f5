package io.ringtail.cluster.gossip;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.Transport;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A few gossiping nodes in one thread, whose links can be cut, whose clocks can be set and that can be stopped. Every
 * message takes one millisecond.
 */
final class GossipWorld {
    static final long START_MILLIS = 1_800_000_000_000L;
    private static final long NANOS_PER_MILLI = 1_000_000;

    private record Event(long atMillis, long sequence, Node node, Runnable task) {}

    private record Link(long from, long to) {}

    final Map<Long, Node> nodes = new TreeMap<>();
    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atMillis).thenComparingLong(Event::sequence));
    private final Set<Link> cuts = new HashSet<>();
    private final SplittableRandom random;
    private long nowMillis;
    private long sequence;
    /** The version of the protocol on all links. */
    int spoken = ProtocolVersion.NEWEST;

    final Set<String> kindsSent = new TreeSet<>();

    GossipWorld(long seed) {
        random = new SplittableRandom(seed);
    }

    static Member member(long id) {
        return new Member(id, "node" + id, 7000, 6379, 1, "");
    }

    static List<Member> members(long... ids) {
        return LongStream.of(ids).mapToObj(GossipWorld::member).toList();
    }

    final class Node implements Loop, Transport, GossipListener {
        final long id;
        final Calls calls = new Calls(this, this);
        final Gossiper gossiper;
        final List<String> heard = new ArrayList<>();
        final MessageReader reader = new MessageReader();
        SelfReport report = new SelfReport(1, 0, 0, 0, 0, false);
        long skewMillis;
        boolean stopped;
        boolean dead;

        Node(long id, long incarnation) {
            this.id = id;
            gossiper = new Gossiper(
                    new Gossiper.Self(id, incarnation, () -> report),
                    new Gossiper.Surroundings(
                            this, this, calls, () -> START_MILLIS + nowMillis + skewMillis, random.split()),
                    GossipOptions.DEFAULT);
            gossiper.addListener(this);
        }

        void receive(long from, byte[] message) {
            if ((message[0] & 1) == 1) {
                calls.reply(from, message, 0, message.length);
            } else {
                gossiper.request(path(from), message, 0, message.length);
            }
        }

        private ReplyPath path(long from) {
            return new ReplyPath() {
                @Override
                public long memberId() {
                    return from;
                }

                @Override
                public int version() {
                    return spoken;
                }

                @Override
                public void send(byte[] reply, int offset, int size) {
                    Node.this.send(from, reply, offset, size);
                }
            };
        }

        @Override
        public boolean send(long to, byte[] message, int offset, int size) {
            byte[] copy = Arrays.copyOfRange(message, offset, offset + size);
            kindsSent.add((copy[0] & 1) == 1 ? "answer" : copy[1 + Long.BYTES] == 0 ? "exchange" : "delivery");
            Node target = nodes.get(to);
            if (target != null && !cuts.contains(new Link(id, to))) {
                at(nowMillis + 1, target, () -> target.receive(id, copy));
            }
            return true;
        }

        @Override
        public boolean isResponsive(long memberId) {
            return true;
        }

        @Override
        public int version(long memberId) {
            return spoken;
        }

        @Override
        public void execute(Runnable task) {
            at(nowMillis, this, task);
        }

        @Override
        public void schedule(Runnable task, long delayMillis) {
            at(nowMillis + delayMillis, this, task);
        }

        @Override
        public long nanoTime() {
            return nowMillis * NANOS_PER_MILLI;
        }

        @Override
        public boolean offload(Runnable blocking) {
            throw new AssertionError("gossip does not block");
        }

        @Override
        public void memberDown(long memberId) {
            heard.add("down " + memberId + (gossiper.liveness().isDown(memberId) ? "" : ", unpublished"));
        }

        @Override
        public void memberUp(long memberId) {
            heard.add("up " + memberId + (gossiper.liveness().isDown(memberId) ? ", unpublished" : ""));
        }

        @Override
        public void epochHeard(long memberId, long epoch) {
            heard.add("epoch " + epoch + " of " + memberId);
        }

        @Nullable MemberState stateOf(long memberId) {
            return gossiper.states().stream()
                    .filter(state -> state.id() == memberId)
                    .findFirst()
                    .orElse(null);
        }
    }

    /** A node that knows these members, started; in place of what had its id. */
    Node start(long id, long incarnation, long... memberIds) {
        Node node = new Node(id, incarnation);
        Node old = nodes.put(id, node);
        if (old != null) {
            old.dead = true;
        }
        node.gossiper.members(members(memberIds));
        node.gossiper.start();
        return node;
    }

    /** Nodes 1 to {@code count} that all know each other. */
    void startAll(int count) {
        long[] ids = LongStream.rangeClosed(1, count).toArray();
        for (long id : ids) {
            start(id, 1, ids);
        }
    }

    void kill(long id) {
        nodes.get(id).dead = true;
    }

    void cut(long from, long to) {
        cuts.add(new Link(from, to));
    }

    void heal() {
        cuts.clear();
    }

    private void at(long millis, Node node, Runnable task) {
        events.add(new Event(millis, sequence++, node, task));
    }

    /** Lets time go by. What is for a stopped node waits until it goes on. */
    void run(long millis) {
        long end = nowMillis + millis;
        List<Event> waiting = new ArrayList<>();
        while (true) {
            Event next = events.peek();
            if (next == null || next.atMillis > end) {
                break;
            }
            events.remove();
            nowMillis = Math.max(nowMillis, next.atMillis);
            if (next.node.stopped) {
                waiting.add(next);
            } else if (!next.node.dead) {
                next.task.run();
            }
        }
        nowMillis = end;
        events.addAll(waiting);
    }
}
