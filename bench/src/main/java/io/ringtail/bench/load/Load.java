package io.ringtail.bench.load;

/**
 * What clients ask of a server. Immutable.
 *
 * @param command what they send
 * @param order which keys they name
 * @param clients connections, each of which waits for its replies before it sends again
 * @param pipeline requests a client sends at once
 * @param prefix four characters that all keys begin with
 * @param keys how many keys there are: {@code key:000000000000} and on
 * @param valueBytes of each value
 * @param requestsMax no more are sent
 * @param secondsMax none is sent later
 * @param replicasAwaited each batch ends with a {@code WAIT} for so many replicas to have it, whose answer is what counts as the
 *     answer to all of the batch; 0 for no such command
 */
public record Load(
        Command command,
        KeyOrder order,
        int clients,
        int pipeline,
        String prefix,
        int keys,
        int valueBytes,
        long requestsMax,
        double secondsMax,
        int replicasAwaited) {
    /** What keys begin with unless something else is said. */
    static final String KEY_PREFIX = "key:";

    /** Keys are numbered by eight digits that vary. */
    static final int KEYS_LIMIT = 100_000_000;

    /** What a client sends. */
    public enum Command {
        SET,
        GET,
        INCR
    }

    /** Which keys clients name. */
    public enum KeyOrder {
        /** Pseudo-random ones. */
        RANDOM,
        /** One after the other, from the first on, and then again: to fill a server. */
        IN_TURN
    }

    /** A load whose answers are the server's own to give. */
    public Load(
            Command command,
            KeyOrder order,
            int clients,
            int pipeline,
            int keys,
            int valueBytes,
            long requestsMax,
            double secondsMax) {
        this(command, order, clients, pipeline, KEY_PREFIX, keys, valueBytes, requestsMax, secondsMax, 0);
    }

    public Load {
        if (clients < 1 || clients > 10_000) {
            throw new IllegalArgumentException(clients + " clients, must be 1 to 10000");
        }
        if (pipeline < 1 || pipeline > 1024) {
            throw new IllegalArgumentException("pipeline of " + pipeline + ", must be 1 to 1024");
        }
        if (prefix.length() != KEY_PREFIX.length()) {
            throw new IllegalArgumentException("keys that begin with '" + prefix + "', must be " + KEY_PREFIX.length() + " characters");
        }
        if (keys < 1 || keys > KEYS_LIMIT) {
            throw new IllegalArgumentException(keys + " keys, must be 1 to " + KEYS_LIMIT);
        }
        if (valueBytes < 1 || valueBytes > 1 << 20) {
            throw new IllegalArgumentException("values of " + valueBytes + " bytes, must be 1 to " + (1 << 20));
        }
        if (requestsMax < 1 || secondsMax <= 0) {
            throw new IllegalArgumentException("no requests: " + requestsMax + " in " + secondsMax + " s");
        }
        if (replicasAwaited < 0 || replicasAwaited > 9) {
            throw new IllegalArgumentException("a wait for " + replicasAwaited + " replicas, must be 0 to 9");
        }
    }

    /** The same with writes that wait for replicas; reads wait for nobody. */
    Load awaiting(int replicas) {
        return new Load(
                command, order, clients, pipeline, prefix, keys, valueBytes, requestsMax, secondsMax, command == Command.SET ? replicas : 0);
    }

    Load within(long requests, double seconds) {
        return new Load(command, order, clients, pipeline, prefix, keys, valueBytes, requests, seconds, replicasAwaited);
    }

    /** The same on other keys. */
    Load on(String otherPrefix) {
        return new Load(command, order, clients, pipeline, otherPrefix, keys, valueBytes, requestsMax, secondsMax, replicasAwaited);
    }
}
