/** Tests of clusters that the command line runs. */
@NullMarked
package io.ringtail.server.local;

import org.jspecify.annotations.NullMarked;
