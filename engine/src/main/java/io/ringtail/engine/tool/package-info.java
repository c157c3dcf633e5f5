/**
 * What an operator does to a store that no server has open: looking into its files, checking all of them, mending the log.
 *
 * <p>Imports the rooms whose files it reads. Start reading at {@link io.ringtail.engine.tool.OfflineStore}.
 */
@NullMarked
package io.ringtail.engine.tool;

import org.jspecify.annotations.NullMarked;
