/** Tests of clusters of real processes to which things happen while clients write. */
@NullMarked
package io.ringtail.server.failover;

import org.jspecify.annotations.NullMarked;
