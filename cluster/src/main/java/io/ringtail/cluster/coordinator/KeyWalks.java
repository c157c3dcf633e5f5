package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.topology.ConsistencyLevel;
import org.jspecify.annotations.Nullable;

/** Walks over the keys of a whole cluster. Safe for concurrent use; only threads that may wait call it. */
@FunctionalInterface
public interface KeyWalks {
    /**
     * The live keys of a database with tokens in {@code [fromToken, throughToken]}, unsigned and inclusive, in ring order, each once. The records have no values. A failure is
     * thrown from {@code next} as a {@link io.ringtail.cluster.quorum.QuorumException}.
     *
     * @param level how many replicas of each stretch are asked; null is what the keyspace says
     */
    ClusterWalk walk(int database, long fromToken, long throughToken, @Nullable ConsistencyLevel level, long nowMillis);
}
