/**
 * What the server counts and remembers of its own work.
 *
 * <p>Imports nothing of the server. Start reading at {@link io.ringtail.server.metrics.Metrics}.
 */
@NullMarked
package io.ringtail.server.metrics;

import org.jspecify.annotations.NullMarked;
