/**
 * The consistent-hash ring of one epoch, worked out from the topology once: which members a key is on, in order of preference. Immutable and pure; uses {@code
 * cluster.topology} only.
 *
 * <p>Start reading at {@link io.ringtail.cluster.ring.Ring}.
 */
@NullMarked
package io.ringtail.cluster.ring;

import org.jspecify.annotations.NullMarked;
