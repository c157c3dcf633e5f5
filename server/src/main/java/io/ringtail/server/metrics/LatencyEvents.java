package io.ringtail.server.metrics;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * Things that took longer than {@code latency-monitor-threshold}, by kind of event, the newest {@value #SAMPLES} of each. Guarded by itself;
 * what is fast enough costs one volatile read.
 */
public final class LatencyEvents {
    private static final int SAMPLES = 160;

    /** One slow event. */
    public record Sample(long unixSeconds, long millis) {}

    /** What is known of one kind of event. */
    public record Event(String name, Sample latest, long maxMillis) {}

    private static final class Series {
        final ArrayList<Sample> samples = new ArrayList<>();
        long maxMillis;
    }

    private final Map<String, Series> series = new TreeMap<>();
    private volatile long thresholdNanos = Long.MAX_VALUE;

    /** @param millis events at least this slow are kept; 0: none */
    public void thresholdMillis(long millis) {
        thresholdNanos = millis == 0 ? Long.MAX_VALUE : millis * 1_000_000;
    }

    public void record(String event, long nanos) {
        if (nanos >= thresholdNanos) {
            add(event, new Sample(System.currentTimeMillis() / 1000, nanos / 1_000_000));
        }
    }

    private synchronized void add(String event, Sample sample) {
        Series of = series.computeIfAbsent(event, unused -> new Series());
        if (of.samples.size() == SAMPLES) {
            of.samples.removeFirst();
        }
        of.samples.add(sample);
        of.maxMillis = Math.max(of.maxMillis, sample.millis());
    }

    public synchronized List<Event> latest() {
        List<Event> events = new ArrayList<>();
        series.forEach((name, of) -> events.add(new Event(name, of.samples.getLast(), of.maxMillis)));
        return events;
    }

    public synchronized List<Sample> history(String event) {
        Series of = series.get(event);
        return of == null ? List.of() : List.copyOf(of.samples);
    }

    /** Forgets one kind of event; false when there was none. */
    public synchronized boolean reset(String event) {
        return series.remove(event) != null;
    }

    public synchronized int resetAll() {
        int count = series.size();
        series.clear();
        return count;
    }
}
