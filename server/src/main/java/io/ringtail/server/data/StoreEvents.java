package io.ringtail.server.data;

import io.ringtail.engine.StoreListener;
import io.ringtail.server.command.DataSource;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.LongConsumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Logs what a store does in the background, and passes on what has become durable. Safe for concurrent use. */
final class StoreEvents implements StoreListener {
    private static final Logger LOG = LoggerFactory.getLogger("io.ringtail.store");

    private final List<LongConsumer> durable = new CopyOnWriteArrayList<>();

    void whenDurable(LongConsumer listener) {
        durable.add(listener);
    }

    @Override
    public void durable(long position) {
        for (LongConsumer listener : durable) {
            listener.accept(position);
        }
    }

    @Override
    public void durableNoMore() {
        durable(DataSource.DURABLE_NO_MORE);
    }

    @Override
    public void tornTailCut(Path file, long offset, long bytes) {
        LOG.warn("{}: the last {} bytes, from offset {}, were not whole; they were never acknowledged as durable and were cut",
                file, bytes, offset);
    }

    @Override
    public void flushed(long entries, long memtableBytes, long tableBytes, long nanos) {
        LOG.debug("flushed {} entries, {} bytes of memory to {} bytes of tables in {} ms",
                entries, memtableBytes, tableBytes, nanos / 1_000_000);
    }

    @Override
    public void compacted(int inputs, int outputs, long bytesRead, long bytesWritten, long nanos) {
        LOG.debug("compacted {} tables of {} bytes to {} of {} bytes in {} ms",
                inputs, bytesRead, outputs, bytesWritten, nanos / 1_000_000);
    }

    @Override
    public void refusingWrites(String reason) {
        LOG.error("writes are refused: {}", reason);
    }

    @Override
    public void takingWrites() {
        LOG.warn("writes are taken again");
    }

    @Override
    public void backgroundFailure(String what, IOException cause) {
        LOG.error("{} failed: {}", what, cause.toString());
    }
}
