/**
 * What the cluster needs of the world and is handed in: links to other members, timers, threads for what blocks. In a server these are sockets and event loops,
 * in a simulation a queue of events and a seed. Interfaces, and one class, {@link io.ringtail.cluster.transport.Calls}, which matches answers to requests and ends those that get none.
 *
 * <p>Uses {@code cluster.message} and {@code cluster.topology}. Start reading at {@link io.ringtail.cluster.transport.Transport}.
 */
@NullMarked
package io.ringtail.cluster.transport;

import org.jspecify.annotations.NullMarked;
