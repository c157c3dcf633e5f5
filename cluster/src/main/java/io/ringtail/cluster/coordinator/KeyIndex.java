package io.ringtail.cluster.coordinator;

import io.ringtail.engine.record.Key;
import java.util.Arrays;

/**
 * Finds keys among the many that one command names: the first of those that are equal. A table of places, open addressed, built when it is first asked and again when there are more keys; keys a client has chosen to collide make it as slow as
 * looking through all. Confined to its context's loop.
 */
final class KeyIndex {
    /** Keys up to which looking through all of them is as fast. */
    static final int WORTHWHILE = 16;

    private static final int[] NONE = {};

    /** One more than a key's place; 0 is free. */
    private int[] table = NONE;

    private int indexed;

    void clear() {
        if (indexed > 0) {
            table = NONE;
            indexed = 0;
        }
    }

    /** The place of the first key among {@code keys[0, count)} that is equal to {@code key}; -1 when there is none. */
    int find(Key[] keys, int count, Key key) {
        if (indexed < count) {
            index(keys, count);
        }
        int mask = table.length - 1;
        for (int at = hash(key) & mask; table[at] != 0; at = (at + 1) & mask) {
            if (isSame(keys[table[at] - 1], key)) {
                return table[at] - 1;
            }
        }
        return -1;
    }

    private void index(Key[] keys, int count) {
        if (2 * count > table.length) {
            table = new int[Integer.highestOneBit(4 * count - 1)];
            indexed = 0;
        }
        int mask = table.length - 1;
        for (int i = indexed; i < count; i++) {
            int at = hash(keys[i]) & mask;
            while (table[at] != 0 && !isSame(keys[table[at] - 1], keys[i])) {
                at = (at + 1) & mask;
            }
            if (table[at] == 0) {
                table[at] = i + 1;
            }
        }
        indexed = count;
    }

    private static int hash(Key key) {
        return (int) (key.filterHash() >>> 32);
    }

    private static boolean isSame(Key a, Key b) {
        return a.token() == b.token() && Arrays.equals(a.bytes(), 0, a.size(), b.bytes(), 0, b.size());
    }
}
