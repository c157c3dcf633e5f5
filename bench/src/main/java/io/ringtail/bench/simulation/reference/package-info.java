/**
 * A model of a node, as small as can be, that keeps what the cluster promises: a replicated register with quorums, re-versioned writes, read repair, hints and a
 * topology by majority. It shows that the simulated world and the checkers do their work, with and without flaws planted, and is what to compare the real one with.
 *
 * <p>Imports {@code simulation}, whose node it is, and the cluster's contracts. Start reading at {@link
 * io.ringtail.bench.simulation.reference.ReferenceNode}.
 */
@NullMarked
package io.ringtail.bench.simulation.reference;

import org.jspecify.annotations.NullMarked;
