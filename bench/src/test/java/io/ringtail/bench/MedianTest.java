package io.ringtail.bench;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class MedianTest {
    @Test
    void oneDisturbedRoundDoesNotMoveIt() {
        assertThat(Median.of(10, 1_000_000, 11)).isEqualTo(11);
        assertThat(Median.of(4, 1, 3, 2)).isEqualTo(2.5);
        assertThat(Median.of(Double.NaN, 7)).isEqualTo(7);
        assertThat(Median.of()).isNaN();
    }

    @Test
    void aRatioIsOfFiguresOfTheSameRound() {
        // The ratio of the medians would be 20 / 10.
        assertThat(Median.ofRatios(new double[] {20, 30, 10}, new double[] {20, 10, 5})).isEqualTo(2);
        assertThat(Median.ofRatios(new double[] {20, 30, 10}, new double[] {10, 30, 30})).isEqualTo(1);
        assertThat(Median.ofRatios(new double[] {1}, new double[] {0})).isNaN();
    }

    @Test
    void numbersAreShownWithThreeDigitsOrAllOfThem() {
        assertThat(TextTable.number(1_234_567.8)).isEqualTo("1,234,568");
        assertThat(TextTable.number(12.345)).isEqualTo("12.3");
        assertThat(TextTable.number(1.234)).isEqualTo("1.23");
        assertThat(TextTable.number(0.0123)).isEqualTo("0.012");
        assertThat(TextTable.number(Double.NaN)).isEqualTo("-");
    }

    @Test
    void columnsAreLinedUp() {
        assertThat(new TextTable().row("a", "bb", "c").row("aaa", "b", "ccc").toString())
                .isEqualTo("a    bb    c\naaa   b  ccc\n");
    }
}
