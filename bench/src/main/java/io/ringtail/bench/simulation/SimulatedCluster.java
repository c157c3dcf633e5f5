package io.ringtail.bench.simulation;

import io.ringtail.bench.simulation.check.RingAgreement;
import io.ringtail.bench.simulation.world.SimulatedMachine;
import io.ringtail.bench.simulation.world.SimulatedNetwork;
import io.ringtail.bench.simulation.world.SimulatedWorld;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.engine.io.DiskFullException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.random.RandomGenerator;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/**
 * The machines of one run and the nodes that live on them, one after another: starts them, and does to them what a {@link Fault} says.
 *
 * <p>Faults of one machine may overlap: what is done to a dead node does nothing, and the last to end a fault ends it. Confined to the world's thread.
 */
final class SimulatedCluster {
    private static final int MAX_NODES = 8;
    private static final int STAYING_MIN = 3;

    /** Between the starts of two nodes, at most. */
    private static final long START_SPREAD_MILLIS = 300;

    /** Between two attempts to start where there is no room. */
    private static final long RESTART_NANOS = 500_000_000;

    /** Between two breaks of flapping links, at most. */
    private static final long FLAP_MAX_NANOS = 800_000_000;

    private final SimulatedWorld world;
    private final RandomGenerator random;
    private final NodeFactory factory;
    private final SimulationOptions options;
    private final List<Keyspace> keyspaces;
    private final List<Integer> leastMembers;
    private final int dataLoops;
    private final Mending mending;
    private final List<List<String>> contacts = new ArrayList<>();
    private final List<SimulatedNode> nodes = new ArrayList<>();
    private final List<Runnable> crashListeners = new ArrayList<>();
    private final List<RingAgreement.Adoption> adoptions = new ArrayList<>();
    private boolean started;
    private long skewMaxMillis;
    /** Those that were told to go: when they are no members any more, nothing is expected of them. */
    private final Set<Integer> sentAway = new HashSet<>();

    /**
     * @param leastMembers by data center, so many stay; empty for any number
     * @param dataLoops of each node
     * @param mending of all nodes
     */
    SimulatedCluster(
            SimulatedWorld world,
            NodeFactory factory,
            SimulationOptions options,
            List<Keyspace> keyspaces,
            List<Integer> leastMembers,
            int dataLoops,
            Mending mending) {
        this.world = world;
        this.random = world.newRandom();
        this.factory = factory;
        this.options = options;
        this.keyspaces = keyspaces;
        this.leastMembers = leastMembers;
        this.dataLoops = dataLoops;
        this.mending = mending;
    }

    /** Adds machines and starts a node on each, the first before all others. */
    void start(int count, long skewMax) {
        skewMaxMillis = skewMax;
        for (int i = 0; i < count; i++) {
            addMachine();
        }
        for (SimulatedMachine machine : world.machines()) {
            contacts.add(drawContacts(machine.index()));
        }
        for (SimulatedMachine machine : world.machines()) {
            nodes.add(factory.create(setup(machine)));
        }
        long spread = 1 + random.nextLong(START_SPREAD_MILLIS);
        long delay = 0;
        for (SimulatedNode node : nodes) {
            world.afterMillis(delay, node::start);
            delay += random.nextLong(spread);
        }
        world.afterMillis(delay, () -> started = true);
    }

    private SimulatedMachine addMachine() {
        long skew = skewMaxMillis == 0 ? 0 : random.nextLong(-skewMaxMillis, skewMaxMillis);
        return world.addMachine(skew, (random.nextDouble() - 0.5) / 1000);
    }

    // ---- members that come and go

    private void join() {
        if (nodes.size() >= MAX_NODES || !nodes.getFirst().canChangeMembers()) {
            return;
        }
        SimulatedMachine machine = addMachine();
        // Of one or two alone all might have gone by then.
        contacts.add(world.machines().stream().filter(other -> other != machine).map(SimulatedMachine::host).toList());
        SimulatedNode node = factory.create(setup(machine));
        nodes.add(node);
        node.start();
    }

    /** Has a node go, if enough stay that quorums are what they were. */
    private void leave(int index) {
        if (nodes.size() - sentAway.size() <= STAYING_MIN || sentAway.contains(index) || isNeededInDatacenter(index)) {
            return;
        }
        SimulatedNode other = anotherThan(index);
        if (other != null && nodes.get(index).isReady()) {
            sentAway.add(index);
            other.sendAway(nodes.get(index).memberId());
        }
    }

    private boolean isNeededInDatacenter(int index) {
        int datacenter = Workload.datacenterOf(index);
        if (datacenter >= leastMembers.size()) {
            return false;
        }
        long others = IntStream.range(0, nodes.size())
                .filter(i -> i != index && Workload.datacenterOf(i) == datacenter && !sentAway.contains(i))
                .filter(i -> machine(i).isOn() && nodes.get(i).isReady())
                .count();
        return others < leastMembers.get(datacenter);
    }

