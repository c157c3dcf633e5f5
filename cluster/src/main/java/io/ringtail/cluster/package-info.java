@NullMarked
package io.ringtail.cluster;

import org.jspecify.annotations.NullMarked;
