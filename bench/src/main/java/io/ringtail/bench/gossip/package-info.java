/**
 * Gossip among up to a thousand nodes, in one thread and simulated time, from a seed: how fast news reaches all, what
 * it costs, and how often a live node is suspected when messages are lost.
 *
 * <p>May import {@code cluster}, all of it production code but for the wires and the clocks. Start reading at {@link
 * io.ringtail.bench.gossip.GossipSimulation}.
 */
@NullMarked
package io.ringtail.bench.gossip;

import org.jspecify.annotations.NullMarked;
