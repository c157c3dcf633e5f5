/**
 * Sockets: accepts connections, feeds their bytes to the decoder and their requests to the dispatcher, and sends what a turn of an event loop
 * answered once the log has taken what it wrote.
 *
 * <p>Imports {@code command} and what that imports; with {@code loop} and {@code peer} the only package that knows Netty's channels and event
 * loops. Start reading at
 * {@link io.ringtail.server.net.ConnectionHandler} and {@link io.ringtail.server.net.EventLoopContext}.
 */
@NullMarked
package io.ringtail.server.net;

import org.jspecify.annotations.NullMarked;
