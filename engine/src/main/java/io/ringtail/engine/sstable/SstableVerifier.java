package io.ringtail.engine.sstable;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.Arrays;

/**
 * Proves a table whole: walks all of it and checks that every block's checksum is right, keys ascend strictly, the filter
 * and the index lead to every key, and the properties say what is there. For tests, the store checker and the tool.
 */
public final class SstableVerifier {
    private SstableVerifier() {}

    /**
     * @return entries walked
     * @throws CorruptionException naming the first thing that is wrong
     */
    public static long verify(Sstable table) throws IOException {
        SstableProperties properties = table.properties();
        Key previous = new Key();
        Record found = new Record();
        long entries = 0;
        long tombstones = 0;
        long expiring = 0;
        try (RecordCursor cursor = table.cursor()) {
            while (cursor.next()) {
                Key key = cursor.key();
                Record record = cursor.record();
                if (entries == 0) {
                    require(table, isKey(key, properties.minKey()), "the first key is not the one in the properties");
                } else {
                    int order = Key.compare(previous.bytes(), 0, previous.size(), key.bytes(), 0, key.size());
                    require(table, order < 0, "entry " + entries + " is not greater than the one before");
                }
                require(table, isWellFormed(key), "entry " + entries + " has a malformed key");
                require(table, !record.isEmpty(), "entry " + entries + " is empty");
                require(table, spans(properties, record), "entry " + entries + " is outside the table's times");
                Lookup lookup = table.get(key, key.filterHash(), found, true);
                require(table, lookup == Lookup.FOUND, "entry " + entries + " is not found by its key");
                previous.setEncoded(key.bytes(), 0, key.size());
                entries++;
                tombstones += record.isTombstone() ? 1 : 0;
                expiring += !record.isTombstone() && !record.isCollection() && record.lastEndMillis() != 0 ? 1 : 0;
            }
        } catch (UncheckedIOException e) {
            throw e.getCause();
        }
        require(table, isKey(previous, properties.maxKey()), "the last key is not the one in the properties");
        require(table, entries == properties.entries(), entries + " entries, properties: " + properties.entries());
        require(table, tombstones == properties.tombstones(), tombstones + " tombstones");
        require(table, expiring == properties.expiring(), expiring + " expiring entries");
        return entries;
    }

    private static void require(Sstable table, boolean condition, String otherwise) throws CorruptionException {
        if (!condition) {
            throw new CorruptionException(table.path(), SstableFormat.BLOCKS_OFFSET, otherwise);
        }
    }

    private static boolean isKey(Key key, byte[] expected) {
        return Arrays.equals(key.bytes(), 0, key.size(), expected, 0, expected.length);
    }

    /** Whether the parts fit and the token is the user key's. */
    private static boolean isWellFormed(Key key) {
        if (key.userKeyOffset() + key.userKeySize() > key.size() || key.userKeySize() > Key.MAX_USER_KEY_SIZE) {
            return false;
        }
        Key again = new Key().set(key.database(), key.bytes(), key.userKeyOffset(), key.userKeySize());
        return again.token() == key.token();
    }

    private static boolean spans(SstableProperties properties, Record record) {
        return Long.compareUnsigned(properties.minHlc(), record.minHlc()) <= 0
                && Long.compareUnsigned(record.maxHlc(), properties.maxHlc()) <= 0
                && (record.isTombstone()
                        || record.isCollection()
                        || record.lastEndMillis() == 0
                        || properties.minExpireAtMillis() <= record.firstEndMillis()
                                && record.lastEndMillis() <= properties.maxExpireAtMillis());
    }
}
