/**
 * A cluster on this machine, each node a process of its own: the way to try Ringtail, to break it, and to see it mend. What there is stands in files under one
 * directory, so that every command line finds it again.
 *
 * <p>May use the client side of the protocol. Start reading at {@link io.ringtail.server.local.LocalCluster}.
 */
@NullMarked
package io.ringtail.server.local;

import org.jspecify.annotations.NullMarked;
