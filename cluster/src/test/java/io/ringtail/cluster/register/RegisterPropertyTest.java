package io.ringtail.cluster.register;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.flaw.Flaw;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.PartitionAssignment;
import io.ringtail.cluster.topology.Placement;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.engine.io.SimulatedFileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/**
 * Many proposers at once over a network that loses, delays, reorders and repeats what it likes, on nodes that crash at any change of their disks, whose clients write
 * whenever nobody forbids it. A seed is a history.
 */
class RegisterPropertyTest {
    private static final Path DIRECTORY = Path.of("/data");
    private static final int NODES = 6;

    /** A history from one seed. */
    private static final class World {
        final Random random;
        final List<Node> nodes = new ArrayList<>();
        final List<Runnable> inFlight = new ArrayList<>();
        final Map<Long, Topology> decided = new HashMap<>();
        final Set<Flaw> flaws;
        boolean isPeaceful;
        int moved;
        String violation = "";

        World(long seed, Set<Flaw> flaws) throws IOException {
            this.random = new Random(seed);
            this.flaws = flaws;
            int size = 1 + random.nextInt(5);
            List<Member> members = new ArrayList<>();
            for (int i = 1; i <= size; i++) {
                members.add(member(i));
            }
            Topology first = new Topology(9, "c", 1, members, new int[16], List.of(Keyspace.DEFAULT));
            decided.put(1L, first);
            for (int i = 1; i <= NODES; i++) {
                nodes.add(new Node(this, i, first));
            }
        }

        static Member member(long id) {
            return new Member(id, "h", 1, 1, 1, "");
        }

        void decided(Topology topology) {
            Topology other = decided.putIfAbsent(topology.epoch(), topology);
            if (other != null && !other.equals(topology)) {
                violation = "two topologies of epoch " + topology.epoch();
            }
            Topology before = decided.get(topology.epoch() - 1);
            if (other == null && before != null && Placement.differs(before, topology)) {
                moved++;
                for (Node node : nodes) {
                    if (before.indexOf(node.id) >= 0 && node.hasData && node.acceptor.decided().epoch() <= topology.epoch()) {
                        violation = "data of epoch " + before.epoch() + " under owners of the next";
                    }
                }
            }
        }

        boolean loses() {
            return !isPeaceful && random.nextInt(10) == 0;
        }

        /** Everybody is there and nothing is lost; who is frozen proposes what there is. */
        void makePeace() {
            isPeaceful = true;
            inFlight.clear();
            nodes.forEach(Node::crash);
            for (int round = 0; round < 20; round++) {
                Topology newest = decided.get((long) decided.size());
                for (Node node : nodes) {
                    node.learn(newest);
                    if (node.acceptor.isFrozen()) {
                        node.propose();
                    }
                }
                while (!inFlight.isEmpty()) {
                    inFlight.remove(random.nextInt(inFlight.size())).run();
                }
            }
        }

        void run(int steps) {
            for (int step = 0; step < steps && violation.isEmpty(); step++) {
                int dice = random.nextInt(100);
                Node node = nodes.get(random.nextInt(nodes.size()));
                if (dice < 80 && !inFlight.isEmpty()) {
                    inFlight.remove(random.nextInt(inFlight.size())).run();
                } else if (dice < 84) {
                    node.propose();
                } else if (dice < 85) {
                    node.crash();
                } else if (dice < 86) {
                    node.write();
                } else if (dice < 90) {
                    Node other = nodes.get(random.nextInt(nodes.size()));
                    Topology told = other.acceptor.decided();
                    inFlight.add(() -> node.learn(told));
                }
            }
        }
    }

    private static final class Node {
        final World world;
        final long id;
        final SimulatedFileSystem files = new SimulatedFileSystem();
        TopologyAcceptor acceptor;
        int incarnation;
        boolean hasData;
        @Nullable TopologyProposer proposer;

        Node(World world, long id, Topology first) throws IOException {
            this.world = world;
            this.id = id;
            acceptor = TopologyAcceptor.begin(id, new TopologyFile(files, DIRECTORY, id), () -> !hasData, first);
        }

        void crash() {
            incarnation++;
            proposer = null;
            files.powerCut(world.random);
            try {
                acceptor = TopologyAcceptor.load(id, new TopologyFile(files, DIRECTORY, id), () -> !hasData).orElseThrow();
            } catch (IOException e) {
                throw new AssertionError(e);
            }
            if (!world.isPeaceful && world.random.nextInt(3) == 0) {
                files.cutPowerAtChange(1 + world.random.nextInt(12));
            }
        }

        void write() {
            if (!acceptor.isFrozen() && acceptor.decided().indexOf(id) >= 0 && world.random.nextInt(8) == 0) {
                hasData = true;
            }
        }

        void learn(Topology topology) {
            acceptor.learn(topology);
            if (world.random.nextBoolean()) {
                // It goes by it before the disk has it.
                return;
            }
            try {
                acceptor.keep();
            } catch (IOException e) {
                crash();
            }
        }

