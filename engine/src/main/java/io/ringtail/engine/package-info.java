@NullMarked
package io.ringtail.engine;

import org.jspecify.annotations.NullMarked;
