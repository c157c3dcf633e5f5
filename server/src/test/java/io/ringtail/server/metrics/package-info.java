/** Tests of what is counted. */
@NullMarked
package io.ringtail.server.metrics;

import org.jspecify.annotations.NullMarked;
