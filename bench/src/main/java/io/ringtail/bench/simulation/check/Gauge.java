package io.ringtail.bench.simulation.check;

/**
 * Something a node counts: how many there are now and how many there may be. Immutable.
 *
 * @param limit the most there may be at any time
 */
public record Gauge(String name, long value, long limit) {}
