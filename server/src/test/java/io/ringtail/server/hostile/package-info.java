/**
 * What strangers send: malformed, oversized, endless and unread, over real sockets. Each time the server answers clearly, goes on serving others, and
 * has lost nothing.
 *
 * <p>Start reading at {@link io.ringtail.server.hostile.HostileRequestsTest}.
 */
@NullMarked
package io.ringtail.server.hostile;

import org.jspecify.annotations.NullMarked;
