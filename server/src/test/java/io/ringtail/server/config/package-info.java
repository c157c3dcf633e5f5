/** Tests of the settings. */
@NullMarked
package io.ringtail.server.config;

import org.jspecify.annotations.NullMarked;
