package io.ringtail.bench.simulation;

import io.ringtail.bench.simulation.check.BoundsKept;
import io.ringtail.bench.simulation.check.Convergence;
import io.ringtail.bench.simulation.check.EveryIncrementCounts;
import io.ringtail.bench.simulation.check.FinalState;
import io.ringtail.bench.simulation.check.Held;
import io.ringtail.bench.simulation.check.HintsDrained;
import io.ringtail.bench.simulation.check.HintsReachAllReplicas;
import io.ringtail.bench.simulation.check.History;
import io.ringtail.bench.simulation.check.NoIncrementIsLost;
import io.ringtail.bench.simulation.check.NothingAcknowledgedIsLost;
import io.ringtail.bench.simulation.check.NothingInvented;
import io.ringtail.bench.simulation.check.NothingLeaked;
import io.ringtail.bench.simulation.check.NothingShadowed;
import io.ringtail.bench.simulation.check.NothingStale;
import io.ringtail.bench.simulation.check.Operation;
import io.ringtail.bench.simulation.check.ReadsNeverGoBack;
import io.ringtail.bench.simulation.check.RingAgreement;
import io.ringtail.bench.simulation.check.SiblingsAreKept;
import io.ringtail.bench.simulation.check.Version;
import io.ringtail.bench.simulation.check.Violation;
import io.ringtail.bench.simulation.check.WalksMeetEveryKey;
import io.ringtail.bench.simulation.world.SimulatedWorld;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.replica.ReplicaData;
import io.ringtail.cluster.topology.ConsistencyLevel;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * One run: a cluster forms, clients work while faults happen, the faults end, everything comes to rest, every key is read a last time, and what was seen is checked.
 *
 * <p>The same seed, options and code give the same run. Confined to one thread; {@link #run} is called once.
 */
public final class Simulation {
    private static final long SECOND = TimeUnit.SECONDS.toNanos(1);
    private static final long STEP_NANOS = TimeUnit.MILLISECONDS.toNanos(100);
    private static final long SKEW_MAX_MILLIS = 240_000;
    private static final int LAST_READ_ATTEMPTS = 20;
    private static final int FORMS_IN_TROUBLE_ONE_IN = 3;
    private static final long FORMING_NANOS = 3 * SECOND;
    private static final int DUPLICATES_ONE_IN = 3;
    private static final double DUPLICATES_MAX = 0.05;

    private final SimulationOptions options;
    private final SimulatedWorld world;
    private final SimulatedCluster cluster;
    private final History history = new History();
    private final BoundsKept bounds = new BoundsKept();
    private final Workload workload;
    private final List<SimulatedClient> clients = new ArrayList<>();
    private final List<Violation> violations = new ArrayList<>();
    private final List<Operation> lastReads = new ArrayList<>();
    private final int nodes;
    private final boolean hasDatacenters;
    private final long skewMaxMillis;
    private final RandomGenerator random;
    private final List<Fault> faults = new ArrayList<>();
    private @Nullable FinalState stateBeforeReads;
    private @Nullable List<String> walked;

    public Simulation(long seed, SimulationOptions options, NodeFactory factory) {
        this.options = options;
        this.world = new SimulatedWorld(seed);
        this.random = world.newRandom();
        this.nodes = options.nodes() == 0 ? 3 + random.nextInt(4) : options.nodes();
        boolean clocksAgree = random.nextInt(4) == 0 || !options.faults().contains(Fault.Kind.CLOCK_JUMP);
        this.skewMaxMillis = clocksAgree ? 0 : 1 + random.nextLong(SKEW_MAX_MILLIS);
        this.workload = new Workload(random, nodes, datacenters(seed, factory), (seed & 16) == 0, factory.knowsSiblings() && seed % 5 < 2);
        this.hasDatacenters = datacenters(seed, factory) != Workload.Datacenters.NONE;
        this.cluster = new SimulatedCluster(
                world, factory, options, workload.keyspaces(), workload.leastMembers(), 1 + random.nextInt(2), mending(seed));
    }

    /** The kinds that there can be in this run. */
    private EnumSet<Fault.Kind> kinds() {
        EnumSet<Fault.Kind> kinds = EnumSet.noneOf(Fault.Kind.class);
        options.faults().stream().filter(kind -> hasDatacenters || !kind.isOfDatacenter()).forEach(kinds::add);
        return kinds;
    }

    /** Of eight seeds two have two data centers, one of them with replicas that compare what they hold, where the nodes go by them and each can have two. */
    private Workload.Datacenters datacenters(long seed, NodeFactory factory) {
        boolean has = factory.knowsDatacenters() && ((seed & 7) == 3 || (seed & 7) == 6) && nodes >= 4;
        return !has ? Workload.Datacenters.NONE : (seed & 8) == 0 ? Workload.Datacenters.COUNTED_TOGETHER : Workload.Datacenters.COUNTED_EACH;
    }

    /** Lives the whole run. */
    public SimulationResult run() {
        try {
            if (form()) {
                work();
                settle();
                readLast();
                rest();
                walk();
                check();
            }
        } catch (RuntimeException | AssertionError e) {
            violations.add(thrown(e));
        } finally {
            cluster.close();
        }
        return new SimulationResult(world.seed(), nodes, history, faults, violations, world.eventsRun(), world.traceHash());
    }

    private static Violation thrown(Throwable e) {
        StringBuilder what = new StringBuilder(e.toString());
        for (StackTraceElement element : e.getStackTrace()) {
            what.append("\n    at ").append(element);
        }
        return new Violation("NothingThrows", "the run", what.toString(), List.of());
    }

    private boolean form() {
        cluster.start(nodes, skewMaxMillis);
        if (random.nextInt(FORMS_IN_TROUBLE_ONE_IN) == 0) {
            // Nobody forgets anything meanwhile: what a node that is no member yet has on its disk is nobody's business.
            EnumSet<Fault.Kind> allowed = kinds();
            allowed.removeIf(kind -> kind.canForget() || kind.changesMembers());
            suffer(FaultPlan.draw(random, nodes, world.nowNanos(), world.nowNanos() + FORMING_NANOS, allowed));
            runFor(FORMING_NANOS);
            cluster.heal();
        }
        if (runUntil(() -> cluster.isReady() && cluster.agrees())) {
            return true;
        }
        violations.add(new Violation(
                "ClusterForms", "all nodes", "not all serve, with one topology, after " + options.settleSeconds() + " s", List.of()));
        violations.addAll(RingAgreement.check(cluster.adoptions(), List.of()));
        return false;
    }

    private void suffer(List<Fault> more) {
        faults.addAll(more);
        for (Fault fault : more) {
            world.after(fault.atNanos() - world.nowNanos(), () -> cluster.suffer(fault));
        }
    }

    private boolean hasFaults() {
        return !faults.isEmpty() || skewMaxMillis != 0;
    }

    private void work() {
        long from = world.nowNanos();
        long until = from + options.faultSeconds() * SECOND;
        // Now and then everything goes well: then counters must be exact.
        if (random.nextInt(8) != 0) {
            suffer(FaultPlan.draw(random, nodes, from, until, kinds()));
        }
        boolean hasFaults = hasFaults();
        if (hasFaults && random.nextInt(DUPLICATES_ONE_IN) == 0) {
            double probability = random.nextDouble() * DUPLICATES_MAX;
            world.network().duplicate(probability, type -> type != MessageType.FORWARD.code());
        }
        for (int i = 0; i < options.clients(); i++) {
            SimulatedClient client = new SimulatedClient(world, cluster, workload, history, i);
            clients.add(client);
            client.run();
        }
        runFor(until - from);
        clients.forEach(SimulatedClient::stop);
        world.network().duplicate(0, type -> false);
        cluster.heal();
    }

    /** Waits until all serve, agree, and nobody keeps hints; when it lasts too long the checkers will say what is wrong. */
    private void settle() {
        runUntil(() -> cluster.isReady()
                && cluster.agrees()
                && clients.stream().allMatch(SimulatedClient::isIdle)
                && hints().values().stream().allMatch(count -> count == 0));
        runFor(2 * SECOND);
        if (Objects.requireNonNull(cluster.node(0)).repairs()) {
            awaitConvergence();
        }
        if (nobodyForgets()) {
            stateBeforeReads = finalState();
        }
    }

    /** Nobody reads anything meanwhile: what replicas have missed they find out by comparing. */
    private void awaitConvergence() {
        long until = world.nowNanos() + options.settleSeconds() * SECOND;
        List<Violation> differences = differences();
        while (!differences.isEmpty() && world.nowNanos() < until) {
            runFor(SECOND / 2);
            differences = differences();
        }
        differences.forEach(each ->
                violations.add(new Violation("ConvergenceWithoutReads", each.subject(), each.what(), each.evidence())));
    }

    private List<Violation> differences() {
        FinalState state = finalState();
        return Convergence.check(state, keysAndMembers(state));
    }

    /** Members of sets are read, and mended, by nobody: where replicas do not compare, only hints bring them what they have missed. */
    private Set<String> keysAndMembers(FinalState state) {
        Set<String> names = new TreeSet<>(workload.keys());
        if (!Objects.requireNonNull(cluster.node(0)).repairs() && !nobodyForgets()) {
            return names;
        }
        state.contents().values().forEach(ofNode -> ofNode.keySet().stream().filter(Held::isMember).forEach(names::add));
        return names;
    }

    /** Nor whoever takes a partition over from a node that was away meanwhile, and comes back with a write that it acknowledged alone in a sloppy keyspace: hints are for those who kept the key then. */
    private boolean nobodyForgets() {
        return faults.stream().noneMatch(fault -> fault.kind().canForget() || fault.kind().changesMembers());
    }

    /** Reads every key once by a majority and once from all replicas, each through some node. */
    private void readLast() {
        SimulatedClient client = new SimulatedClient(world, cluster, workload, history, options.clients());
        for (String key : workload.keys()) {
            readLast(client, key, ConsistencyLevel.QUORUM);
            readLast(client, key, ConsistencyLevel.ALL);
        }
    }

    private void readLast(SimulatedClient client, String key, ConsistencyLevel level) {
        List<Operation> over = new ArrayList<>();
        for (int attempt = 0; attempt < LAST_READ_ATTEMPTS; attempt++) {
            over.clear();
            if (client.ask(workload.read(key, level), cluster.drawStaying(random), over::add)) {
                runUntil(() -> !over.isEmpty());
                if (over.getFirst().isOk()) {
                    lastReads.add(over.getFirst());
                    return;
                }
            }
            runFor(SECOND / 2);
        }
        violations.add(new Violation(
                "HealedClusterServes", key, "no read at " + level + " succeeds in " + LAST_READ_ATTEMPTS + " attempts", over));
    }

    private void rest() {
        runFor(2 * SECOND);
        runUntil(() -> hints().values().stream().allMatch(count -> count == 0));
    }

    /** Walks all keys once through some node, now that all replicas have all and nothing changes. */
    private void walk() {
        SimulatedNode node = Objects.requireNonNull(cluster.node(cluster.drawStaying(random)));
        if (!node.canWalk()) {
            return;
        }
        List<@Nullable List<String>> over = new ArrayList<>();
        node.walk(ConsistencyLevel.QUORUM, over::add);
        boolean ended = runUntil(() -> !over.isEmpty());
        walked = ended ? over.getFirst() : null;
        if (walked == null) {
            violations.add(new Violation("HealedClusterServes", "all keys", "a walk over them does not succeed", List.of()));
        }
    }

    private Map<Integer, Long> hints() {
        Map<Integer, Long> hints = new TreeMap<>();
        for (int i = 0; i < cluster.size(); i++) {
            SimulatedNode node = cluster.node(i);
            if (node != null && !cluster.isGone(i)) {
                hints.put(i, node.hintCount());
            }
        }
        return hints;
    }

    // ---- time

    private void runFor(long nanos) {
        long until = world.nowNanos() + nanos;
        while (world.nowNanos() < until) {
            step(Math.min(until, world.nowNanos() + STEP_NANOS));
        }
    }

    /** Lets time pass until {@code condition} holds; false when it has not after the time in which a cluster is to settle. */
    private boolean runUntil(BooleanSupplier condition) {
        long until = world.nowNanos() + options.settleSeconds() * SECOND;
        while (!condition.getAsBoolean()) {
            if (world.nowNanos() >= until) {
                return false;
            }
            step(world.nowNanos() + STEP_NANOS);
        }
        return true;
    }

    private void step(long untilNanos) {
        world.runUntil(untilNanos);
        cluster.observeTopologies();
        for (int i = 0; i < cluster.size(); i++) {
            SimulatedNode node = cluster.node(i);
            if (node != null && node.isReady()) {
                bounds.observe(i, node.gauges());
            }
        }
    }

    // ---- verdicts

    private void check() {
        FinalState state = finalState();
        violations.addAll(NothingInvented.check(history));
        violations.addAll(NothingStale.check(history));
        violations.addAll(ReadsNeverGoBack.check(history));
        violations.addAll(NothingShadowed.check(history, state));
        violations.addAll(NothingAcknowledgedIsLost.check(history, state));
        violations.addAll(SiblingsAreKept.check(history, state));
        violations.addAll(EveryIncrementCounts.check(history, state));
        violations.addAll(Convergence.check(state, keysAndMembers(state)));
        violations.addAll(HintsDrained.check(hints()));
        if (stateBeforeReads != null && !Objects.requireNonNull(cluster.node(0)).repairs()) {
            violations.addAll(HintsReachAllReplicas.check(history, stateBeforeReads));
        }
        violations.addAll(bounds.check());
        List<RingAgreement.Adoption> last = new ArrayList<>();
        Map<Integer, Map<String, Long>> leftovers = new TreeMap<>();
        for (int i = 0; i < cluster.size(); i++) {
            if (cluster.isGone(i)) {
                continue;
            }
            SimulatedNode node = Objects.requireNonNull(cluster.node(i));
            last.add(cluster.adoption(i, node));
            leftovers.put(i, node.leftovers());
        }
        violations.addAll(RingAgreement.check(cluster.adoptions(), last));
        violations.addAll(NothingLeaked.check(leftovers));
        if (walked != null) {
            violations.addAll(WalksMeetEveryKey.check(walked, state));
        }
        if (!hasFaults() && !history.hasClearings()) {
            violations.addAll(NoIncrementIsLost.check(history, state));
        }
    }

    private static Mending mending(long seed) {
        return seed % 2 != 0 ? Mending.HINTS : seed % 6 == 0 ? Mending.REPAIR : Mending.HINTS_AND_REPAIR;
    }

    private boolean isForgotten(String key, Held held, @Nullable Held header) {
        for (int i = 0; i < cluster.size(); i++) {
            SimulatedNode node = cluster.isGone(i) ? null : cluster.node(i);
            if (node != null && node.forgets(key, held, header)) {
                return true;
            }
        }
        return false;
    }

    /**
     * What a node holds of the keys there may be, without what only makes values large; what was cleared counts as deleted then. Left out is what any node knows to be
     * forgotten: it may be dropped at one replica and not yet at another.
     */
    private Map<String, Held> contents(SimulatedNode node) {
        Map<String, Held> contents = new TreeMap<>();
        long clearedHlc = node.clearedThroughHlc();
        Version cleared = clearedHlc == 0 ? null : new Version(clearedHlc, ReplicaData.FLOOR_ACTOR);
        if (cleared != null) {
            workload.keys().forEach(key -> contents.put(key, Held.NOTHING.above(cleared)));
        }
        Map<String, Held> held = node.contents();
        held.forEach((key, ofKey) -> {
            if (isForgotten(key, ofKey, Held.isMember(key) ? held.get(Held.keyOf(key)) : null)) {
                return;
            }
            String value = ofKey.value();
            contents.put(key, ofKey.withValue(value == null ? null : Padding.remove(value)).above(cleared));
        });
        return contents;
    }

    private FinalState finalState() {
        Map<Long, Integer> indexes = new HashMap<>();
        Map<Integer, Map<String, Held>> contents = new TreeMap<>();
        for (int i = 0; i < cluster.size(); i++) {
            if (cluster.isGone(i)) {
                continue;
            }
            SimulatedNode node = Objects.requireNonNull(cluster.node(i));
            indexes.put(node.memberId(), i);
            contents.put(i, contents(node));
        }
        SimulatedNode any = Objects.requireNonNull(cluster.node(cluster.drawStaying(random)));
        Map<String, List<Integer>> replicas = new TreeMap<>();
        for (String key : workload.keys()) {
            List<Integer> ofKey = new ArrayList<>();
            for (long id : any.replicas(key.getBytes(StandardCharsets.UTF_8))) {
                ofKey.add(Objects.requireNonNull(indexes.get(id)));
            }
            replicas.put(key, ofKey);
        }
        return new FinalState(replicas, contents, lastReads, cluster.highestWallMillis());
    }
}
