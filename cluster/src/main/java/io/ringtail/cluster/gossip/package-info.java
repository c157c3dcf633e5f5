/**
 * Who is alive. Once a period each node counts its heartbeat on and tells a few others, drawn at random, what it has
 * heard of everybody; whose heartbeat stands still for too long is suspected, and down when a second node says so as
 * well. How it works and what it costs is in {@code docs/gossip.md}.
 *
 * <p>{@code HeartbeatDigest}, {@code GossipView}, {@code GossipMessage}, {@code PhiAccrualDetector} and {@code
 * ClockSamples} are pure; {@code Gossiper} is what has timers and talks. Uses {@code cluster.message}, {@code
 * cluster.transport}, {@code cluster.topology} and {@code cluster.clock}.
 *
 * <p>Start reading at {@link io.ringtail.cluster.gossip.Gossiper}.
 */
@NullMarked
package io.ringtail.cluster.gossip;

import org.jspecify.annotations.NullMarked;
