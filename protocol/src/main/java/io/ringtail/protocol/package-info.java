/**
 * The Redis wire, both versions of it: requests decoded on one side, replies written on the other.
 *
 * <p>Knows bytes and nothing of what commands mean. May import Netty's buffers, and nothing else of Ringtail; the
 * client's side is {@code io.ringtail.protocol.client}. Start reading at {@link io.ringtail.protocol.RequestDecoder}
 * and {@link io.ringtail.protocol.ReplyWriter}.
 */
@NullMarked
package io.ringtail.protocol;

import org.jspecify.annotations.NullMarked;
