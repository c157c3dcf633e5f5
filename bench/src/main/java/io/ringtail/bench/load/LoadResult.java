package io.ringtail.bench.load;

/**
 * What a load came to. Immutable.
 *
 * @param requests answered
 * @param seconds from the first request to the last reply
 * @param p50Micros half of the replies came within this, counted from when their batch was sent; not a number when
 *     nobody measured it
 * @param p99Micros 99 of 100 did
 * @param missing replies that said there is no such key
 * @param driverBusy share of the time the driver's thread was computing, 0 to 1: near 1 it is the driver that was
 *     measured; not a number when nobody knows
 */
public record LoadResult(
        long requests, double seconds, double p50Micros, double p99Micros, long missing, double driverBusy) {
    public double requestsPerSecond() {
        return requests / seconds;
    }
}
