/**
 * A world in one thread: time, machines, their loops, clocks and disks, and the network between them, all driven by one queue of events and one seed. What runs in it
 * cannot tell it from the real one but by its luck, which is worse.
 *
 * <p>Imports the cluster's {@code transport}, {@code topology} and {@code clock}, which it implements, and the engine's simulated disk. Knows nothing of what it
 * carries. Start reading at {@link io.ringtail.bench.simulation.world.SimulatedWorld}.
 */
@NullMarked
package io.ringtail.bench.simulation.world;

import org.jspecify.annotations.NullMarked;
