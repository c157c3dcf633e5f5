/**
 * What each Redis command means: one table, one class per family of commands.
 *
 * <p>A family registers its commands with {@link io.ringtail.server.command.CommandTable}, metadata and handler together; {@code
 * COMMAND}, the dispatcher's checks and key routing all read that table. Imports {@code config}, {@code metrics}, {@code session}, the wire,
 * records and the coordinator's session; neither sockets nor the engine's inside. Start reading at {@link
 * io.ringtail.server.command.Call}.
 */
@NullMarked
package io.ringtail.server.command;

import org.jspecify.annotations.NullMarked;
