/**
 * What stands between commands and the storage of all nodes. Empty itself. Its rooms, each knowing only those before it or none:
 *
 * <ul>
 *   <li>{@code clock}, {@code flaw}, {@code message}: versions' time, planted mistakes, bytes between nodes;
 *   <li>{@code topology}, {@code ring}: who belongs to the cluster and who owns what; {@code transport}: links, timers, requests under way;
 *   <li>{@code register}, {@code membership}: how the topology changes; {@code gossip}: who is alive; {@code hint}: what a member has missed;
 *   <li>{@code settle}: what replicas may forget; {@code replica}, {@code quorum}, {@code coordinator}: from what one node holds to what a command sees;
 *   <li>{@code antientropy}, {@code transfer}: replicas made equal, partitions that change hands;
 *   <li>{@code node} puts them together.
 * </ul>
 *
 * <p>Knows the engine; no sockets, no Redis protocol, no threads of its own: messages and timers drive it, so that a simulation can run many nodes in one thread. Start reading at {@link
 * io.ringtail.cluster.coordinator.DataSession}; {@code docs/architecture.md} has the picture.
 */
@NullMarked
package io.ringtail.cluster;

import org.jspecify.annotations.NullMarked;
