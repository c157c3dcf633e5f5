package io.ringtail.engine.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MergingCursorTest {
    /** A cursor that, as the contract allows, overwrites what it gave out as soon as it moves. */
    private static final class ReusingCursor implements RecordCursor {
        private final Iterator<Map.Entry<byte[], Record>> source;
        private final Key key = new Key();
        private final Record record = new Record();
        private final byte[] buffer = new byte[256];
        private boolean closed;

        ReusingCursor(TreeMap<byte[], Record> source) {
            this.source = source.entrySet().iterator();
        }

        @Override
        public boolean next() {
            Arrays.fill(buffer, (byte) 0xEE);
            if (!source.hasNext()) {
                return false;
            }
            Map.Entry<byte[], Record> entry = source.next();
            key.setEncoded(entry.getKey(), 0, entry.getKey().length);
            record.wrap(buffer, 0, entry.getValue().encode(buffer, 0));
            return true;
        }

        @Override
        public Key key() {
            return key;
        }

        @Override
        public Record record() {
            return record;
        }

        @Override
        public void close() {
            closed = true;
        }
    }

    @ParameterizedTest
    @ValueSource(longs = {1, 2, 3, 4, 5, 6})
    void givesEachKeyOnceWithTheMergeOfAll(long seed) {
        Random random = new Random(seed);
        for (int sources = 0; sources < 9; sources++) {
            TreeMap<byte[], Record> expected = new TreeMap<>(Arrays::compareUnsigned);
            List<ReusingCursor> cursors = new ArrayList<>();
            for (int i = 0; i < sources; i++) {
                TreeMap<byte[], Record> source = new TreeMap<>(Arrays::compareUnsigned);
                for (int j = random.nextInt(100); j > 0; j--) {
                    Key key = new Key().set(random.nextInt(2), ("k" + random.nextInt(120)).getBytes());
                    source.put(Arrays.copyOf(key.bytes(), key.size()), record(random));
                }
                source.forEach((key, record) -> expected.merge(
                        key, new Record().copyOf(record), (a, b) -> new Record().copyOf(a.merge(b))));
                cursors.add(new ReusingCursor(source));
            }
            try (MergingCursor merging = new MergingCursor(cursors)) {
                for (Map.Entry<byte[], Record> entry : expected.entrySet()) {
                    assertThat(merging.next()).as("seed " + seed).isTrue();
                    assertThat(Arrays.copyOf(merging.key().bytes(), merging.key().size())).isEqualTo(entry.getKey());
                    assertThat(encoded(merging.record())).as("seed " + seed).isEqualTo(encoded(entry.getValue()));
                }
                assertThat(merging.next()).isFalse();
                assertThat(merging.next()).isFalse();
            }
            assertThat(cursors).allMatch(cursor -> cursor.closed);
        }
    }

    @Test
    void ofNothingIsEmpty() {
        try (MergingCursor merging = new MergingCursor(List.of())) {
            assertThat(merging.next()).isFalse();
        }
    }

    private static Record record(Random random) {
        long hlc = random.nextInt(50);
        return switch (random.nextInt(4)) {
            case 0 -> new Record().setTombstone(hlc, 1);
            case 1 -> new Record().setExpiry(hlc, 1, random.nextInt(100));
            default -> {
                byte[] value = new byte[random.nextInt(40)];
                random.nextBytes(value);
                yield new Record().setValue(hlc, random.nextInt(3), random.nextInt(2) * 77L, value, 0, value.length);
            }
        };
    }

    private static byte[] encoded(Record record) {
        byte[] encoded = new byte[record.size()];
        record.encode(encoded, 0);
        return encoded;
    }
}
