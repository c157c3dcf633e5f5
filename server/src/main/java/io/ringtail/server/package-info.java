/**
 * The process: sockets, commands, sessions, configuration, counters and the command line, wired together in {@link
 * io.ringtail.server.Server}.
 *
 * <p>Packages know each other in this order, each only what stands before it: {@code config}, {@code metrics}, {@code session}, {@code
 * command}, {@code net} and {@code data}, this one, {@code cli}. Start reading at {@link io.ringtail.server.Server}.
 */
@NullMarked
package io.ringtail.server;

import org.jspecify.annotations.NullMarked;
