package io.ringtail.bench.simulation.world;

import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.function.IntPredicate;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * What lies between machines: who can hear whom, how late, and which links break. Links themselves keep the promise of {@code Transport}: each message once, in
 * order, or the link breaks; but one link may overtake another, and what was on its way when a link broke may have arrived or not.
 *
 * <p>A cut loses nothing by itself: as with TCP, what was sent waits, and arrives late when the cut ends before the link has been given up.
 *
 * <p>Made by the {@link SimulatedWorld}. Confined to its thread.
 */
public final class SimulatedNetwork {
    private static final long MIN_LATENCY_NANOS = 100_000;
    private static final long JITTER_NANOS = 400_000;
    /** One batch in so many is held up for longer. */
    private static final int HELD_UP_ONE_IN = 100;

    private static final long HELD_UP_NANOS = 20_000_000;
    /** How long a silent link lasts: at least, and how much longer at most. */
    private static final long GIVEN_UP_MIN_NANOS = 1_000_000_000;

    private static final long GIVEN_UP_SPREAD_NANOS = 1_500_000_000;
    private static final long MEMBERS_MAX = 1024;

    private final SimulatedWorld world;
    private final RandomGenerator random;
    private final Map<String, TreeMap<Integer, SimulatedTransport>> listening = new HashMap<>();
    private final Set<SimulatedLink> links = new LinkedHashSet<>();
    /** Pairs (from, to) that cannot be heard. */
    private final BitSet cuts = new BitSet();
    /** What is added to the latency, at most, of a pair (from, to). */
    private final Map<Integer, Long> slowness = new HashMap<>();

    private double duplicateProbability;
    private IntPredicate mayBeDuplicated = type -> false;
    private long messages;
    private long batches;
    private long bytes;

    SimulatedNetwork(SimulatedWorld world) {
        this.world = world;
        this.random = world.newRandom();
    }

    // ---- for nodes

    /**
     * Opens a loop's links, and listens for others' at the machine's address. It is silent until {@link SimulatedTransport#start}.
     *
     * @param kind which loops talk to each other: 0 the control loop, from 1 on the loops for data; when the other side has fewer of these they are shared
     */
    public SimulatedTransport open(SimulatedLoop loop, int kind, long memberId) {
        SimulatedTransport transport = new SimulatedTransport(this, loop, kind, memberId);
        String address = address(loop.machine().host(), SimulatedMachine.NODE_PORT);
        listening.computeIfAbsent(address, unused -> new TreeMap<>()).put(kind, transport);
        return transport;
    }

    static String address(String host, int port) {
        return host + ":" + port;
    }

    /** Who answers at an address now; null when nobody does. */
    @Nullable SimulatedTransport answering(SimulatedMachine from, String host, int port, int kind) {
        TreeMap<Integer, SimulatedTransport> transports = listening.get(address(host, port));
        if (transports == null || transports.isEmpty()) {
            return null;
        }
        SimulatedTransport found = transports.get(kind);
        if (found == null && kind > 0 && transports.lastKey() > 0) {
            found = transports.get(1 + (kind - 1) % transports.lastKey());
        }
        if (found == null || !found.isStarted() || !canTalk(from, found.loop().machine())) {
            return null;
        }
        return found;
    }

    void established(SimulatedLink link) {
        links.add(link);
    }

    SimulatedWorld world() {
        return world;
    }

    RandomGenerator random() {
        return random;
    }

    // ---- how messages travel

    /** When something sent now arrives. */
    long arrivalNanos(SimulatedMachine from, SimulatedMachine to) {
        long latency = MIN_LATENCY_NANOS + random.nextLong(JITTER_NANOS);
        if (random.nextInt(HELD_UP_ONE_IN) == 0) {
            latency += random.nextLong(HELD_UP_NANOS);
        }
        Long slow = slowness.isEmpty() ? null : slowness.get(pair(from, to));
        if (slow != null) {
            latency += random.nextLong(slow);
        }
        return world.nowNanos() + latency;
    }

    void sent(int messageCount, int byteCount) {
        messages += messageCount;
        batches++;
        bytes += byteCount;
    }

    /** Whether a request of that type is to arrive once more. */
    boolean arrivesTwice(int type) {
        return duplicateProbability > 0 && mayBeDuplicated.test(type) && random.nextDouble() < duplicateProbability;
    }

    public long messages() {
        return messages;
    }

    /** Times that messages were put on a link: those of one turn for one peer go together. */
    public long batches() {
        return batches;
    }

    public long bytes() {
        return bytes;
    }

    // ---- bad luck

    private static int pair(SimulatedMachine from, SimulatedMachine to) {
        return (int) (from.index() * MEMBERS_MAX + to.index());
    }

    /** Whether nothing sent from the one arrives at the other. */
    public boolean isCut(SimulatedMachine from, SimulatedMachine to) {
        return cuts.get(pair(from, to));
    }

    /** From now on nothing that {@code from} sends arrives at {@code to}, or everything does again. */
    public void cut(SimulatedMachine from, SimulatedMachine to, boolean cut) {
        cuts.set(pair(from, to), cut);
        reachabilityChanged();
    }

    /** Adds a random delay of up to so much to what {@code from} sends to {@code to}; 0 for none. */
    public void slow(SimulatedMachine from, SimulatedMachine to, long nanos) {
        if (nanos == 0) {
            slowness.remove(pair(from, to));
        } else {
            slowness.put(pair(from, to), nanos);
        }
    }

    /** Breaks all links between two machines, as a connection reset does. */
    public void breakLinks(SimulatedMachine one, SimulatedMachine other) {
        for (SimulatedLink link : List.copyOf(links)) {
            if (link.isBetween(one, other)) {
                link.breakNow();
            }
        }
    }

    /**
     * Has requests arrive a second time later on, beyond what a link does, as they may when a sender tries again on another link: the answers to these lead nowhere.
     *
     * @param mayBeDuplicated by the first byte of the message
     */
    public void duplicate(double probability, IntPredicate mayBeDuplicated) {
        this.duplicateProbability = probability;
        this.mayBeDuplicated = mayBeDuplicated;
    }

    private boolean canTalk(SimulatedMachine one, SimulatedMachine other) {
        return one.isRunning() && other.isRunning() && !isCut(one, other) && !isCut(other, one);
    }

    /** To be called when a cut begins or ends, or a machine stops or goes on. */
    void reachabilityChanged() {
        links.removeIf(SimulatedLink::isOver);
        for (SimulatedLink link : new ArrayList<>(links)) {
            SimulatedLoop from = link.initiator().loop();
            SimulatedLoop to = link.acceptor().loop();
            if (!canTalk(from.machine(), to.machine())) {
                link.audible(false);
            } else if (from.isAlive() && to.isAlive()) {
                link.audible(true);
            } else {
                // A machine that is up again says that it knows nothing of the connection.
                link.breakNow();
            }
        }
    }

    /** How long a link that has fallen silent now is kept. */
    long patienceNanos() {
        return GIVEN_UP_MIN_NANOS + random.nextLong(GIVEN_UP_SPREAD_NANOS);
    }

    void crashed(SimulatedMachine machine, boolean withoutAWord) {
        listening.remove(address(machine.host(), SimulatedMachine.NODE_PORT));
        if (!withoutAWord) {
            for (SimulatedLink link : List.copyOf(links)) {
                SimulatedMachine one = link.initiator().loop().machine();
                SimulatedMachine other = link.acceptor().loop().machine();
                if ((one == machine || other == machine) && !isCut(machine, one == machine ? other : one)) {
                    link.breakNow();
                }
            }
        }
        reachabilityChanged();
    }
}
