/**
 * Single parts, measured with JMH: one class for each. Run by JMH's own main, {@code org.openjdk.jmh.Main}, on the
 * module's class path.
 *
 * <p>May import what it measures, in {@code protocol} and {@code engine}. Start reading at {@link
 * io.ringtail.bench.micro.RequestDecoderBenchmark}.
 */
@NullMarked
package io.ringtail.bench.micro;

import org.jspecify.annotations.NullMarked;
