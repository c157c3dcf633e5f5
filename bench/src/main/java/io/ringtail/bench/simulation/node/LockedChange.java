package io.ringtail.bench.simulation.node;

import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.engine.record.Context;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * A change that begins with what is read under the lock of a key's slot, at one replica; and how another node is told of it: a line of words. Immutable.
 *
 * @param value what is written; null for none
 * @param expireAtMillis when what is written, or what is there, ends; 0 for never
 * @param seen of which siblings it takes the place; null for all that are read
 */
record LockedChange(
        Kind kind, ConsistencyLevel level, byte[] key, byte @Nullable [] value, long expireAtMillis, @Nullable Context seen) {
    enum Kind {
        INCREMENT,
        WRITE,
        EXPIRE,
        DELETE,
        /** The value is a member. */
        ADD,
        REMOVE,
        DELETE_SET;

        boolean changesSet() {
            return this == ADD || this == REMOVE || this == DELETE_SET;
        }
    }

    private static final String NONE = "-";

    byte[] encode() {
        byte[] context = null;
        if (seen != null) {
            context = new byte[seen.size()];
            int ignored = seen.encode(context, 0);
        }
        return String.format(Locale.ROOT, "%s %s %s %s %d %s", kind, level.name(), hex(key), hex(value), expireAtMillis, hex(context))
                .getBytes(StandardCharsets.US_ASCII);
    }

    static LockedChange decode(byte[] line, int offset, int size) {
        String[] words = new String(line, offset, size, StandardCharsets.US_ASCII).split(" ", -1);
        byte[] context = bytes(words[5]);
        return new LockedChange(
                Kind.valueOf(words[0]),
                ConsistencyLevel.of(words[1]),
                HexFormat.of().parseHex(words[2]),
                bytes(words[3]),
                Long.parseLong(words[4]),
                context == null ? null : new Context().decode(context, 0, context.length));
    }

    private static String hex(byte @Nullable [] bytes) {
        return bytes == null ? NONE : HexFormat.of().formatHex(bytes);
    }

    private static byte @Nullable [] bytes(String word) {
        return word.equals(NONE) ? null : HexFormat.of().parseHex(word);
    }
}
