/**
 * Who belongs to the cluster and who owns what: the one small record that all nodes agree on, epoch by epoch. Immutable values and pure functions;
 * uses nothing of Ringtail but {@code cluster.message}, in whose form the record travels and is kept.
 *
 * <p>Start reading at {@link io.ringtail.cluster.topology.Topology}.
 */
@NullMarked
package io.ringtail.cluster.topology;

import org.jspecify.annotations.NullMarked;
