package io.ringtail.cluster.membership;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.register.TopologyFile;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Placement;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Links;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.Transport;
import io.ringtail.engine.io.SimulatedFileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.PriorityQueue;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * Nodes with nothing but their membership, in one thread and from one seed: links that break and take random time, nodes that crash and lose what their disks had not
 * synced. Time passes only as events do. Watches that no epoch has two topologies, and that nobody's data come under other owners.
 */
final class SimulatedNodes {
    static final int PARTITIONS = 64;
    private static final Path DIRECTORY = Path.of("/data");

    final Random random;
    final TreeMap<Integer, Node> nodes = new TreeMap<>();
    final Map<Epoch, Topology> decided = new HashMap<>();
    final List<String> violations = new ArrayList<>();
    /** Of a thousand messages so many break their link. */
    int breaksPerThousand;

    private final PriorityQueue<Event> events =
            new PriorityQueue<>(Comparator.comparingLong(Event::atNanos).thenComparingLong(Event::number));
    private final Set<List<Integer>> cuts = new HashSet<>();
    private long nowNanos;
    private long eventCount;

    record Epoch(long clusterId, long number) {}

    private record Event(long atNanos, long number, Runnable task) {}

    SimulatedNodes(long seed) {
        this.random = new Random(seed);
        // The clock may begin anywhere, below zero too.
        this.nowNanos = random.nextBoolean() ? 0 : -1_000_000_000_000L;
    }

    private void after(long nanos, Runnable task) {
        events.add(new Event(nowNanos + nanos, eventCount++, task));
    }

    void runMillis(long millis) {
        long end = nowNanos + millis * 1_000_000;
        while (!events.isEmpty() && events.peek().atNanos() <= end) {
            Event event = events.remove();
            nowNanos = event.atNanos();
            event.task().run();
        }
        nowNanos = end;
    }

    /** A node that is not started yet; its port is its number, its id something else. */
    Node node(int number) {
        return nodes.computeIfAbsent(number, Node::new);
    }

    void cut(int a, int b) {
        cuts.add(List.of(Math.min(a, b), Math.max(a, b)));
        node(a).linkBroke(b);
        node(b).linkBroke(a);
    }

    void heal() {
        cuts.clear();
    }

    boolean isCut(int a, int b) {
        return cuts.contains(List.of(Math.min(a, b), Math.max(a, b)));
    }

    void check(Topology topology) {
        Topology other = decided.putIfAbsent(new Epoch(topology.clusterId(), topology.epoch()), topology);
        if (other != null && !other.equals(topology)) {
            violations.add("two topologies of epoch " + topology.epoch() + " of " + topology.clusterName());
        }
        Topology before = decided.get(new Epoch(topology.clusterId(), topology.epoch() - 1));
        if (other == null && before != null && Placement.differs(before, topology)) {
            for (Node node : nodes.values()) {
                Ring ring = node.membership == null ? null : node.membership.ring();
                if (node.hasData && before.indexOf(node.id) >= 0 && (ring == null || ring.epoch() < topology.epoch())) {
                    violations.add("node " + node.number + " has data that epoch " + topology.epoch() + " moves");
                }
            }
        }
    }

    final class Node implements Loop, Transport, Links {
        final int number;
        final long id;
        final SimulatedFileSystem files = new SimulatedFileSystem();
        final List<String> told = new ArrayList<>();
        boolean hasData;
        @Nullable Membership membership;
        String clusterName = "c";
        String rack = "";
        int weight = 1;
        String host = "h";
        int clientPort;
        List<Seed> seeds = List.of();
        Set<Flaw> flaws = Set.of();
        @Nullable Calls calls;

        private int incarnation;
        private final Set<Integer> links = new TreeSet<>();
        private List<Member> wanted = List.of();
        private final Map<Integer, Long> arrivals = new HashMap<>();

        Node(int number) {
            this.number = number;
            this.id = 1_000L + (number * 37L) % 101;
        }

        Node joining(int... ports) {
            seeds = Arrays.stream(ports).mapToObj(port -> new Seed("h", port)).toList();
            return this;
        }