    private void reweigh(int index, int weight) {
        SimulatedNode other = anotherThan(index);
        if (other != null) {
            other.reweigh(nodes.get(index).memberId(), weight);
        }
    }

    private @Nullable SimulatedNode anotherThan(int index) {
        for (int i = 1; i <= nodes.size(); i++) {
            SimulatedNode node = node((index + i) % nodes.size());
            if (node != null && node.isReady() && node.canChangeMembers()) {
                return node;
            }
        }
        return null;
    }

    /** Whether a node has gone, as it was told, and knows it or is not asked any more. */
    boolean isGone(int index) {
        return sentAway.contains(index) && !isMemberForOthers(index);
    }

    private boolean isMemberForOthers(int index) {
        for (int i = 0; i < nodes.size(); i++) {
            SimulatedNode node = node(i);
            if (i != index && node != null && node.isReady() && !sentAway.contains(i) && node.knows(nodes.get(index).memberId())) {
                return true;
            }
        }
        return false;
    }

    /** A node that is there for good. */
    int drawStaying(RandomGenerator from) {
        int index = from.nextInt(nodes.size());
        while (sentAway.contains(index)) {
            index = (index + 1) % nodes.size();
        }
        return index;
    }

    private NodeFactory.Setup setup(SimulatedMachine machine) {
        return new NodeFactory.Setup(
                machine,
                contacts.get(machine.index()),
                world.machines().size(),
                dataLoops,
                keyspaces,
                (epoch, fingerprint) -> adopted(machine, epoch, fingerprint),
                mending,
                options.flaws());
    }

    /** One or two of the nodes that start before: so some join by one member and some by another. */
    private List<String> drawContacts(int index) {
        List<String> drawn = new ArrayList<>();
        for (int i = 0; index > 0 && i < 1 + random.nextInt(2); i++) {
            drawn.add(machine(random.nextInt(index)).host());
        }
        return drawn;
    }

    int size() {
        return nodes.size();
    }

    SimulatedMachine machine(int index) {
        return world.machines().get(index);
    }

    /** The node that lives on a machine; null while it is off. */
    @Nullable SimulatedNode node(int index) {
        return machine(index).isOn() ? nodes.get(index) : null;
    }

    /** Whether every node has been started, is on, and serves. */
    boolean isReady() {
        if (!started) {
            return false;
        }
        for (int i = 0; i < nodes.size(); i++) {
            SimulatedNode node = node(i);
            if (!isGone(i) && (node == null || !node.isReady() || !node.isSettled())) {
                return false;
            }
        }
        return true;
    }

    /** Whether all nodes that are on, and have not gone, have the same topology. */
    boolean agrees() {
        Set<String> topologies = new HashSet<>();
        for (int i = 0; i < nodes.size(); i++) {
            SimulatedNode node = node(i);
            if (node != null && !isGone(i)) {
                topologies.add(node.epoch() + " " + node.topologyFingerprint());
            }
        }
        return topologies.size() == 1;
    }

    /** The latest time any clock has shown. */
    long highestWallMillis() {
        long highest = 0;
        for (SimulatedMachine machine : world.machines()) {
            highest = Math.max(highest, machine.clock().highestMillis());
        }
        return highest;
    }

    /** Has {@code listener} told that some node has died, which {@link #node} then shows. */
    void onCrash(Runnable listener) {
        crashListeners.add(listener);
    }

    private void adopted(SimulatedMachine machine, long epoch, String fingerprint) {
        adoptions.add(new RingAgreement.Adoption(machine.index(), machine.life(), epoch, fingerprint));
    }

    /** Looks at the topology of every node, now and then: whether it is what the node has said it is. */
    void observeTopologies() {
        for (int i = 0; i < nodes.size(); i++) {
            SimulatedNode node = node(i);
            if (node != null && node.isReady()) {
                adoptions.add(adoption(i, node));
            }
        }
    }

    /** Every topology that a node has taken, in the order in which they did. */
    List<RingAgreement.Adoption> adoptions() {
        return adoptions;
    }

    RingAgreement.Adoption adoption(int index, SimulatedNode node) {
        return new RingAgreement.Adoption(index, machine(index).life(), node.epoch(), node.topologyFingerprint());
    }

    // ---- bad luck

