/**
 * What commands see of the data, wherever they are. {@code LocalSession} is the data of a node alone; {@code ClusterSession} is an event loop's way to those of a cluster, which has what a command reads fetched before the command is run again, and writes at a quorum; {@code WaitingSession} is a worker's, which waits. {@code
 * CommandContext} is what a client's command needs of this from one run to the next, {@code SlotLocks} has commands that read and then write carried out one after another, {@code ClusterWalk} walks the keys of all nodes.
 *
 * <p>Uses {@code cluster.quorum}, {@code cluster.replica} for the clock and pages of keys, {@code cluster.ring}, {@code cluster.topology}, {@code cluster.transport}, {@code cluster.message}, {@code cluster.clock} and the engine. Start reading at {@link
 * io.ringtail.cluster.coordinator.DataSession}, then {@link io.ringtail.cluster.coordinator.LocalSession}, then {@link io.ringtail.cluster.coordinator.ClusterSession}.
 */
@NullMarked
package io.ringtail.cluster.coordinator;

import org.jspecify.annotations.NullMarked;
