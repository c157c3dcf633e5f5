/** Nodes that speak with each other, and with strangers, over real sockets on the loopback. */
@NullMarked
package io.ringtail.server.peer;

import org.jspecify.annotations.NullMarked;
