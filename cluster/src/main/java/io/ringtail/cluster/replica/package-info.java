/**
 * What a replica does for the coordinators of its keys: merges what they send, reads what they ask for, and says honestly what it holds. And the clock that a node's versions are made by.
 *
 * <p>Uses the engine, {@code cluster.message}, {@code cluster.transport}, {@code cluster.ring}, {@code cluster.clock} and {@code cluster.flaw}. Start reading at {@link
 * io.ringtail.cluster.replica.Replica}; {@link io.ringtail.cluster.replica.ReplicaData} is what a coordinator has of its own node.
 */
@NullMarked
package io.ringtail.cluster.replica;

import org.jspecify.annotations.NullMarked;
