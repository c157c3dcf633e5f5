package io.ringtail.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class DecimalTest {
    private static long parse(String text) {
        byte[] padded = Wire.bytes("9" + text + "9");
        return Decimal.parse(padded, 1, padded.length - 1);
    }

    @Test
    void parsesWhatItWrites() {
        long seed = Wire.seed();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 20_000; i++) {
            long value = random.nextLong() >> random.nextInt(64);
            byte[] array = new byte[Decimal.MAX_CHARS + 1];
            int end = Decimal.write(value, array, 1);
            assertThat(new String(array, 1, end - 1, StandardCharsets.US_ASCII))
                    .as("seed %s", seed)
                    .isEqualTo(Long.toString(value))
                    .hasSize(Decimal.chars(value));
            assertThat(Decimal.parse(array, 1, end)).isEqualTo(value);
        }
    }

    @Test
    void refusesEverySpellingButOne() {
        for (String text : List.of(
                "", "-", "+1", "01", "-0", "-01", "00", " 1", "1 ", "1.0", "1e3", "0x1", "--1", "1-", "\u00b2")) {
            assertThat(parse(text)).as(text).isEqualTo(Decimal.INVALID);
        }
        assertThat(parse("0")).isZero();
        assertThat(parse("-1")).isEqualTo(-1);
    }

    @Test
    void refusesWhatDoesNotFit64Bits() {
        BigInteger max = BigInteger.valueOf(Long.MAX_VALUE);
        for (int beyond = 1; beyond < 1000; beyond++) {
            assertThat(parse(max.add(BigInteger.valueOf(beyond)).toString())).isEqualTo(Decimal.INVALID);
            assertThat(parse(max.add(BigInteger.valueOf(beyond + 1)).negate().toString())).isEqualTo(Decimal.INVALID);
        }
        assertThat(parse("18446744073709551617")).isEqualTo(Decimal.INVALID);
        assertThat(parse("99999999999999999999")).isEqualTo(Decimal.INVALID);
        assertThat(parse("9223372036854775807")).isEqualTo(Long.MAX_VALUE);
        assertThat(parse("-9223372036854775807")).isEqualTo(-Long.MAX_VALUE);
    }

    @Test
    void knowsTheSmallestLong() {
        byte[] smallest = Wire.bytes("-9223372036854775808");
        assertThat(Decimal.isMinLong(smallest, 0, smallest.length)).isTrue();
        assertThat(Decimal.isMinLong(smallest, 1, smallest.length)).isFalse();
    }
}
