/**
 * Reading and writing at a quorum of replicas: what a coordinator does for one key. {@code WriteOperation} and {@code ReadOperation} are the state of one and count; {@code Writes} and {@code Reads} send, in batches by member, and act on the counts; {@code Walks} asks for pages of keys, {@code Clearing} makes
 * a database void everywhere. Driven by messages and timers alone; all of it is one loop's.
 *
 * <p>Uses {@code cluster.replica} for what this node holds itself, {@code cluster.ring}, {@code cluster.topology}, {@code cluster.message}, {@code cluster.transport}, {@code cluster.flaw} and the engine. What it promises is in {@code docs/consistency.md}.
 *
 * <p>A consensus per key, for linearizable operations, would be a third kind of operation beside {@link io.ringtail.cluster.quorum.WriteOperation} and {@link
 * io.ringtail.cluster.quorum.ReadOperation}, over the same batches.
 *
 * <p>Start reading at {@link io.ringtail.cluster.quorum.Quorums}, then {@code WriteOperation} and {@code Writes}.
 */
@NullMarked
package io.ringtail.cluster.quorum;

import org.jspecify.annotations.NullMarked;
