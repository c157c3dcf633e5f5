/**
 * What clients feel while a cluster changes: real processes, paced clients, one change after the other.
 *
 * <p>May import {@code server}'s {@code local}, which starts and stops the processes; what is measured is reached through its port. Start reading at {@link
 * io.ringtail.bench.changes.ChangesCommand}.
 */
@NullMarked
package io.ringtail.bench.changes;

import org.jspecify.annotations.NullMarked;
