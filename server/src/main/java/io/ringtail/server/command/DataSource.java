package io.ringtail.server.command;

import io.netty.channel.EventLoop;
import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.node.ForwardHandler;
import io.ringtail.server.metrics.Metrics;
import java.io.IOException;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The data behind this server, as its assembly hands them over: sessions for threads, and what the server has to tell or to do about
 * storage as a whole. Implemented over the cluster's coordinator and, in tests, over a map on the heap.
 *
 * <p>Safe for concurrent use.
 */
public interface DataSource extends AutoCloseable {
    /** In the place of a position: nothing more becomes durable, ever. */
    long DURABLE_NO_MORE = -1;

    /** A session for one thread; {@code mayBlock} on workers, never on an event loop. The caller closes it. */
    DataSession session(boolean mayBlock);

    /**
     * What one event loop has of the data. Called once for each, before anything else of the loop's.
     *
     * @param beginTurn called when there is something for the end of a turn, so that there will be one
     * @param forwarded carries out what other nodes send
     */
    default LoopData openLoop(EventLoop loop, Runnable beginTurn, ForwardHandler forwarded) {
        DataSession session = session(false);
        return () -> session;
    }

    /**
     * Takes up the node's place among others. Called once, when clients are served.
     *
     * @param clientPort where they are
     * @throws IOException when that is not possible, in one line
     */
    default void start(int clientPort) throws IOException {}

    /** What counts commands and the work of event loops, for who tells others of it. Called once, before {@link #start}. */
    default void metrics(Metrics counted) {}

    /** Ends what joins this node with others, while the event loops still run. */
    default void leave(long timeoutMillis) {}

    /**
     * Has {@code listener} told each time the log has become durable further on: everything up to and including the position given; and once,
     * with {@link #DURABLE_NO_MORE}, when syncing has failed.
     * Called on any thread; the listener does not block.
     */
    void whenDurable(LongConsumer listener);

    /** Why writes are refused now, as an error reply ({@code MISCONF …}); null when they are taken. Costs one volatile read. */
    @Nullable String writeRefusal();

    /** Changes when writes are synced: {@code always}, {@code everysec} or {@code no}. */
    void syncPolicy(String policy);

    /** Writes all that is in memory to tables. Blocks until that is done. */
    void flush() throws IOException;

    /** Returns when all that was written before is durable. Blocks. */
    void sync() throws IOException;

    /** The node these data belong to, in its cluster; null when they belong to none. */
    default @Nullable ClusterView cluster() {
        return null;
    }

    /** Which node this is, the same for as long as its data live. */
    long nodeId();

    /** When {@link #flush} last ended well, or the store was opened, in milliseconds since 1970. */
    long lastFlushMillis();

    /** Numbers for {@code INFO}, as of about now. Does not block. */
    DataStatistics statistics();

    /** About how many keys a database has: a count that is at most a while old. May block. */
    long keys(int database);

    /** About how many of them end at some time. May block. */
    long keysWithExpiry(int database);

    /** Stops taking writes, makes what was taken durable, and closes all files. */
    @Override
    void close() throws IOException;
}
