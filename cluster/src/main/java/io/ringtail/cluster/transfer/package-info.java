/**
 * Handing partitions over: what members that become replicas are sent by those that are, and who sees to it that it gets done.
 *
 * <p>{@link io.ringtail.cluster.transfer.Transfers} is what one node sends, {@link io.ringtail.cluster.transfer.Handover} one partition on its way to one member,
 * {@link io.ringtail.cluster.transfer.Rebalancer} what moves the topology on. Start reading at the last: it tells the whole story. Imports {@code ring}, {@code
 * topology}, {@code message} and {@code transport}; nothing of clients' requests.
 */
@NullMarked
package io.ringtail.cluster.transfer;

import org.jspecify.annotations.NullMarked;
