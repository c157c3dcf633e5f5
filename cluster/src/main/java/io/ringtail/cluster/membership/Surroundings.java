package io.ringtail.cluster.membership;

import io.ringtail.cluster.transport.Calls;
import io.ringtail.cluster.transport.Links;
import io.ringtail.cluster.transport.Loop;
import java.util.function.BooleanSupplier;
import java.util.random.RandomGenerator;

/**
 * What membership needs of the node it is in. Immutable.
 *
 * @param loop the control loop
 * @param calls its requests to others
 * @param links its links, which membership directs
 * @param holdsNoData whether this node keeps nothing that a client wrote, hints for others included; {@link
 *     io.ringtail.cluster.register.TopologyAcceptor#load} says how it has to look
 * @param random for pauses and the id of a new cluster
 * @param versions what the members speak
 */
public record Surroundings(Loop loop, Calls calls, Links links, BooleanSupplier holdsNoData, RandomGenerator random, SpokenVersions versions) {}
