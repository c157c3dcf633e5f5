/**
 * The mistakes that tests plant to see them found. One enum; uses nothing of Ringtail.
 *
 * <p>Start reading at {@link io.ringtail.cluster.flaw.Flaw}.
 */
@NullMarked
package io.ringtail.cluster.flaw;

import org.jspecify.annotations.NullMarked;
