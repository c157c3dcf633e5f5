/**
 * The Redis wire, both versions of it: requests decoded on one side, replies written on the other.
 *
 * <p>Knows bytes and nothing of what commands mean. Start reading at {@link io.ringtail.protocol.RequestDecoder} and {@link
 * io.ringtail.protocol.ReplyWriter}.
 */
@NullMarked
package io.ringtail.protocol;

import org.jspecify.annotations.NullMarked;
