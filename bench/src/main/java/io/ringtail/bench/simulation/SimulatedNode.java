package io.ringtail.bench.simulation;

import io.ringtail.bench.simulation.check.Gauge;
import io.ringtail.bench.simulation.check.Held;
import io.ringtail.bench.simulation.world.SimulatedLoop;
import io.ringtail.cluster.topology.ConsistencyLevel;
import java.util.List;
import java.util.Map;

/**
 * One life of a node in a simulation: what {@link Simulation} starts, asks, kills and looks into. After a crash another one is made on the same machine, with the
 * machine's disk as it then is.
 *
 * <p>Requests are made in turns of {@link #loop}; each is answered exactly once, now or in a later turn, unless the node crashes. The rest is called between
 * turns.
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

    /** The loop that clients' connections belong to. */
    SimulatedLoop loop();

    long memberId();

    // ---- what clients ask for

    void read(byte[] key, ConsistencyLevel level, Answer answer);

    /** @param expireAtMillis when it ends by the clock of a node, 0 for never */
    void write(byte[] key, byte[] value, long expireAtMillis, ConsistencyLevel level, Answer answer);

    void delete(byte[] key, ConsistencyLevel level, Answer answer);

    /** Sets when the key ends. */
    void expire(byte[] key, long expireAtMillis, ConsistencyLevel level, Answer answer);

    /** Adds one to the decimal number under the key, nothing counting as 0. */
    void increment(byte[] key, ConsistencyLevel level, Answer answer);

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
}
