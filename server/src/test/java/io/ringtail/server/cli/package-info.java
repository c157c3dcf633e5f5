/** Tests of the command line. */
@NullMarked
package io.ringtail.server.cli;

import org.jspecify.annotations.NullMarked;
