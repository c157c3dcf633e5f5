/**
 * What stands between commands and the storage of one or more nodes. Empty itself: its rooms are {@code clock}, what gives writes their
 * versions, and {@code coordinator}, which takes reads and writes to the nodes that own the keys, today this one.
 *
 * <p>Knows the engine; no sockets, no protocol, no threads of its own. Start reading at {@link
 * io.ringtail.cluster.coordinator.DataSession}.
 */
@NullMarked
package io.ringtail.cluster;

import org.jspecify.annotations.NullMarked;
