package io.ringtail.bench;

import java.util.Arrays;

/** The middle of a few figures: one round that something disturbed does not move it. Pure. */
public final class Median {
    private Median() {}

    /**
     * The mean of the two in the middle when there is an even number; figures that are not a number are left out; NaN
     * of none.
     */
    public static double of(double... figures) {
        double[] sorted = Arrays.stream(figures).filter(figure -> !Double.isNaN(figure)).sorted().toArray();
        if (sorted.length == 0) {
            return Double.NaN;
        }
        int middle = sorted.length / 2;
        return sorted.length % 2 == 1 ? sorted[middle] : (sorted[middle - 1] + sorted[middle]) / 2;
    }

    /** The median of {@code a[i] / b[i]}: each round's ratio is of figures that were taken side by side. */
    public static double ofRatios(double[] a, double[] b) {
        double[] ratios = new double[Math.min(a.length, b.length)];
        for (int i = 0; i < ratios.length; i++) {
            ratios[i] = b[i] == 0 ? Double.NaN : a[i] / b[i];
        }
        return of(ratios);
    }
}
