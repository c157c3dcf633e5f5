/**
 * Consensus on the next topology: one decision by Paxos for each epoch, voted on by the members of the epoch before. State machines without clock, thread or
 * network: messages go in, messages come out. What a node has promised is on its disk before anybody hears of it.
 *
 * <p>Uses {@code cluster.topology}, what is decided on; {@code cluster.message}, the form it is kept in; {@code engine.io}, the file it is kept in; and {@code
 * cluster.flaw}. Start reading at {@link io.ringtail.cluster.register.TopologyProposer}, whose comment says why it is safe.
 */
@NullMarked
package io.ringtail.cluster.register;

import org.jspecify.annotations.NullMarked;
