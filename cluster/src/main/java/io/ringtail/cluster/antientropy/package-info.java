/**
 * Anti-entropy: replicas compare what they hold, all the time and without being asked, and mend what differs. A hash of each small range of the ring, kept up to date as
 * writes come, tells two members with a few bytes that they hold the same; where they do not, they walk down to the keys that differ and exchange those.
 *
 * <p>Decides nothing about who is a replica: it is told which member, which range and which keys, and so serves whoever moves data as well. Uses the engine and {@code
 * cluster.flaw}, {@code message}, {@code topology}, {@code ring}, {@code transport} and {@code replica}.
 *
 * <p>Start reading at {@link io.ringtail.cluster.antientropy.AntiEntropy}; {@link io.ringtail.cluster.antientropy.RangeRepair} is one conversation.
 */
@NullMarked
package io.ringtail.cluster.antientropy;

import org.jspecify.annotations.NullMarked;
