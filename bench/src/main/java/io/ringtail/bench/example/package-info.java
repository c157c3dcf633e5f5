/**
 * Programs to read and to run: what an application writes that uses what Ringtail has and Redis has not, each told in a story with a cluster of its own.
 *
 * <p>May import {@code server}'s {@code local}, which starts the nodes, and a client library; never what serves. Start reading at {@link io.ringtail.bench.example.ShoppingCart}.
 */
@NullMarked
package io.ringtail.bench.example;

import org.jspecify.annotations.NullMarked;
