/**
 * Whole clusters in one thread, from a seed: simulated clients read and write through nodes that crash, pause, lose each other and disbelieve the clock, and what they
 * saw is held against what was promised.
 *
 * <p>{@code world} is what nodes run in, {@code check} what is proved, {@code node} the real node in this world, {@code reference} a small model of one that shows that world and checkers work. Here is what drives
 * them. Imports the first two, and of the cluster what a node is told at its start. Start reading at {@link io.ringtail.bench.simulation.Simulation}, then {@link
 * io.ringtail.bench.simulation.SimulatedNode}, what a kind of node implements to be simulated.
 */
@NullMarked
package io.ringtail.bench.simulation;

import org.jspecify.annotations.NullMarked;
