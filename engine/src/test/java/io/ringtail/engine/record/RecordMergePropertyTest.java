package io.ringtail.engine.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Random;
import org.junit.jupiter.api.Test;

/** The laws of merge, for random records with versions that collide on purpose. */
class RecordMergePropertyTest {
    @Test
    void isCommutativeAssociativeIdempotentAndNeverGoesBack() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int step = 0; step < 200_000; step++) {
            Record a = random(random);
            Record b = random(random);
            Record c = random(random);
            String context = "seed " + seed + ": " + a + " " + b + " " + c;
            assertThat(encoded(merge(a, b))).as(context).isEqualTo(encoded(merge(b, a)));
            assertThat(encoded(merge(a, merge(b, c)))).as(context).isEqualTo(encoded(merge(merge(a, b), c)));
            assertThat(encoded(merge(a, a))).as(context).isEqualTo(encoded(a));
            assertThat(encoded(merge(merge(a, b), b))).as(context).isEqualTo(encoded(merge(a, b)));
            Record merged = merge(a, b);
            for (Record side : new Record[] {a, b}) {
                if (side.hasValue()) {
                    assertThat(Record.compareVersion(merged.hlc(), merged.actor(), side.hlc(), side.actor()))
                            .as(context)
                            .isGreaterThanOrEqualTo(0);
                }
            }
        }
    }

    private static Record merge(Record a, Record b) {
        return new Record().copyOf(new Record().copyOf(a).merge(b));
    }

    private static byte[] encoded(Record record) {
        byte[] bytes = new byte[record.size()];
        record.encode(bytes, 0);
        return bytes;
    }

    private static Record random(Random random) {
        Record record = new Record();
        long hlc = random.nextInt(4) - 1;
        long actor = random.nextInt(2) - 1;
        switch (random.nextInt(4)) {
            case 0 -> record.setTombstone(hlc, actor);
            case 1 -> record.setExpiry(hlc, actor, random.nextInt(3));
            default -> {
                byte[] value = new byte[random.nextInt(3)];
                random.nextBytes(value);
                record.setValue(hlc, actor, random.nextInt(3), value, 0, value.length);
            }
        }
        if (random.nextInt(4) == 0) {
            record.merge(new Record().setExpiry(random.nextInt(4) - 1, random.nextInt(2), random.nextInt(3)));
        }
        return new Record().copyOf(record);
    }

    @Test
    void aSetVoidsEveryExpiryOlderThanItselfAndKeepsALaterOne() {
        byte[] value = {1};
        Record set = new Record().setValue(5, 1, 0, value, 0, 1);
        assertThat(merge(set, new Record().setExpiry(4, 1, 999)).expireAtMillis()).isZero();
        assertThat(merge(set, new Record().setExpiry(6, 1, 999)).expireAtMillis()).isEqualTo(999);
        Record persisted = merge(merge(set, new Record().setExpiry(6, 1, 999)), new Record().setExpiry(7, 1, 0));
        assertThat(persisted.isLive(1_000_000)).isTrue();
        assertThat(merge(set, new Record().setExpiry(6, 1, 999)).isLive(999)).isFalse();
        assertThat(merge(set, new Record().setExpiry(6, 1, 999)).isLive(998)).isTrue();
    }
}
