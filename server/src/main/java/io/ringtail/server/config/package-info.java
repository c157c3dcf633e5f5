/**
 * What an operator can set: one table of settings, from which the file, the command line, {@code CONFIG} and {@code --help} come.
 *
 * <p>Imports nothing of the server. Start reading at {@link io.ringtail.server.config.Settings}.
 */
@NullMarked
package io.ringtail.server.config;

import org.jspecify.annotations.NullMarked;
