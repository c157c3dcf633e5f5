/**
 * The command line, {@code ringtail}: what serves clients, and an operator's tools for the files of a store that is not running.
 *
 * <p>May import every package of the server, and of the engine its tools. Start reading at {@link io.ringtail.server.cli.Main}.
 */
@NullMarked
package io.ringtail.server.cli;

import org.jspecify.annotations.NullMarked;
