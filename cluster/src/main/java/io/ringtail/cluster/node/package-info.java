/**
 * One node of a cluster, put together: what its loops share, what its control loop does, and what each of its event loops has. Wires and decides little; a server
 * gives it sockets and files, a simulation a queue of events.
 *
 * <p>May use every package of the module. Start reading at {@link io.ringtail.cluster.node.ClusterNode}.
 */
@NullMarked
package io.ringtail.cluster.node;

import org.jspecify.annotations.NullMarked;
