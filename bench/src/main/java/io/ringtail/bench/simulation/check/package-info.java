/**
 * What was promised, held against what was seen: a history of clients' operations, the state the nodes were left in, and checkers, each named for what it proves.
 *
 * <p>Pure: uses nothing but the engine's order of versions. Start reading at {@link io.ringtail.bench.simulation.check.History}, then {@link
 * io.ringtail.bench.simulation.check.NothingStale}.
 */
@NullMarked
package io.ringtail.bench.simulation.check;

import org.jspecify.annotations.NullMarked;
