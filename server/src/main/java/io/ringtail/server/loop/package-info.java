/**
 * Event loops as such, whatever runs on them: which kind of socket this machine has, the loop that the cluster's control runs on, an event loop as the cluster
 * sees it, threads for what blocks, and what all that reads from sockets shares.
 *
 * <p>Imports {@code cluster.transport} only. Start reading at {@link io.ringtail.server.loop.EventLoopLoop}.
 */
@NullMarked
package io.ringtail.server.loop;

import org.jspecify.annotations.NullMarked;
