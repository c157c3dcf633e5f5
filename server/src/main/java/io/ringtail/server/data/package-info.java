/**
 * The data behind a server: opens the store a configuration names and the coordinator over it, and logs what the store does.
 *
 * <p>The only room of the server that knows the engine as a whole. Start reading at {@link io.ringtail.server.data.ClusterDataSource}.
 */
@NullMarked
package io.ringtail.server.data;

import org.jspecify.annotations.NullMarked;
