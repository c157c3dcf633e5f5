package io.ringtail.bench.compare;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class DatasetTest {
    private final Dataset dataset = new Dataset(100);

    @Test
    void aValueIsKnownByItsNumber() {
        byte[] value = new byte[100];
        for (int number = 0; number < 100; number++) {
            dataset.value(number, value);
            assertThat(dataset.isValue(number, value, 0, 100)).isTrue();
            assertThat(dataset.isValue(number + 1, value, 0, 100)).isFalse();
            assertThat(dataset.isValue(number, value, 0, 99)).isFalse();
            value[number] ^= 1;
            assertThat(dataset.isValue(number, value, 0, 100)).isFalse();
        }
    }

    @Test
    void keysTellTheirNumberAndAreInNoOrder() {
        byte[] key = new byte[Dataset.KEY_BYTES];
        int ascents = 0;
        byte last = 0;
        for (long number = 0; number < 1000; number++) {
            Dataset.key(number, key);
            assertThat(Dataset.number(key, 0)).isEqualTo(number);
            ascents += (key[0] & 0xFF) > (last & 0xFF) ? 1 : 0;
            last = key[0];
        }
        assertThat(ascents).isBetween(400, 600);
    }

    @Test
    void drawsStayBelowTheirBoundAndReachIt() {
        Set<Long> drawn = new HashSet<>();
        for (long draw = 0; draw < 1000; draw++) {
            drawn.add(Dataset.below(draw, 10));
        }
        assertThat(drawn).containsExactlyInAnyOrder(0L, 1L, 2L, 3L, 4L, 5L, 6L, 7L, 8L, 9L);
    }
}
