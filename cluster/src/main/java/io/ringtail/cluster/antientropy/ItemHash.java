package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.message.Digest;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;

/**
 * The hash of a key and of the versions held of it: what one entry adds to the sum of its range. Two members that hold the same versions add the same, and the value is not looked
 * at. Reusable; confined to one thread.
 */
final class ItemHash {
    private final Digest digest = new Digest();

    long of(Key key, Record record) {
        return digest.set(record).hash(key.filterHash());
    }
}
