package io.ringtail.bench.load;

/**
 * What a load came to. Immutable.
 *
 * @param requests answered
 * @param seconds from the first request to the last reply
 * @param p50Micros half of the replies came within this, counted from when their batch was sent; not a number when nobody measured it
 * @param p99Micros 99 of 100 did
 * @param missing replies that said there is no such key
 */
public record LoadResult(long requests, double seconds, double p50Micros, double p99Micros, long missing) {
    public double requestsPerSecond() {
        return requests / seconds;
    }
}
