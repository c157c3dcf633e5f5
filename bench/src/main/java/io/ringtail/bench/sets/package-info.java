/**
 * What a change of a set costs, in a small one and in a large one.
 *
 * <p>May import {@code cluster}'s {@code coordinator} and {@code engine}: no network is between. Start reading at {@link io.ringtail.bench.sets.SetsBenchCommand}.
 */
@NullMarked
package io.ringtail.bench.sets;

import org.jspecify.annotations.NullMarked;
