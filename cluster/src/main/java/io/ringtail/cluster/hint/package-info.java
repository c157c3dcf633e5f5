/**
 * What a member missed while it could not be reached, kept for it by others until it can. A hint is a record in a store of its own, found by whose it is; delivery
 * sends hints as ordinary writes, which merge, so that neither their order nor a second delivery matters. Bounded in bytes and in age: beyond, repair mends.
 *
 * <p>Uses the engine and its records, {@code cluster.clock}, {@code cluster.flaw} and {@code cluster.transport}; no threads. Start reading at {@link
 * io.ringtail.cluster.hint.HintStore}.
 */
@NullMarked
package io.ringtail.cluster.hint;

import org.jspecify.annotations.NullMarked;
