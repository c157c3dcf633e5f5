package io.ringtail.cluster.quorum;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.replica.ReplicaData;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import java.util.Arrays;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A stretch of a cluster's keys, made of what several replicas have told of it: their pages are merged as they are read, newest version first, and what a reader would
 * see is given out in ring order.
 *
 * <p>Of a key only those sources speak that a read of it would ask: another may have noted a clearing that no replica of the key knows of, or hold what was once there.
 *
 * <p>A page reaches as far as every one of its sources tells everything: beyond, one of them might know of something that hides what another shows. Made by {@link
 * Walks} on its loop, then handed to whoever reads it; confined to one thread at a time. Holds the sources' bytes, and allocates nothing for a key.
 */
public final class WalkPage {
    /** One replica's entries, of which it stands at one. */
    private static final class Source {
        final MessageReader entries = new MessageReader();
        final Record record = new Record();
        Key key = new Key();
        Key spare = new Key();
        /** Up to which time it holds all to be void. */
        long floor;

        int left;
        boolean isAtEntry;
        boolean hasMoved;
    }

    private final int database;
    private final WalkPlan.Stretch stretch;
    private final Source[] sources;
    /** Of each source whether it speaks for keys of {@link #speaksOf} in the partition {@link #speaksIn}. */
    private final boolean[] speaks;

    private @Nullable Keyspace speaksOf;
    private int speaksIn;
    private final Record merged = new Record();
    private final Record floorRecord = new Record();
    private final Key current = new Key();
    private byte @Nullable [] horizon;
    private boolean atEnd;

    /**
     * @param answers one of each of the stretch's members: a page as {@link io.ringtail.cluster.replica.ReplicaScan} lays it out
     * @param stretch where the page ends, if the answers reach so far
     * @throws MalformedMessageException when one is no page
     */
    WalkPage(int database, WalkPlan.Stretch stretch, List<byte[]> answers) {
        this.database = database;
        this.stretch = stretch;
        this.sources = new Source[answers.size()];
        this.speaks = new boolean[answers.size()];
        for (int i = 0; i < sources.length; i++) {
            sources[i] = source(answers.get(i));
        }
        for (Source source : sources) {
            advance(source);
        }
    }

    private Source source(byte[] answer) {
        MessageReader reader = new MessageReader().wrap(answer, 0, answer.length);
        Source source = new Source();
        source.floor = reader.readLong();
        source.left = reader.readInt();
        int size = reader.readInt();
        source.entries.wrap(answer, reader.skip(size), size);
        if (reader.readBoolean()) {
            byte[] last = reader.readBytes(Key.MAX_USER_KEY_SIZE + 64);
            if (last.length <= Key.PREFIX_SIZE) {
                throw new MalformedMessageException("a page that ends at a key of " + last.length + " bytes");
            }
            // One beyond the stretch's end is possible, when others were asked for less meanwhile.
            if (horizon == null || Key.compare(last, 0, last.length, horizon, 0, horizon.length) < 0) {
                horizon = last;
            }
        }
        reader.finish();
        return source;
    }

    private void advance(Source source) {
        source.isAtEntry = source.left > 0;
        if (!source.isAtEntry) {
            source.entries.finish();
            return;
        }
        source.left--;
        Key before = source.key;
        Key next = source.entries.readKey(source.spare);
        source.entries.readRecord(source.record);
        if (next.database() != database
                || (source.hasMoved && Key.compare(before.bytes(), 0, before.size(), next.bytes(), 0, next.size()) >= 0)) {
            throw new MalformedMessageException("a page whose keys are not in order");
        }
        source.hasMoved = true;
        source.key = next;
        source.spare = before;
    }

    /** Where the walk goes on: behind this internal key; null when the stretch is told to its end. */
    public byte @Nullable [] horizon() {
        byte[] key = horizon;
        return key != null && Long.compareUnsigned(Key.token(key, 0), throughToken()) <= 0 ? key : null;
    }

    /** The last token of the stretch. */
    public long throughToken() {
        return stretch.throughToken();
    }

    /**
     * Moves to the next key that a reader at {@code nowMillis} sees; false when the page ends.
     *
     * @throws MalformedMessageException when a replica has sent what is no page
     */
    public boolean next(long nowMillis) {
        while (merge()) {
            if (merged.isLive(nowMillis) && Key.isTopLevel(current.bytes(), 0, current.size())) {
                return true;
            }
        }
        atEnd = true;
        return false;
    }

    /** Whether {@link #next} has come to the page's end. */
    public boolean isAtEnd() {
        return atEnd;
    }

    /**
     * Moves to the next record of any kind, members of collections and what is deleted among them; false when the page ends.
     *
     * @throws MalformedMessageException when a replica has sent what is no page
     */
    public boolean nextRecord() {
        return merge();
    }

    /** Takes the lowest key off the sources and merges what they say of it; false when none is left. */
    private boolean merge() {
        Source lowest = null;
        for (Source source : sources) {
            if (source.isAtEntry && (lowest == null || compare(source, lowest) < 0)) {
                lowest = source;
            }
        }
        if (lowest == null) {
            return false;
        }
        Key key = lowest.key;
        byte[] end = horizon;
        if (Long.compareUnsigned(key.token(), throughToken()) > 0
                || (end != null && Key.compare(key.bytes(), 0, key.size(), end, 0, end.length) > 0)) {
            return false;
        }
        current.setEncoded(key.bytes(), 0, key.size());
        markSpeakers();
        merged.clear();
        long floor = 0;
        for (int i = 0; i < sources.length; i++) {
            Source source = sources[i];
            if (speaks[i] && Long.compareUnsigned(source.floor, floor) > 0) {
                floor = source.floor;
            }
            if (source.isAtEntry && isCurrent(source.key)) {
                if (speaks[i]) {
                    merged.merge(source.record);
                }
                advance(source);
            }
        }
        if (floor != 0) {
            merged.merge(floorRecord.setTombstone(floor, ReplicaData.FLOOR_ACTOR));
        }
        return true;
    }

    /** Keys come partition by partition, and most are of one keyspace: it is seldom somebody else's turn. */
    private void markSpeakers() {
        Ring ring = stretch.ring();
        Keyspace keyspace = ring.keyspace(current.bytes(), current.userKeyOffset(), current.userKeySize());
        int partition = ring.topology().partitionOf(current.token());
        if (keyspace != speaksOf || partition != speaksIn) {
            stretch.markSpeakers(keyspace, partition, speaks);
            speaksOf = keyspace;
            speaksIn = partition;
        }
    }

    private static int compare(Source a, Source b) {
        return Key.compare(a.key.bytes(), 0, a.key.size(), b.key.bytes(), 0, b.key.size());
    }

    private boolean isCurrent(Key key) {
        return key.token() == current.token()
                && Arrays.equals(key.bytes(), 0, key.size(), current.bytes(), 0, current.size());
    }

    /** The key it stands at. */
    public Key key() {
        return current;
    }

    /** Its versions and expiry, without a value. */
    public Record record() {
        return merged;
    }
}
