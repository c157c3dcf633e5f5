/**
 * What each Redis command means: one table, one class per family of commands.
 *
 * <p>A family registers its commands with {@link io.ringtail.server.command.CommandTable}, metadata and handler together; {@code
 * COMMAND}, the dispatcher's checks and key routing all read that table. Imports {@code config}, {@code metrics}, {@code session}, the wire,
 * records, the coordinator's session and, for what tells of the cluster, the node with its ring, gossip, hints and links; neither sockets nor the engine's inside. Start
 * reading at {@link io.ringtail.server.command.Call}, for the cluster at {@link io.ringtail.server.command.ClusterView}.
 */
@NullMarked
package io.ringtail.server.command;

import org.jspecify.annotations.NullMarked;
