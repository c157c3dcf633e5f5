/**
 * The whole engine beside others that do the same job: the same work given to each, in turns, in one process, every
 * answer checked.
 *
 * <p>May import the engine and its peers, not {@code server}. Start reading at {@link
 * io.ringtail.bench.compare.EngineComparison}.
 */
@NullMarked
package io.ringtail.bench.compare;

import org.jspecify.annotations.NullMarked;
