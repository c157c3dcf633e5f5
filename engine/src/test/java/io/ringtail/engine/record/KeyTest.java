package io.ringtail.engine.record;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.SplittableRandom;
import java.util.random.RandomGenerator;
import org.junit.jupiter.api.Test;

class KeyTest {
    private static int slot(String key) {
        byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
        return HashSlot.of(bytes, 0, bytes.length);
    }

    @Test
    void slotsAreThoseOfRedisCluster() {
        // Values of CLUSTER KEYSLOT on a Redis server.
        assertThat(slot("123456789")).isEqualTo(12739);
        assertThat(slot("foo")).isEqualTo(12182);
        assertThat(slot("")).isEqualTo(0);
        assertThat(slot("{foo}bar")).isEqualTo(slot("foo"));
        assertThat(slot("x{foo}{bar}")).isEqualTo(slot("foo"));
        assertThat(slot("{}foo")).isNotEqualTo(slot("foo"));
        assertThat(slot("foo{{bar}}zap")).isEqualTo(slot("{bar"));
        assertThat(slot("foo{bar")).isNotEqualTo(slot("bar"));
    }

    @Test
    void aSlotIsTheRemainderOfTheKeysPolynomialWhateverItsLength() {
        long seed = System.nanoTime();
        RandomGenerator random = new SplittableRandom(seed);
        for (int size = 0; size < 300; size++) {
            byte[] key = new byte[size + 3];
            random.nextBytes(key);
            for (int i = 0; i < key.length; i++) {
                key[i] = key[i] == '{' ? (byte) 'x' : key[i];
            }
            int remainder = 0;
            for (int i = 3; i < key.length; i++) {
                for (int bit = 7; bit >= 0; bit--) {
                    boolean carry = ((remainder >>> 15) ^ (key[i] >>> bit & 1)) != 0;
                    remainder = (remainder << 1 & 0xFFFF) ^ (carry ? 0x1021 : 0);
                }
            }
            assertThat(HashSlot.of(key, 3, size)).as("size %d, seed %d", size, seed).isEqualTo(remainder % HashSlot.COUNT);
        }
    }

    @Test
    void theTokenBeginsWithTheSlotAndTheEncodedFormReadsBack() {
        for (int size : new int[] {0, 1, 127, 128, 20_000, Key.MAX_USER_KEY_SIZE}) {
            byte[] user = new byte[size];
            Arrays.fill(user, (byte) 'k');
            Key key = new Key().set(7, user);
            assertThat(key.slot()).isEqualTo(HashSlot.of(user, 0, size));
            assertThat(key.database()).isEqualTo(7);
            assertThat(key.userKey()).isEqualTo(user);
            Key read = new Key().setEncoded(key.bytes(), 0, key.size());
            assertThat(read.token()).isEqualTo(key.token());
            assertThat(read.userKey()).isEqualTo(user);
            assertThat(read.filterHash()).isEqualTo(key.filterHash());
            assertThat(Key.isTopLevel(key.bytes(), 0, key.size())).isTrue();
            key.setSubkey(new byte[] {1, 2}, 0, 2);
            assertThat(Key.isTopLevel(key.bytes(), 0, key.size())).isFalse();
            assertThat(key.filterHash()).isNotEqualTo(read.filterHash());
        }
    }
}
