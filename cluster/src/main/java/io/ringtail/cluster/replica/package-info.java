/**
 * What a replica does for the coordinators of its keys: merges what they send, reads what they ask for, and says honestly what it holds. Uses the engine, {@code
 * cluster.message}, {@code cluster.transport} and {@code cluster.ring}.
 *
 * <p>Start reading at {@link io.ringtail.cluster.replica.Replica}.
 */
@NullMarked
package io.ringtail.cluster.replica;

import org.jspecify.annotations.NullMarked;
