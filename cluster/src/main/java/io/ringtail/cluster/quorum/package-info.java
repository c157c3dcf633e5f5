/**
 * Reading and writing at a quorum of replicas: what a coordinator does for one key. Counting is in the operations, sending in batches, both driven by messages and
 * timers alone. Uses {@code cluster.replica} for what this node holds itself, {@code cluster.ring}, {@code cluster.topology}, {@code cluster.message} and
 * {@code cluster.transport}.
 *
 * <p>A consensus per key, for linearizable operations, would be a third kind of operation beside {@link io.ringtail.cluster.quorum.WriteOperation} and {@link
 * io.ringtail.cluster.quorum.ReadOperation}, over the same batches.
 *
 * <p>Start reading at {@link io.ringtail.cluster.quorum.Quorums}.
 */
@NullMarked
package io.ringtail.cluster.quorum;

import org.jspecify.annotations.NullMarked;
