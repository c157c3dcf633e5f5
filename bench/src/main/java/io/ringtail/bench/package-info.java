/**
 * How fast Ringtail is, and beside what: {@code micro} measures single parts with JMH, {@code compare} the engine
 * beside RocksDB, {@code load} a whole server beside Redis. Nothing depends on this module. {@code
 * docs/benchmarks.md} says how to run each.
 *
 * <p>Start reading at {@link io.ringtail.bench.BenchCommand}.
 */
@NullMarked
package io.ringtail.bench;

import org.jspecify.annotations.NullMarked;
