package io.ringtail.cluster.quorum;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.replica.ReplicaScan;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.engine.record.Key;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Walks over the keys of several nodes, over an in-memory network. */
class WalksTest {
    private QuorumWorld world = new QuorumWorld(3);

    private void begin(int nodes, Keyspace... keyspaces) {
        world.close();
        world = new QuorumWorld(nodes, keyspaces);
    }

    @AfterEach
    void end() {
        world.heal();
        world.pass(5_000);
        for (QuorumWorld.Node node : world.nodes) {
            assertThat(node.calls.pendingCount()).isZero();
        }
        world.close();
    }

    /** Walks everything in pages of so many entries; asserts that the keys are in order. A failure is the last element. */
    private List<String> walk(QuorumWorld.Node node, int entriesMax, @Nullable ConsistencyLevel level, Runnable betweenPages) {
        List<String> found = new ArrayList<>();
        long fromToken = 0;
        byte[] after = {};
        byte[] previous = {};
        while (true) {
            WalkPage[] page = new WalkPage[1];
            String[] failed = new String[1];
            node.quorums.walk(
                    new ReplicaScan.Request(0, fromToken, -1, after, entriesMax, 1 << 20), level, (told, failure) -> {
                        page[0] = told;
                        failed[0] = failure;
                    });
            for (int i = 0; i < 5_000 && page[0] == null && failed[0] == null; i++) {
                world.pass(1);
            }
            if (failed[0] != null) {
                found.add(failed[0]);
                return found;
            }
            while (page[0].next(QuorumWorld.START_MILLIS + world.millis())) {
                Key key = page[0].key();
                byte[] bytes = Arrays.copyOf(key.bytes(), key.size());
                assertThat(previous.length == 0 || Key.compare(previous, 0, previous.length, bytes, 0, bytes.length) < 0)
                        .as("in ring order")
                        .isTrue();
                previous = bytes;
                found.add(new String(key.userKey(), StandardCharsets.UTF_8));
            }
            byte[] horizon = page[0].horizon();
            if (horizon != null) {
                after = horizon;
            } else if (page[0].throughToken() == -1) {
                return found;
            } else {
                fromToken = page[0].throughToken() + 1;
                after = new byte[] {};
            }
            betweenPages.run();
        }
    }

    private Set<String> fill(int count) {
        return fill(count, world.nodes.toArray(QuorumWorld.Node[]::new));
    }

