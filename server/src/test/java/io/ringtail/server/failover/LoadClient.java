package io.ringtail.server.failover;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.RedisCommandExecutionException;
import io.lettuce.core.RedisException;
import io.lettuce.core.RedisURI;
import io.lettuce.core.api.StatefulRedisConnection;
import io.lettuce.core.api.sync.RedisCommands;
import io.lettuce.core.resource.ClientResources;
import java.time.Duration;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.exceptions.JedisDataException;
import redis.clients.jedis.exceptions.JedisException;

/** One connection to one node by one of two client libraries, whose ways of failing are brought to one. Confined to its owner's thread. */
interface LoadClient extends AutoCloseable {
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

    /** The node did not answer, or not in time. The connection is of no more use. */
    final class Lost extends Exception {
        private static final long serialVersionUID = 1;

        Lost(Throwable cause) {
            super(cause.getClass().getSimpleName() + ": " + cause.getMessage(), null, false, false);
        }
    }

    static LoadClient jedis(int port, int timeoutMillis) throws Lost {
        try {
            Jedis jedis = new Jedis("127.0.0.1", port, timeoutMillis, timeoutMillis);
            jedis.connect();
            return new OfJedis(jedis);
        } catch (JedisException e) {
            throw new Lost(e);
        }
    }

    static LoadClient lettuce(ClientResources resources, int port, int timeoutMillis) throws Lost {
        RedisURI uri = RedisURI.builder()
                .withHost("127.0.0.1")
                .withPort(port)
                .withTimeout(Duration.ofMillis(timeoutMillis))
                .build();
        RedisClient client = RedisClient.create(resources, uri);
        client.setOptions(ClientOptions.builder().autoReconnect(false).build());
        try {
            return new OfLettuce(client, client.connect());
        } catch (RedisException e) {
            client.shutdown(Duration.ZERO, Duration.ZERO);
            throw new Lost(e);
        }
    }

    /** Jedis: blocking, one thread a connection. */
    record OfJedis(Jedis jedis) implements LoadClient {
        @Override
        public void set(String key, String value) throws Refused, Lost {
            String said = call(() -> jedis.set(key, value));
            if (!"OK".equals(said)) {
                throw new Refused("SET answered " + said);
            }
        }

        @Override
        public @Nullable String get(String key) throws Refused, Lost {
            return call(() -> jedis.get(key));
        }

        @Override
        public long incr(String key) throws Refused, Lost {
            Long number = call(() -> jedis.incr(key));
            if (number == null) {
                throw new Refused("INCR answered nothing");
            }
            return number;
        }

        private static <T> @Nullable T call(java.util.function.Supplier<@Nullable T> command) throws Refused, Lost {
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
                jedis.close();
            } catch (JedisException e) {
                // It was broken, which is why it is closed.
            }
        }
    }

    /** Lettuce: asynchronous beneath, waited for here. */
    record OfLettuce(RedisClient client, StatefulRedisConnection<String, String> connection) implements LoadClient {
        private RedisCommands<String, String> sync() {
            return connection.sync();
        }

        @Override
        public void set(String key, String value) throws Refused, Lost {
            String said = call(() -> sync().set(key, value));
            if (!"OK".equals(said)) {
                throw new Refused("SET answered " + said);
            }
        }

        @Override
        public @Nullable String get(String key) throws Refused, Lost {
            return call(() -> sync().get(key));
        }

        @Override
        public long incr(String key) throws Refused, Lost {
            Long number = call(() -> sync().incr(key));
            if (number == null) {
                throw new Refused("INCR answered nothing");
            }
            return number;
        }

        private static <T> @Nullable T call(java.util.function.Supplier<@Nullable T> command) throws Refused, Lost {
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
