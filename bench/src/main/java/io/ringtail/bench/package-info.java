@NullMarked
package io.ringtail.bench;

import org.jspecify.annotations.NullMarked;
