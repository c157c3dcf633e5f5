/**
 * The one file that says which tables are live and where replay of the log starts.
 *
 * <p>Knows tables only by file id. Imports {@code io}. Start reading at {@link io.ringtail.engine.manifest.Manifest}.
 */
@NullMarked
package io.ringtail.engine.manifest;

import org.jspecify.annotations.NullMarked;
