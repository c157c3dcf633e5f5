/**
 * What Redis clients do in their first minute, against a server in a process of its own: the clients themselves where
 * they run here (redis-cli, redis-benchmark, Jedis, Lettuce, ioredis, node-redis), and for the others their sequence
 * of commands on a bare socket.
 *
 * <p>Imports no class of the server but the test's {@code process}: a client knows nothing else either. Start reading
 * at {@link io.ringtail.server.clients.ConnectSequenceTest}.
 */
@NullMarked
package io.ringtail.server.clients;

import org.jspecify.annotations.NullMarked;
