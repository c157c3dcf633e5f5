/**
 * The production node in the simulated world: the cluster's code over the engine's stores on simulated disks, driven turn by turn as a server's loops drive it.
 *
 * <p>Imports {@code simulation}, whose node it is, and of the cluster and the engine what a server opens. Start reading at {@link
 * io.ringtail.bench.simulation.node.RunningNode}.
 */
@NullMarked
package io.ringtail.bench.simulation.node;

import org.jspecify.annotations.NullMarked;
