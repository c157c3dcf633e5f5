/**
 * Takes a client's reads and writes to the replicas that own the keys, and gives each write its version. Today the only replica is this
 * node's store, and every quorum is one.
 *
 * <p>Imports {@code clock} and the engine. Start reading at {@link io.ringtail.cluster.coordinator.DataSession}, what commands see,
 * then {@link io.ringtail.cluster.coordinator.LocalCoordinator}.
 */
@NullMarked
package io.ringtail.cluster.coordinator;

import org.jspecify.annotations.NullMarked;
