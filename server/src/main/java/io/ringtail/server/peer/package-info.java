/**
 * Links between nodes over sockets: the frames, the handshake, and for each event loop one connection to every other member on which that loop asks and is answered. The bytes
 * are specified in {@code docs/formats/node-protocol.md}.
 *
 * <p>Imports {@code cluster.transport}, whose contracts it implements, {@code cluster.topology} for members' addresses, of {@code cluster.message} the
 * exception for what cannot be read, {@code config}, {@code loop}. Knows nothing of what messages
 * say but the lowest bit of their first byte, which tells answers from requests. Start reading at {@link io.ringtail.server.peer.PeerNetwork} and {@link
 * io.ringtail.server.peer.LoopLinks}.
 */
@NullMarked
package io.ringtail.server.peer;

import org.jspecify.annotations.NullMarked;
