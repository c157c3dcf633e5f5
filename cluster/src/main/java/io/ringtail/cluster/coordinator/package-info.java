/**
 * Takes a client's reads and writes to the replicas that own the keys, and gives each write its version.
 *
 * <p>Start reading at {@link io.ringtail.cluster.coordinator.DataSession}.
 */
@NullMarked
package io.ringtail.cluster.coordinator;

import org.jspecify.annotations.NullMarked;
