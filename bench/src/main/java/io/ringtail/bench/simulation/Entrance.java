package io.ringtail.bench.simulation;

import io.ringtail.bench.simulation.world.SimulatedLoop;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.engine.record.Context;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Where clients' connections to a node end: one of its loops. Requests are made in turns of {@link #loop}; each is answered exactly once, now or in a later turn, unless the node crashes. */
public interface Entrance {
    SimulatedLoop loop();

    void read(byte[] key, ConsistencyLevel level, Answer answer);

    /** @param expireAtMillis when it ends by the clock of a node, 0 for never */
    void write(byte[] key, byte[] value, long expireAtMillis, ConsistencyLevel level, Answer answer);

    /** Writes several keys as one command does; answered when all are written. Each key has a value. */
    void writeAll(List<byte[]> keys, List<byte[]> values, ConsistencyLevel level, Answer answer);

    void delete(byte[] key, ConsistencyLevel level, Answer answer);

    /** Sets when the key ends. */
    void expire(byte[] key, long expireAtMillis, ConsistencyLevel level, Answer answer);

    /** Adds one to the decimal number under the key, nothing counting as 0. */
    void increment(byte[] key, ConsistencyLevel level, Answer answer);

    /** Reads all siblings; of nodes that keep them. */
    default void readSiblings(byte[] key, ConsistencyLevel level, Answer answer) {
        throw new UnsupportedOperationException("no siblings are kept here");
    }

    /**
     * Writes beside what {@code seen} has not seen; likewise.
     *
     * @param value null deletes
     * @param expireAtMillis when it ends by the clock of a node, 0 for never
     * @param seen null for all that the node which carries it out has seen
     */
    default void writeSibling(
            byte[] key, byte @Nullable [] value, long expireAtMillis, @Nullable Context seen, ConsistencyLevel level, Answer answer) {
        throw new UnsupportedOperationException("no siblings are kept here");
    }

    /** Sets when the siblings end that are there, and tells which; refused when there are none. */
    default void expireSiblings(byte[] key, long expireAtMillis, ConsistencyLevel level, Answer answer) {
        throw new UnsupportedOperationException("no siblings are kept here");
    }

    /** Reads all members of a set; of nodes that keep sets. */
    default void readSet(byte[] key, ConsistencyLevel level, Answer answer) {
        throw new UnsupportedOperationException("no sets are kept here");
    }

    /** Adds a member to a set; likewise. */
    default void addMember(byte[] key, byte[] member, ConsistencyLevel level, Answer answer) {
        throw new UnsupportedOperationException("no sets are kept here");
    }

    /** Removes a member, or the whole set when it is null; refused when there is nothing to be removed. */
    default void removeMember(byte[] key, byte @Nullable [] member, ConsistencyLevel level, Answer answer) {
        throw new UnsupportedOperationException("no sets are kept here");
    }

    /** Deletes every key there is. */
    void clear(Answer answer);
}
