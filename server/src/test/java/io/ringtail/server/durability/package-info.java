/**
 * What survives: a server in a process of its own is killed, its power cut, its disk filled and made to fail, its files damaged, and
 * what it acknowledged is compared with what it serves afterwards.
 *
 * <p>Start reading at {@link io.ringtail.server.durability.ClientHistory}, which knows what may be there and what must.
 */
@NullMarked
package io.ringtail.server.durability;

import org.jspecify.annotations.NullMarked;
