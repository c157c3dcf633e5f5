package io.ringtail.engine;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Walks that go on behind any key meet what a walk over everything meets behind it: members of one token, spread over memtables and tables, among other keys. */
class ScanBehindTest {
    private static final int MEMBERS = 4000;

    @TempDir
    Path directory;

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static byte[] encoded(Key key) {
        return Arrays.copyOf(key.bytes(), key.size());
    }

    private static List<byte[]> keys(RecordCursor cursor, int max) {
        List<byte[]> keys = new ArrayList<>();
        try (cursor) {
            while (keys.size() < max && cursor.next()) {
                keys.add(encoded(cursor.key()));
            }
        }
        return keys;
    }

    @Test
    void meetsWhatLiesBehindAKeyWhereverThatIs() throws IOException {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        try (Store store = Store.open(
                        StoreOptions.of(directory).withSizes(8 << 20, 1 << 20, 1 << 20, 1 << 20), StoreListener.NONE);
                StoreSession session = store.session()) {
            Key header = new Key().set(0, bytes("set"));
            for (int i = 0; i < MEMBERS; i++) {
                byte[] member = bytes("member" + i);
                Key key = random.nextInt(10) == 0
                        ? new Key().set(0, bytes("{set}" + i % 100))
                        : MemberKeys.set(new Key(), header, Record.TYPE_SET, member, 0, member.length);
                store.writeLock().lock();
                try {
                    session.merge(key, new Record().setValue(i + 1, 1, 0, member, 0, member.length));
                } finally {
                    store.writeLock().unlock();
                }
                if (i % 1000 == 700) {
                    store.append();
                    store.flush();
                }
            }
            List<byte[]> all = keys(session.scan(0, -1), Integer.MAX_VALUE);
            assertThat(all).hasSizeGreaterThan(MEMBERS / 2);
            for (int step = 0; step < 500; step++) {
                int at = random.nextInt(all.size());
                byte[] behind = all.get(at);
                int expected = at + 1;
                if (step % 3 == 0) {
                    // One that is not there, before the members of some hash.
                    long hash = random.nextLong();
                    behind = MemberKeys.before(header, Record.TYPE_SET, hash);
                    expected = 0;
                    while (expected < all.size()
                            && Key.compare(all.get(expected), 0, all.get(expected).length, behind, 0, behind.length) <= 0) {
                        expected++;
                    }
                } else if (step % 7 == 0) {
                    behind = MemberKeys.behindAll(encoded(header));
                    expected = (int) all.stream()
                            .filter(key -> Long.compareUnsigned(Key.token(key, 0), header.token()) < 0
                                    || Key.token(key, 0) == header.token() && Key.userKeySize(key, 0) <= header.userKeySize())
                            .count();
                }
                List<byte[]> met = keys(session.scanBehind(behind, 0, -1), 20);
                assertThat(met.toArray())
                        .as("seed %d step %d", seed, step)
                        .isEqualTo(all.subList(expected, Math.min(all.size(), expected + 20)).toArray());
            }
            assertThat(keys(session.scanBehind(new byte[0], 0, -1), Integer.MAX_VALUE)).hasSameSizeAs(all);
        }
    }
}