    private Set<String> fill(int count, QuorumWorld.Node... writers) {
        Set<String> names = new TreeSet<>();
        List<QuorumWorld.Result> results = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            names.add("k" + i);
            results.add(writers[i % writers.length].write(key("k" + i), hlc(0), "v"));
        }
        world.pass(10);
        assertThat(results).allMatch(result -> result.text().equals("OK"));
        return names;
    }

    @Test
    void everyKeyIsMetOnceWhateverTheSizeOfPagesAndClusters() {
        for (int nodes : new int[] {2, 3, 5, 12}) {
            begin(nodes);
            Set<String> names = fill(400);
            for (int entries : new int[] {1_000, 37, 1}) {
                List<String> found = walk(world.node(nodes), entries, null, () -> {});
                assertThat(found).as("%d nodes, pages of %d", nodes, entries).doesNotHaveDuplicates();
                assertThat(new TreeSet<>(found)).isEqualTo(names);
            }
        }
    }

    @Test
    void ofAFewNodesAPageIsTheWholeRing() {
        fill(100);
        world.sent.clear();
        assertThat(walk(world.node(1), 1_000, null, () -> {})).hasSize(100);
        assertThat(world.sent).as("this node and one other").hasSize(2);
    }

    @Test
    void theNewestVersionDecidesWhoeverHoldsIt() {
        world.node(1).put(key("only here"), hlc(0), "v");
        for (QuorumWorld.Node node : world.nodes) {
            node.put(key("deleted"), hlc(0), "v");
            node.put(key("written again"), hlc(0), "v");
            node.put(key("cleared"), hlc(0), "v");
            node.put(key("later than the clearing"), hlc(900), "v");
        }
        world.node(2).putTombstone(key("deleted"), hlc(1));
        world.node(1).putTombstone(key("written again"), hlc(1));
        world.node(2).put(key("written again"), hlc(902), "w");
        world.node(1).put(key("only here"), hlc(901), "v");
        world.node(2).store.writeLock().lock();
        world.node(2).data.clear(0, hlc(800));
        world.node(2).store.writeLock().unlock();
        world.unreachable(1, 3);
        for (int entries : new int[] {1, 2, 100}) {
            assertThat(walk(world.node(1), entries, null, () -> {}))
                    .containsExactlyInAnyOrder("only here", "written again", "later than the clearing");
        }
    }

    /** A clearing that came to one node and was given up: void is what that node is a replica of, to a walk as to a read. */
    @Test
    void aClearingHidesOnlyWhatItsHolderIsAskedFor() {
        for (boolean sloppy : new boolean[] {false, true}) {
            for (int down : new int[] {0, 2}) {
                String context = "sloppy " + sloppy + ", down " + down;
                begin(6, new Keyspace("", 3, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, sloppy));
                if (down != 0) {
                    world.isolate(down);
                }
                Set<String> names = fill(300, world.node(1));
                world.node(1).store.writeLock().lock();
                world.node(1).data.clear(0, hlc(800));
                world.node(1).store.writeLock().unlock();
                for (int entries : new int[] {1_000, 20}) {
                    List<String> found = walk(world.node(1), entries, null, () -> {});
                    assertThat(found).as(context).doesNotHaveDuplicates().hasSizeBetween(50, 250);
                    Set<String> readable = new TreeSet<>();
                    for (String name : names) {
                        QuorumWorld.Result read = world.node(1).read(key(name));
                        world.pass(20);
                        if (read.text().equals("v")) {
                            readable.add(name);
                        }
                    }
                    assertThat(new TreeSet<>(found)).as(context).isEqualTo(readable);
                }
            }
        }
    }

    @Test
    void whatIsHeldByNoReplicaIsNotMet() {
        begin(5);
        fill(20);
        for (QuorumWorld.Node node : world.nodes) {
            for (int i = 0; i < 50; i++) {
                Key stray = key("stray" + i);
                int[] preference = node.ring.preferenceOf(node.ring.topology().partitionOf(stray.token()));
                boolean holds = Arrays.stream(preference, 0, 3)
                        .anyMatch(member -> node.ring.topology().members().get(member).id() == node.id);
                if (!holds) {
                    node.put(stray, hlc(0), "v");
                }
            }
        }
        assertThat(walk(world.node(3), 100, ConsistencyLevel.ALL, () -> {})).hasSize(20);
    }

    @Test
    void keysThatAreThereThroughoutAreMetOnceWhileOthersComeAndGo() {
        for (long seed = 1; seed <= 5; seed++) {
            begin(5);
            Set<String> names = fill(300);
            Random random = new Random(seed);
            long[] time = {hlc(10)};
            List<String> found = walk(world.node(1), 20, null, () -> {
                for (int i = 0; i < 10; i++) {
                    QuorumWorld.Node node = world.nodes.get(random.nextInt(5));
                    Key key = key("other" + random.nextInt(300));
                    var ignored = random.nextBoolean() ? node.write(key, time[0]++, "v") : node.delete(key, time[0]++);
                }
                world.pass(random.nextInt(3));
            });
            assertThat(found).as("seed %d", seed).doesNotHaveDuplicates().containsAll(names);
        }
    }

    @Test
    void whoFailsInTheMiddleIsReplaced() {
        begin(5);
        Set<String> names = fill(300);
        int[] pages = {0};
        List<String> found = walk(world.node(1), 50, null, () -> {
            if (++pages[0] == 2) {
                // Dead, and nobody knows it yet.
                for (int other = 1; other <= 5; other++) {
                    world.silence(other, 3);
                    world.silence(3, other);
                }
            }
        });
        assertThat(found).doesNotHaveDuplicates();
        assertThat(new TreeSet<>(found)).isEqualTo(names);
    }

    @Test
    void withTooFewReplicasAWalkFails() {
        fill(10);
        world.isolate(2);
        assertThat(walk(world.node(1), 100, null, () -> {})).hasSize(10);
        assertThat(walk(world.node(1), 100, ConsistencyLevel.ALL, () -> {}))
                .containsExactly("NOREPLICAS 3 of 3 replicas are needed to walk the keys, 2 can be reached");
        world.isolate(3);
        assertThat(walk(world.node(1), 100, null, () -> {}))
                .containsExactly("NOREPLICAS 2 of 3 replicas are needed to walk the keys, 1 can be reached");
        assertThat(walk(world.node(1), 100, ConsistencyLevel.ONE, () -> {})).hasSize(10);
    }

    @Test
    void whoeverDoesNotAnswerInTimeEndsTheWalk() {
        fill(10);
        world.silence(1, 2);
        world.silence(3, 1);
        assertThat(walk(world.node(1), 100, null, () -> {}))
                .singleElement()
                .asString()
                .startsWith("TIMEOUT 2 of 3 replicas are needed to walk the keys, 1 can be reached");
    }

    @Test
    void aReplicaOfAnotherEpochOrFrozenIsWaitedFor() {
        Set<String> names = fill(50);
        Ring newer = Ring.of(QuorumWorld.topology(3, 2));
        int[] pages = {0};
        List<String> found = walk(world.node(1), 10, null, () -> {
            if (++pages[0] == 1) {
                world.node(2).ring = newer;
                world.node(3).ring = newer;
                world.node(1).schedule(() -> world.node(1).ring = newer, 40);
            } else if (pages[0] == 2) {
                world.node(2).frozen = true;
                world.node(3).frozen = true;
                world.node(1).schedule(() -> {
                    world.node(2).frozen = false;
                    world.node(3).frozen = false;
                }, 40);
            }
        });
        assertThat(found).doesNotHaveDuplicates();
        assertThat(new TreeSet<>(found)).isEqualTo(names);
        assertThat(world.node(1).heard).isNotEmpty();
    }

    @Test
    void keyspacesOfFewerAndMoreReplicasAreAllMet() {
        begin(
                6,
                new Keyspace("", 3, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, false),
                new Keyspace("k1", 1, ConsistencyLevel.ONE, ConsistencyLevel.ONE, false),
                new Keyspace("k2", 5, ConsistencyLevel.ALL, ConsistencyLevel.ONE, false),
                new Keyspace("k3", 3, ConsistencyLevel.QUORUM, ConsistencyLevel.QUORUM, true));
        Set<String> names = fill(400);
        assertThat(new TreeSet<>(walk(world.node(4), 64, null, () -> {}))).isEqualTo(names);
    }

    @Test
    void otherDatabasesAreNotInTheWay() {
        fill(20);
        for (int i = 0; i < 200; i++) {
            Key other = new Key().set(7, ("k" + i).getBytes(StandardCharsets.UTF_8));
            for (QuorumWorld.Node node : world.nodes) {
                node.put(other, hlc(0), "v");
            }
        }
        assertThat(walk(world.node(2), 3, null, () -> {})).hasSize(20);
    }

    @Test
    void aPageThatMakesNoSenseFailsTheWalkAndNothingElse() {
        fill(10);
        world.node(2).nextAnswer = new byte[] {0, 1, 2, 3};
        world.node(3).nextAnswer = new byte[] {99};
        assertThat(walk(world.node(1), 100, null, () -> {})).singleElement().asString().startsWith("NOREPLICAS");
        assertThat(walk(world.node(1), 100, null, () -> {})).hasSize(10);
    }

    @Test
    void cutPagesAreRecognized() {
        fill(30);
        io.ringtail.cluster.message.MessageWriter out = new io.ringtail.cluster.message.MessageWriter().beginBare();
        world.node(1).data.page(new ReplicaScan.Request(0, 0, -1, new byte[] {}, 20, 1 << 20), out);
        byte[] whole = out.toByteArray();
        WalkPlan.Stretch stretch = new WalkPlan.Stretch(world.node(1).ring, List.of(1L), -1, Set.of(), null, 1);
        Random random = new Random(1);
        for (int i = 0; i < 2_000; i++) {
            byte[] damaged = Arrays.copyOf(whole, random.nextBoolean() ? random.nextInt(whole.length) : whole.length);
            for (int j = random.nextInt(3); j > 0 && damaged.length > 0; j--) {
                damaged[random.nextInt(damaged.length)] ^= (byte) (1 << random.nextInt(8));
            }
            try {
                WalkPage page = new WalkPage(0, stretch, List.of(damaged));
                int count = 0;
                while (page.next(0)) {
                    count++;
                }
                assertThat(count).isLessThanOrEqualTo(20);
            } catch (MalformedMessageException expected) {
                assertThat(expected.getMessage()).isNotEmpty();
            }
        }
    }
}
