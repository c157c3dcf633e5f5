package io.ringtail.server.failover;

import io.lettuce.core.AbstractRedisClient;
import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulConnection;
import io.lettuce.core.api.sync.RedisStringCommands;
import io.lettuce.core.cluster.ClusterClientOptions;
import io.lettuce.core.cluster.ClusterTopologyRefreshOptions;
import io.lettuce.core.cluster.RedisClusterClient;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.commands.StringCommands;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/**
 * A client by one of two libraries, connected to one node or, when it knows of clusters, to those that its keys lead it to. Their ways of failing are brought to one, and
 * none of them sends a command twice by itself: a write whose first sending arrives late would hide those that came after the second. Confined to its owner's thread.
 */
interface LoadClient extends AutoCloseable {
    /** How often a client that knows of clusters asks who there is. */
    Duration TOPOLOGY_REFRESH = Duration.ofSeconds(1);

    void set(String key, String value) throws Refused, Lost;

    @Nullable String get(String key) throws Refused, Lost;

    long incr(String key) throws Refused, Lost;

    @Override
    void close();

    /** The node answered with an error. */
    final class Refused extends Exception {
        private static final long serialVersionUID = 1;

        Refused(String message) {
            super(message, null, false, false);
        }
    }

    /** The node did not answer, or not in time. A connection to one node is of no more use then; a client of clusters finds its way by itself. */
    final class Lost extends Exception {
        private static final long serialVersionUID = 1;

        Lost(Throwable cause) {
            super(cause.getClass().getSimpleName() + ": " + cause.getMessage(), null, false, false);
        }
    }

    static LoadClient jedis(HostAndPort node, int timeoutMillis) throws Lost {
        try {
            Jedis jedis = new Jedis(node.getHost(), node.getPort(), timeoutMillis, timeoutMillis);
            jedis.connect();
            return new OfJedis(jedis, jedis);
        } catch (JedisException e) {
            throw new Lost(e);
        }
    }

    /** @param seed the node that is asked who the others are */
    static LoadClient jedisCluster(HostAndPort seed, int timeoutMillis) throws Lost {
        try {
            var jedis = redis.clients.jedis.RedisClusterClient.builder()
                    .nodes(Set.of(seed))
                    .clientConfig(DefaultJedisClientConfig.builder().timeoutMillis(timeoutMillis).build())
                    .maxAttempts(1)
                    .topologyRefreshPeriod(TOPOLOGY_REFRESH)
                    .build();
            return new OfJedis(jedis, jedis);
        } catch (JedisException e) {
            throw new Lost(e);
        }
    }

    static LoadClient lettuce(ClientResources resources, HostAndPort node, int timeoutMillis) throws Lost {
        RedisClient client = RedisClient.create(resources, uri(node, timeoutMillis));
        client.setOptions(ClientOptions.builder().autoReconnect(false).build());
        return connected(client, () -> {
            var connection = client.connect();
            return new OfLettuce(client, connection, connection.sync());
        });
    }

    /** @param seed the node that is asked who the others are */
    static LoadClient lettuceCluster(ClientResources resources, HostAndPort seed, int timeoutMillis) throws Lost {
        RedisClusterClient client = RedisClusterClient.create(resources, uri(seed, timeoutMillis));
        ClusterClientOptions.Builder options = ClusterClientOptions.builder()
                .disconnectedBehavior(ClientOptions.DisconnectedBehavior.REJECT_COMMANDS)
                .topologyRefreshOptions(ClusterTopologyRefreshOptions.builder()
                        .enablePeriodicRefresh(TOPOLOGY_REFRESH)
                        .enableAllAdaptiveRefreshTriggers()
                        .build());
        // All are filtered out: none is sent again when a connection is made again.
        options.replayFilter(command -> true);
        client.setOptions(options.build());
        return connected(client, () -> {
            var connection = client.connect();
            return new OfLettuce(client, connection, connection.sync());
        });
    }

    private static RedisURI uri(HostAndPort node, int timeoutMillis) {
        return RedisURI.builder()
                .withHost(node.getHost())
                .withPort(node.getPort())
                .withTimeout(Duration.ofMillis(timeoutMillis))
                .build();
    }

    private static LoadClient connected(AbstractRedisClient client, Supplier<LoadClient> connecting) throws Lost {
        try {
            return connecting.get();
        } catch (RedisException e) {
            client.shutdown(Duration.ZERO, Duration.ZERO);
            throw new Lost(e);
        }
    }

    /** Jedis: blocking, one thread a connection. */
    record OfJedis(AutoCloseable client, StringCommands commands) implements LoadClient {
        @Override
        public void set(String key, String value) throws Refused, Lost {
            String said = call(() -> commands.set(key, value));
            if (!"OK".equals(said)) {
                throw new Refused("SET answered " + said);
            }
        }

        @Override
        public @Nullable String get(String key) throws Refused, Lost {
            return call(() -> commands.get(key));
        }

        @Override
        public long incr(String key) throws Refused, Lost {
            Long number = call(() -> commands.incr(key));
            if (number == null) {
                throw new Refused("INCR answered nothing");
            }
            return number;
        }

        private static <T> @Nullable T call(Supplier<@Nullable T> command) throws Refused, Lost {
            try {
                return command.get();
            } catch (JedisDataException e) {
                throw new Refused(String.valueOf(e.getMessage()));
            } catch (JedisException e) {
                throw new Lost(e);
            }
        }

        @Override
        public void close() {
            try {
                client.close();
            } catch (Exception e) {
                // It was broken, which is why it is closed.
            }
        }
    }

    /** Lettuce: asynchronous beneath, waited for here. */
    record OfLettuce(
            AbstractRedisClient client, StatefulConnection<String, String> connection, RedisStringCommands<String, String> commands)
            implements LoadClient {
        @Override
        public void set(String key, String value) throws Refused, Lost {
            String said = call(() -> commands.set(key, value));
            if (!"OK".equals(said)) {
                throw new Refused("SET answered " + said);
            }
        }

        @Override
        public @Nullable String get(String key) throws Refused, Lost {
            return call(() -> commands.get(key));
        }

        @Override
        public long incr(String key) throws Refused, Lost {
            Long number = call(() -> commands.incr(key));
            if (number == null) {
                throw new Refused("INCR answered nothing");
            }
            return number;
        }

        private static <T> @Nullable T call(Supplier<@Nullable T> command) throws Refused, Lost {
            try {
                return command.get();
            } catch (RedisCommandExecutionException e) {
                throw new Refused(String.valueOf(e.getMessage()));
            } catch (RedisException e) {
                throw new Lost(e);
            }
        }

        @Override
        public void close() {
            connection.closeAsync();
            client.shutdown(Duration.ZERO, Duration.ZERO);
        }
    }
}
