package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.antientropy.RangeReader.Wanted;
import io.ringtail.cluster.message.Digest;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.settle.Forgotten;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.RecordCursor;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A page of the keys and versions that another member holds in a range, and what this node holds otherwise: which records to fetch, which to send.
 *
 * <p>Of a key that both hold in different versions the one whose versions do not {@linkplain Digest#covers cover} the other's lacks something; both may, one the later value and the
 * other the later expiry. Made on the loop from an answer, which is trusted in nothing; compared on a thread that may wait.
 */
final class ListedPage {
    /** Records to be exchanged after which the comparison of a page ends, to go on behind later. */
    private static final int DIFFERENCES_MAX = 1 << 11;

    private final Wanted wanted;
    private final List<Key> keys = new ArrayList<>();
    private final List<Digest> digests = new ArrayList<>();
    /** The last key it tells of; null when it reaches to the end of the range. */
    private final byte @Nullable [] last;

    final List<Key> toFetch = new ArrayList<>();
    final List<Key> toSend = new ArrayList<>();
    /** What is left of the range; null when nothing is. */
    @Nullable Wanted rest;

    ListedPage(Wanted wanted, MessageReader in) {
        this.wanted = wanted;
        int count = in.readVarint(RangeReader.PAGE_ENTRIES_MAX);
        for (int i = 0; i < count; i++) {
            Key key = in.readKey(new Key());
            check(key);
            keys.add(key);
            digests.add(new Digest().read(in));
        }
        last = in.readBoolean() ? in.readBytes(RangeReader.MAX_KEY_BYTES) : null;
        if (last != null && (last.length <= Key.PREFIX_SIZE || !isBehindAll(last))) {
            throw new MalformedMessageException("a page of keys that goes on behind one of " + last.length + " bytes");
        }
        in.finish();
    }

    private void check(Key key) {
        boolean inOrder = keys.isEmpty() ? wanted.isAhead(key) : compare(keys.getLast(), key) < 0;
        if (!inOrder
                || Long.compareUnsigned(key.token(), wanted.fromToken()) < 0
                || Long.compareUnsigned(key.token(), wanted.throughToken()) > 0) {
            throw new MalformedMessageException("a key that was not asked for, or out of order: " + key);
        }
    }

    /** Whether the page ends no earlier than with its last key, and gets on. */
    private boolean isBehindAll(byte[] end) {
        if (!keys.isEmpty()) {
            Key key = keys.getLast();
            return Key.compare(key.bytes(), 0, key.size(), end, 0, end.length) <= 0;
        }
        byte[] after = wanted.after();
        return after.length == 0 || Key.compare(after, 0, after.length, end, 0, end.length) < 0;
    }

    private static int compare(Key a, Key b) {
        return Key.compare(a.bytes(), 0, a.size(), b.bytes(), 0, b.size());
    }

    /** Compares it with what is held here. */
    void compare(RangeReader reader) {
        Digest own = new Digest();
        int next = 0;
        byte[] stoppedAt = null;
        Forgotten forgotten = reader.forgotten();
        try (RecordCursor cursor = reader.scan(wanted)) {
            while (stoppedAt == null && cursor.next()) {
                Key key = cursor.key();
                if (!reader.isCompared(cursor, wanted.share(), forgotten)) {
                    continue;
                }
                if (last != null && Key.compare(key.bytes(), 0, key.size(), last, 0, last.length) > 0) {
                    break;
                }
                while (next < keys.size() && compare(keys.get(next), key) < 0) {
                    toFetch.add(keys.get(next++));
                }
                if (next < keys.size() && compare(keys.get(next), key) == 0) {
                    compare(keys.get(next), own.set(cursor.record()), digests.get(next));
                    next++;
                } else {
                    toSend.add(new Key().setEncoded(key.bytes(), 0, key.size()));
                }
                if (toSend.size() + toFetch.size() >= DIFFERENCES_MAX) {
                    stoppedAt = Arrays.copyOf(key.bytes(), key.size());
                }
            }
        }
        if (stoppedAt == null) {
            toFetch.addAll(keys.subList(next, keys.size()));
        }
        byte[] end = stoppedAt == null ? last : stoppedAt;
        rest = end == null ? null : new Wanted(wanted.share(), wanted.fromToken(), wanted.throughToken(), end);
    }

    private void compare(Key key, Digest own, Digest other) {
        if (own.isSameAs(other)) {
            return;
        }
        boolean lacksHere = !own.covers(other);
        boolean lacksThere = !other.covers(own);
        // Neither lacks a version, and yet they differ: a tombstone beside a value of its own version. The merge of both is what both are to hold.
        if (lacksHere || !lacksThere) {
            toFetch.add(key);
        }
        if (lacksThere || !lacksHere) {
            toSend.add(key);
        }
    }
}
