/**
 * The command line, {@code ringtail}: one class for each of its commands.
 *
 * <p>Start reading at {@link io.ringtail.server.cli.Main}.
 */
@NullMarked
package io.ringtail.server.cli;

import org.jspecify.annotations.NullMarked;
