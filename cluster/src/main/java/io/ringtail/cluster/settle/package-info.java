/**
 * When replicas may forget: up to which time the books are closed, and up to which time all replicas of a partition are known to hold the same.
 *
 * <p>A tombstone hides older versions that may be anywhere: on a replica that missed it, in a hint, in a message on its way. It may be forgotten once none of them can turn up any
 * more. Three times say so, each at most the one before:
 *
 * <ol>
 *   <li><b>Closed.</b> A member takes no write of a client into its store or its hints any more that is not later (it answers which version would do, and the coordinator writes
 *       again with one), and it has no hint that is as old.
 *   <li><b>Whole.</b> All members have closed their books through that time, and since then a replica has compared all that it holds with every other replica. So it
 *       holds whatever any of them held of that time, and nothing of that time can be added: whatever is older, and is not here, was superseded.
 *   <li><b>Settled.</b> All replicas of a partition are whole through that time. A tombstone that is as old hides nothing any more, anywhere.
 * </ol>
 *
 * <p>Nothing here depends on clocks being right, or on how long anything takes: a wrong clock, a member that is down or a replica that cannot be compared only put off forgetting.
 */
@NullMarked
package io.ringtail.cluster.settle;

import org.jspecify.annotations.NullMarked;