        void propose() {
            if (proposer != null && !proposer.hasEnded() || acceptor.decided().indexOf(id) < 0) {
                return;
            }
            int kind = world.random.nextInt(3);
            long newcomer = 1 + world.random.nextInt(NODES);
            TopologyProposer.Change change =
                    (now, mayMove) -> world.isPeaceful || kind == 0 ? null : next(now, World.member(newcomer), mayMove && kind > 1);
            int born = incarnation;
            TopologyProposer.Outbox outbox = new TopologyProposer.Outbox() {
                @Override
                public void prepare(long memberId, Topology base, Ballot ballot, boolean freeze) {
                    send(memberId, ballot, false, freeze, to -> to.prepare(base.clusterId(), base.epoch(), ballot, freeze));
                }

                @Override
                public void accept(long memberId, Topology base, Ballot ballot, Topology value) {
                    send(memberId, ballot, true, false, to -> to.accept(base.clusterId(), base.epoch(), ballot, value));
                }

                private void send(long memberId, Ballot ballot, boolean isAccept, boolean isFreeze, Request request) {
                    Node to = world.nodes.stream().filter(node -> node.id == memberId).findFirst().orElse(null);
                    TopologyProposer sender = proposer;
                    world.inFlight.add(() -> {
                        Vote vote = to == null || world.loses() ? null : to.ask(request);
                        if (to != null && world.loses()) {
                            world.inFlight.add(() -> to.ask(request));
                        }
                        boolean lost = vote == null || world.loses();
                        world.inFlight.add(() -> {
                            if (incarnation == born && sender != null) {
                                if (lost) {
                                    sender.failed(ballot, isAccept, isFreeze);
                                } else {
                                    sender.voted(memberId, ballot, isAccept, isFreeze, vote);
                                }
                            }
                        });
                    });
                }

                @Override
                public void retryAfter(long delayMillis) {
                    TopologyProposer sender = proposer;
                    world.inFlight.add(() -> {
                        if (incarnation == born && sender != null) {
                            sender.retry();
                        }
                    });
                }

                @Override
                public void ended(TopologyProposer.Outcome outcome) {
                    if (outcome instanceof TopologyProposer.Outcome.Decided decided) {
                        world.decided(decided.topology());
                    } else if (outcome instanceof TopologyProposer.Outcome.Overtaken overtaken) {
                        learn(overtaken.newer());
                    } else if (outcome instanceof TopologyProposer.Outcome.DiskFailed) {
                        crash();
                    }
                }
            };
            TopologyProposer started = new TopologyProposer(id, acceptor, change, outbox, world.random, world.flaws);
            proposer = started;
            started.start();
        }

        /** Another member, or the same ones with every partition owned by the next. */
        @Nullable Topology next(Topology now, Member newcomer, boolean mayMove) {
            List<Member> members = new ArrayList<>(now.members());
            if (now.indexOf(newcomer.id()) < 0) {
                members.add(newcomer);
                members.sort(java.util.Comparator.comparingLong(Member::id));
            } else if (!mayMove) {
                return null;
            }
            int[] owners = PartitionAssignment.carryOver(now, members);
            for (int i = 0; mayMove && i < owners.length; i++) {
                owners[i] = (owners[i] + 1) % members.size();
            }
            return now.next(members, owners, now.keyspaces());
        }

        @Nullable Vote ask(Request request) {
            try {
                return request.of(acceptor);
            } catch (IOException e) {
                crash();
                return null;
            }
        }
    }

    private interface Request {
        Vote of(TopologyAcceptor acceptor) throws IOException;
    }

    @Test
    void noEpochIsDecidedTwiceAndNoDataEndUpUnderOtherOwners() throws IOException {
        long epochs = 0;
        int moved = 0;
        for (long seed = 0; seed < 700; seed++) {
            World world = new World(seed, Set.of());
            world.run(1_500);
            assertThat(world.violation).as("seed %d", seed).isEmpty();
            epochs += world.decided.size() - 1;
            moved += world.moved;
        }
        assertThat(epochs).as("the histories are worth something").isGreaterThan(2_000);
        assertThat(moved).isGreaterThan(100);
    }

    @Test
    void decidingWithoutAMajorityIsFound() throws IOException {
        boolean found = false;
        for (long seed = 0; seed < 50 && !found; seed++) {
            World world = new World(seed, Set.of(Flaw.EPOCH_WITHOUT_MAJORITY));
            world.run(1_500);
            found = world.violation.startsWith("two topologies");
        }
        assertThat(found).isTrue();
    }

    @Test
    void whoeverIsFrozenThawsOnceAMajorityAnswers() throws IOException {
        int frozen = 0;
        for (long seed = 0; seed < 200; seed++) {
            World world = new World(seed, Set.of());
            world.run(800);
            frozen += (int) world.nodes.stream().filter(node -> node.acceptor.isFrozen()).count();
            world.makePeace();
            assertThat(world.violation).as("seed %d", seed).isEmpty();
            assertThat(world.nodes).as("seed %d", seed).noneMatch(node -> node.acceptor.isFrozen());
        }
        assertThat(frozen).as("some were").isGreaterThan(20);
    }
}
