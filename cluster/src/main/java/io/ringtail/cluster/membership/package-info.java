/**
 * How a node becomes and stays a member: starting, joining, changing the topology, spreading it, and telling the rest of the node which ring is in force. Confined to
 * the control loop but for what it publishes.
 *
 * <p>Uses {@code cluster.register}, which decides; {@code cluster.topology} and {@code cluster.ring}; {@code cluster.transport} and {@code cluster.message}, to talk to
 * others; {@code cluster.flaw}. Start reading at {@link io.ringtail.cluster.membership.Membership}.
 */
@NullMarked
package io.ringtail.cluster.membership;

import org.jspecify.annotations.NullMarked;
