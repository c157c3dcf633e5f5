package io.ringtail.bench.compare;

import java.util.List;
import java.util.function.ToDoubleFunction;

/**
 * What one engine did in one round. Immutable.
 *
 * @param fillsPerSecond keys written in random order, until the last was accepted
 * @param settledPerSecond the same, until they were all in sorted files and nothing was left to merge
 * @param readsPerSecond random reads of keys that are there
 * @param missesPerSecond random reads of keys that are not
 * @param scansPerSecond pairs of a scan over all
 * @param writtenPerByte bytes given to the system by writes, for each byte of keys and values; not a number where
 *     that is not told
 * @param tableBytes of the sorted files
 * @param diskBytes of all files after reopening, space reserved for the log included
 */
record EngineFigures(
        double fillsPerSecond,
        double settledPerSecond,
        double readsPerSecond,
        double missesPerSecond,
        double scansPerSecond,
        double writtenPerByte,
        double tableBytes,
        double diskBytes) {
    /** What the table shows. */
    static final List<Row> ROWS = List.of(
            new Row("fill, keys/s", EngineFigures::fillsPerSecond),
            new Row("fill and settle, keys/s", EngineFigures::settledPerSecond),
            new Row("random reads/s", EngineFigures::readsPerSecond),
            new Row("missing keys/s", EngineFigures::missesPerSecond),
            new Row("scan, pairs/s", EngineFigures::scansPerSecond),
            new Row("bytes written per byte", EngineFigures::writtenPerByte),
            new Row("MB of tables", figures -> figures.tableBytes() / 1e6),
            new Row("MB on disk", figures -> figures.diskBytes() / 1e6));

    record Row(String name, ToDoubleFunction<EngineFigures> figure) {}

    static double[] column(List<EngineFigures> rounds, Row row) {
        return rounds.stream().mapToDouble(row.figure()).toArray();
    }
}
