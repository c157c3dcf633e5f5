/**
 * Time that only goes forward: what gives every write its version. Pure; the wall clock is handed in. Uses nothing of Ringtail.
 *
 * <p>Start reading at {@link io.ringtail.cluster.clock.HybridLogicalClock}.
 */
@NullMarked
package io.ringtail.cluster.clock;

import org.jspecify.annotations.NullMarked;