    /** Does what the fault says, and has it undone when its time is over. */
    void suffer(Fault fault) {
        SimulatedMachine machine = machine(fault.node());
        SimulatedMachine other = machine(fault.other());
        SimulatedNetwork network = world.network();
        switch (fault.kind()) {
            case CRASH -> crash(fault.node(), fault.durationNanos(), false);
            case POWER_LOSS -> crash(fault.node(), fault.durationNanos(), true);
            case DATACENTER_DEATH -> {
                for (int i = 0; i < nodes.size(); i++) {
                    if (Workload.datacenterOf(i) == Workload.datacenterOf(fault.node())) {
                        crash(i, fault.durationNanos(), (fault.amount() & 1) == 1);
                    }
                }
            }
            case DATACENTER_CUT -> {
                long side = datacenterMask(Workload.datacenterOf(fault.node()));
                partition(side, true);
                world.after(fault.durationNanos(), () -> partition(side, false));
            }
            case PAUSE -> machine.pause(fault.durationNanos());
            case PARTITION -> {
                partition(fault.amount(), true);
                world.after(fault.durationNanos(), () -> partition(fault.amount(), false));
            }
            case CUT_ONE_WAY -> {
                network.cut(machine, other, true);
                world.after(fault.durationNanos(), () -> network.cut(machine, other, false));
            }
            case BREAK_LINKS -> network.breakLinks(machine, other);
            case SLOW_LINK -> {
                network.slow(machine, other, fault.amount());
                world.after(fault.durationNanos(), () -> network.slow(machine, other, 0));
            }
            case SLOW_SENDER -> {
                slowSender(machine, fault.amount());
                world.after(fault.durationNanos(), () -> slowSender(machine, 0));
            }
            case FLAPPING -> flap(machine, fault.amount(), world.nowNanos() + fault.durationNanos());
            case SLOW_NODE -> {
                machine.slowness(fault.amount());
                world.after(fault.durationNanos(), () -> machine.slowness(0));
            }
            case CLOCK_JUMP -> machine.clock().jump(fault.amount());
            case CLOCK_FAR_AHEAD -> {
                machine.clock().jump(fault.amount());
                world.after(fault.durationNanos(), () -> machine.clock().jump(-fault.amount()));
            }
            case RESHARE -> reweigh(fault.node(), (int) fault.amount());
            case JOIN -> join();
            case LEAVE -> leave(fault.node());
            case DISK_STALL -> machine.stallDisk(fault.durationNanos());
            case DISK_FULL -> {
                machine.diskFull(true);
                world.after(fault.durationNanos(), () -> machine.diskFull(false));
            }
        }
    }

    private void flap(SimulatedMachine machine, long slowness, long untilNanos) {
        boolean goesOn = world.nowNanos() < untilNanos;
        for (SimulatedMachine other : world.machines()) {
            if (other != machine) {
                world.network().slow(machine, other, goesOn ? slowness : 0);
                world.network().slow(other, machine, goesOn ? slowness : 0);
                if (goesOn && random.nextBoolean()) {
                    world.network().breakLinks(machine, other);
                }
            }
        }
        if (goesOn) {
            long pause = 1 + random.nextLong(FLAP_MAX_NANOS);
            world.after(Math.min(pause, untilNanos - world.nowNanos()), () -> flap(machine, slowness, untilNanos));
        }
    }

    private void slowSender(SimulatedMachine machine, long nanos) {
        for (SimulatedMachine other : world.machines()) {
            if (other != machine) {
                world.network().slow(machine, other, nanos);
            }
        }
    }

    private void partition(long side, boolean cut) {
        for (SimulatedMachine one : world.machines()) {
            for (SimulatedMachine other : world.machines()) {
                if (((side >>> one.index()) & 1) != ((side >>> other.index()) & 1)) {
                    world.network().cut(one, other, cut);
                }
            }
        }
    }

    /** The machines of a data center, those too that may be added, as bits. */
    private static long datacenterMask(int datacenter) {
        long mask = 0;
        for (int i = 0; i < MAX_NODES; i++) {
            mask |= Workload.datacenterOf(i) == datacenter ? 1L << i : 0;
        }
        return mask;
    }

    private void crash(int index, long nanos, boolean powerLoss) {
        SimulatedMachine machine = machine(index);
        if (!machine.isOn()) {
            return;
        }
        machine.crash(powerLoss);
        nodes.get(index).crash();
        crashListeners.forEach(Runnable::run);
        world.after(nanos, () -> restart(machine));
    }

    /** Starts the process again; where its disk is full, again and again, as a supervisor does. Any other failure to start is a failure of the run. */
    private void restart(SimulatedMachine machine) {
        if (machine.isOn()) {
            return;
        }
        machine.switchOn();
        try {
            SimulatedNode next = factory.create(setup(machine));
            nodes.set(machine.index(), next);
            next.start();
        } catch (UncheckedIOException e) {
            if (!(e.getCause() instanceof DiskFullException)) {
                throw e;
            }
            machine.crash(false);
            world.after(RESTART_NANOS, () -> restart(machine));
        }
    }

    /** Ends what may have outlasted its time because faults overlapped. */
    void heal() {
        for (SimulatedMachine machine : world.machines()) {
            machine.slowness(0);
            machine.diskFull(false);
            for (SimulatedMachine other : world.machines()) {
                world.network().slow(machine, other, 0);
                if (world.network().isCut(machine, other)) {
                    world.network().cut(machine, other, false);
                }
            }
        }
    }

    void close() {
        for (int i = 0; i < nodes.size(); i++) {
            SimulatedNode node = node(i);
            if (node != null) {
                node.close();
            }
        }
    }
}
