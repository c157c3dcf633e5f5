package io.ringtail.bench.example;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.commands.ProtocolCommand;

/**
 * A shopping cart, as an application keeps it in a keyspace with {@code conflict siblings}: a string of items with commas between. What was put in on two sides of a cut is two siblings
 * afterwards, and whoever writes next writes their union. Confined to the thread that has the connection, which is the caller's.
 */
final class ShoppingCart {
    private static final ProtocolCommand GET = () -> bytes("RT.GET");
    private static final ProtocolCommand SET = () -> bytes("RT.SET");

    private final Jedis jedis;
    private final String key;

    /**
     * All that was read at one time.
     *
     * @param context what the reader has seen; null where there was no cart
     * @param siblings the carts that are there; one, unless some were written at the same time
     */
    record Contents(@Nullable String context, List<String> siblings) {
        /** The items of all siblings, each once, in order. */
        SortedSet<String> union() {
            SortedSet<String> items = new TreeSet<>();
            siblings.forEach(sibling -> items.addAll(List.of(sibling.split(",", -1))));
            return items;
        }
    }

    ShoppingCart(Jedis jedis, String key) {
        this.jedis = jedis;
        this.key = key;
    }

    Contents read() {
        Object reply = jedis.sendCommand(GET, key);
        if (reply == null) {
            return new Contents(null, List.of());
        }
        List<String> strings = new ArrayList<>();
        for (Object each : (List<?>) reply) {
            strings.add(new String((byte[]) Objects.requireNonNull(each), StandardCharsets.UTF_8));
        }
        return new Contents(strings.getFirst(), List.copyOf(strings.subList(1, strings.size())));
    }

    /**
     * Puts an item in, whatever others do meanwhile. May be repeated when it throws: it reads what it has left.
     *
     * @throws redis.clients.jedis.exceptions.JedisDataException when no replica could be reached, or not in time; then it may have happened
     */
    void add(String item) {
        Contents seen = read();
        SortedSet<String> items = seen.union();
        items.add(item);
        write(seen, items);
    }

    /** Writes one cart in the place of all that were seen. What others have written since stays beside it. */
    void write(Contents seen, SortedSet<String> items) {
        String value = String.join(",", items);
        if (seen.context() == null) {
            jedis.sendCommand(SET, key, value);
        } else {
            jedis.sendCommand(SET, key, value, "CONTEXT", seen.context());
        }
    }

    private static byte[] bytes(String word) {
        return word.getBytes(StandardCharsets.US_ASCII);
    }
}
