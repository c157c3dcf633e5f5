/**
 * Load on a server through its sockets: a generator, the servers as processes of their own, and rounds that let them
 * take turns.
 *
 * <p>May import {@code protocol}'s client side, never the server's classes: what is measured is reached through its
 * port. Start reading at {@link io.ringtail.bench.load.LoadComparison}.
 */
@NullMarked
package io.ringtail.bench.load;

import org.jspecify.annotations.NullMarked;
