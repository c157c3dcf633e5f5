/** Tests of event loops as such. */
@NullMarked
package io.ringtail.server.loop;

import org.jspecify.annotations.NullMarked;
