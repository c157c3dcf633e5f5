/** Tests of the way from socket to reply, over real sockets on loopback. */
@NullMarked
package io.ringtail.server.net;

import org.jspecify.annotations.NullMarked;
