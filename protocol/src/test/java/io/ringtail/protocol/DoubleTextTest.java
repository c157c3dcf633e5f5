package io.ringtail.protocol;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DoubleTextTest {
    @ParameterizedTest
    @CsvSource({
        "0, 0", "-0.0, -0", "1, 1", "-1, -1", "3.14, 3.14", "-3.14, -3.14", "0.1, 0.1", "0.3, 0.3", "100, 100",
        "10000000, 10000000", "123456789012, 123456789012", "1e17, 100000000000000000",
        "4611686018427387904, 4611686018427387904",
        "1e19, 1e+19", "1e22, 1e+22", "12345678901234567890, 12345678901234567000", "1.5e300, 1.5e+300",
        "1e100, 1e+100",
        "0.5, 0.5", "0.0001, 0.0001", "0.000001, 0.000001", "1e-7, 1e-7", "1.5e-7, 1.5e-7",
        "0.00123456789, 0.00123456789",
        "0.000123456789, 1.23456789e-4", "-2.5e-10, -2.5e-10", "4.9E-324, 4.9e-324",
        "1.7976931348623157E308, 1.7976931348623157e+308",
        "1234.5678, 1234.5678", "NaN, nan", "Infinity, inf", "-Infinity, -inf", "17179869184.5, 17179869184.5"
    })
    void spellsAsRedisDoes(double value, String text) {
        assertThat(DoubleText.of(value)).isEqualTo(text);
    }

    @Test
    void readsBackAsTheSameNumber() {
        long seed = Wire.seed();
        SplittableRandom random = new SplittableRandom(seed);
        for (int i = 0; i < 20_000; i++) {
            double value = i % 2 == 0 ? Double.longBitsToDouble(random.nextLong()) : random.nextInt(1_000_000) / 1000.0;
            if (Double.isFinite(value)) {
                assertThat(Double.parseDouble(DoubleText.of(value))).as("seed %s", seed).isEqualTo(value);
            }
        }
    }
}
