package io.ringtail.bench.simulation;

import io.ringtail.bench.simulation.check.Gauge;
import io.ringtail.bench.simulation.check.Held;
import io.ringtail.cluster.topology.ConsistencyLevel;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * One life of a node in a simulation: what {@link Simulation} starts, asks, kills and looks into. After a crash another one is made on the same machine, with the
 * machine's disk as it then is.
 *
 * <p>Clients' requests are made at an {@link Entrance}. The rest is called between turns.
 */
public interface SimulatedNode {
    /** Opens what is on the disk, listens, joins. */
    void start();

    /**
     * The process has been killed: its loops run no more, its links are broken, its {@linkplain io.ringtail.bench.simulation.world.SimulatedMachine#disk disk} has been
     * replaced by what is left of it. Frees memory and ends threads, without effect on anything.
     */
    void crash();

    /** The run is over: closes everything. */
    void close();

    /** Whether it is a member of the cluster and serves. */
    boolean isReady();

    /** Where a client is let in: each has its own number, and clients are spread over the loops by it. */
    Entrance entrance(int client);

    long memberId();

    /** Whether it compares with other replicas what it holds, and mends what differs, without being asked. */
    boolean repairs();
    /** Whether it takes {@link #reweigh} and {@link #sendAway}, and others may join. */
    default boolean canChangeMembers() {
        return false;
    }

    /** Asks for a member to be given another weight; nothing comes of it where that cannot be. */
    default void reweigh(long memberId, int weight) {}

    /** Asks for a member to hand over all that it owns and to go. */
    default void sendAway(long memberId) {}

    /** Whether it knows a node to be a member. */
    default boolean knows(long memberId) {
        return true;
    }

    /** Whether, as this node knows it, all is with whom it should be and nobody is about to go. */
    default boolean isSettled() {
        return true;
    }

    // ---- what checkers ask for

    /** The ids of the members that a key is on, as this node's topology has it. */
    List<Long> replicas(byte[] key);

    /** The epoch of this node's topology. */
    long epoch();

    /** Equal for equal topologies only. */
    String topologyFingerprint();

    /** Hints it keeps for others. */
    long hintCount();

    /** Whatever is bounded. */
    List<Gauge> gauges();

    /** What has to be none when nobody asks for anything: calls pending, locks held, sessions. */
    Map<String, Long> leftovers();

    /** Everything its store holds of clients' keys, tombstones too. */
    Map<String, Held> contents();

    /**
     * Whether this node knows that all replicas are past what a record of this kind could hide, so that some may have it and some not.
     *
     * @param header of a member of a set, what is held of the set's key where it is held; null when nothing is
     */
    default boolean forgets(String key, Held held, @Nullable Held header) {
        return false;
    }

    /** The hybrid time up to which everything was cleared here; 0 for never. */
    long clearedThroughHlc();

    /** Whether {@link #walk} can be asked for. */
    boolean canWalk();

    /**
     * Walks all live keys of the cluster.
     *
     * @param whenOver told the keys in the order in which they were met, or null when the walk failed
     */
    void walk(ConsistencyLevel level, Consumer<@Nullable List<String>> whenOver);
}
