@NullMarked
package io.ringtail.server;

import org.jspecify.annotations.NullMarked;