        Node start() {
            incarnation++;
            calls = new Calls(this, this);
            MembershipSettings settings = new MembershipSettings(
                    clusterName, new Member(id, host, number, clientPort == 0 ? 7000 + number : clientPort, weight, rack), PARTITIONS, List.of(Keyspace.DEFAULT), seeds, flaws);
            Membership started = new Membership(
                    settings, new Surroundings(this, calls, this, () -> !hasData, random, new SpokenVersions(id, other -> false, calls::version)), new TopologyFile(files, DIRECTORY, id),
                    new MembershipListener() {
                        @Override
                        public void refused(String reason) {
                            told.add("refused: " + reason);
                        }

                        @Override
                        public void epochBegan(Topology topology) {
                            check(topology);
                        }

                        @Override
                        public void topologyFileFailed(IOException cause) {
                            told.add("file: " + cause.getMessage());
                        }

                        @Override
                        public void forgotten(Topology topology) {
                            told.add("forgotten");
                        }
                    });
            membership = started;
            try {
                started.start();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            int born = incarnation;
            after(0, () -> reconnect(born));
            return this;
        }

        boolean isUp() {
            return membership != null;
        }

        Membership up() {
            if (membership == null) {
                throw new AssertionError("node " + number + " is down");
            }
            return membership;
        }

        void crash() {
            if (membership != null) {
                membership.stop();
            }
            membership = null;
            incarnation++;
            files.powerCut(random);
            for (int other : List.copyOf(links)) {
                linkBroke(other);
                node(other).linkBroke(number);
            }
        }

        void write() {
            if (membership != null && membership.ringForData() != null) {
                hasData = true;
            }
        }

        // ---- links

        private void reconnect(int born) {
            if (born != incarnation) {
                return;
            }
            for (Member member : wanted) {
                connect(member.host(), member.nodePort());
            }
            after(100_000_000, () -> reconnect(born));
        }

        private void connect(String toHost, int port) {
            Node other = nodes.get(port);
            if (other == null || other == this || !other.isUp() || !other.host.equals(toHost) || isCut(number, port) || links.contains(port)) {
                return;
            }
            links.add(port);
            other.links.add(number);
            inAWhile(port, () -> up().linkUp(other.id));
            other.inAWhile(number, () -> other.up().linkUp(id));
        }

        void linkBroke(int other) {
            if (links.remove(other) && membership != null) {
                int born = incarnation;
                after(random.nextInt(1_000_000), () -> {
                    if (born == incarnation && calls != null) {
                        calls.linkDown(node(other).id);
                        up().linkDown(node(other).id);
                    }
                });
            }
        }

        /** Something that comes over the link from another, after all that came before. */
        private void inAWhile(int from, Runnable task) {
            int born = incarnation;
            int bornThere = node(from).incarnation;
            long delay = 100_000 + random.nextInt(random.nextInt(20) == 0 ? 200_000_000 : 5_000_000);
            long at = Math.max(nowNanos + delay, arrivals.getOrDefault(from, nowNanos) + 1);
            arrivals.put(from, at);
            after(at - nowNanos, () -> {
                if (born == incarnation && bornThere == node(from).incarnation && links.contains(from)) {
                    task.run();
                }
            });
        }

        @Override
        public void members(List<Member> others) {
            wanted = others;
        }

        @Override
        public void meet(String toHost, int port, LongConsumer reached) {
            int born = incarnation;
            after(1_000_000, () -> {
                if (born == incarnation) {
                    connect(toHost, port);
                    if (links.contains(port)) {
                        inAWhile(port, () -> reached.accept(node(port).id));
                    }
                }
            });
        }

        @Override
        public boolean send(long memberId, byte[] message, int offset, int size) {
            Node to = nodes.values().stream().filter(node -> node.id == memberId).findFirst().orElse(null);
            if (to == null || !links.contains(to.number)) {
                return false;
            }
            if (random.nextInt(1000) < breaksPerThousand) {
                linkBroke(to.number);
                to.linkBroke(number);
                return true;
            }
            byte[] copy = Arrays.copyOfRange(message, offset, offset + size);
            to.inAWhile(number, () -> to.receive(this, copy));
            return true;
        }

        @Override
        public boolean isResponsive(long memberId) {
            throw new AssertionError("nobody asked for it");
        }

        private void receive(Node from, byte[] message) {
            MessageReader reader = new MessageReader();
            MessageType type = reader.begin(message, 0, message.length);
            try {
                if (type.isReply()) {
                    if (calls != null) {
                        calls.reply(from.id, message, 0, message.length);
                    }
                } else if (!up().request(
                        new ReplyPath() {
                            @Override
                            public long memberId() {
                                return from.id;
                            }

                            @Override
                            public void send(byte[] bytes, int offset, int size) {
                                Node.this.send(from.id, bytes, offset, size);
                            }
                        },
                        type,
                        reader)) {
                    throw new AssertionError("no request of membership's: " + type);
                }
            } catch (MalformedMessageException e) {
                throw new AssertionError(e);
            }
        }

        // ---- the loop

        @Override
        public void execute(Runnable task) {
            int born = incarnation;
            after(1_000, () -> {
                if (born == incarnation) {
                    task.run();
                }
            });
        }

        @Override
        public void schedule(Runnable task, long delayMillis) {
            int born = incarnation;
            after(delayMillis * 1_000_000, () -> {
                if (born == incarnation) {
                    task.run();
                }
            });
        }

        @Override
        public long nanoTime() {
            return nowNanos;
        }

        @Override
        public boolean offload(Runnable blocking) {
            throw new AssertionError("nobody asked for it");
        }
    }
}
