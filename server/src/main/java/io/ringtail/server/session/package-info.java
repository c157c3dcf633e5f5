/**
 * What the server knows of each client: who it is, what it has selected, its transaction, and the list of all clients.
 *
 * <p>Imports the wire ({@code protocol}) and keys, nothing of commands or sockets: a {@link io.ringtail.server.session.Connection} stands for
 * the socket. Start reading at {@link io.ringtail.server.session.Session}.
 */
@NullMarked
package io.ringtail.server.session;

import org.jspecify.annotations.NullMarked;
