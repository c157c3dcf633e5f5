package io.ringtail.bench.load;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What one server did under one load in one round. Immutable.
 *
 * @param cpuMicrosPerRequest CPU time of all the server's threads; not a number where that is not told
 * @param residentMegabytes of the server at the end
 */
record LoadFigures(LoadResult result, double cpuMicrosPerRequest, double residentMegabytes) {
    static final List<Column> COLUMNS = List.of(
            new Column("ops/s", figures -> figures.result().requestsPerSecond()),
            new Column("p50 us", figures -> figures.result().p50Micros()),
            new Column("p99 us", figures -> figures.result().p99Micros()),
            new Column("CPU us/op", LoadFigures::cpuMicrosPerRequest),
            new Column("RSS MB", LoadFigures::residentMegabytes),
            new Column("driver busy", figures -> figures.result().driverBusy()));

    record Column(String name, ToDoubleFunction<LoadFigures> figure) {
        double[] of(List<LoadFigures> rounds) {
            return rounds.stream().mapToDouble(figure).toArray();
        }
    }
}
