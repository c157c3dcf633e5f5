/**
 * The client's side of the wire: requests encoded, replies of both versions decoded into a small model.
 *
 * <p>Building blocks with no sockets and no threads, for the command line and the load generator. May import {@code
 * io.ringtail.protocol} and Netty's buffers. Start reading at {@link io.ringtail.protocol.client.Reply}.
 */
@NullMarked
package io.ringtail.protocol.client;

import org.jspecify.annotations.NullMarked;
