package io.ringtail.bench.compare;

import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import org.rocksdb.BlockBasedTableConfig;
import org.rocksdb.BloomFilter;
import org.rocksdb.Cache;
import org.rocksdb.CompressionType;
import org.rocksdb.FlushOptions;
import org.rocksdb.LRUCache;
import org.rocksdb.Options;
import org.rocksdb.ReadOptions;
import org.rocksdb.RocksDB;
import org.rocksdb.RocksDBException;
import org.rocksdb.RocksIterator;
import org.rocksdb.WriteBatch;
import org.rocksdb.WriteOptions;

/**
 * RocksDB through its own Java binding, by the calls that allocate least: log on and not synced, Bloom filter of 10
 * bits a key, LZ4, otherwise its defaults. Confined to its thread; owns the native objects and frees them in {@link
 * #close}.
 */
final class RocksEngine implements Engine {
    static final Opener OPENER = new Opener() {
        @Override
        public String name() {
            return "RocksDB";
        }

        @Override
        public Engine open(Path directory, Memory memory) throws IOException {
            RocksDB.loadLibrary();
            return new RocksEngine(directory, memory);
        }
    };

    private static final long SETTLE_LIMIT_NANOS = TimeUnit.MINUTES.toNanos(30);

    private final Cache cache;
    private final BloomFilter filter = new BloomFilter(10);
    private final Options options;
    private final WriteOptions writeOptions = new WriteOptions().setSync(false);
    private final ReadOptions readOptions = new ReadOptions();
    private final WriteBatch batch = new WriteBatch();
    private final RocksDB database;
    private byte[] keyOut = new byte[64];
    private byte[] valueOut = new byte[1024];

    private RocksEngine(Path directory, Memory memory) throws IOException {
        cache = new LRUCache(memory.blockCacheBytes());
        options = new Options()
                .setCreateIfMissing(true)
                .setWriteBufferSize(memory.writeBufferBytes())
                .setMaxWriteBufferNumber(3)
                .setCompressionType(CompressionType.LZ4_COMPRESSION)
                .setTableFormatConfig(new BlockBasedTableConfig().setBlockCache(cache).setFilterPolicy(filter));
        try {
            database = RocksDB.open(options, directory.toString());
        } catch (RocksDBException e) {
            throw new IOException("RocksDB in " + directory, e);
        }
    }

    @Override
    public void put(byte[] key, byte[] value) throws IOException {
        try {
            batch.put(key, value);
        } catch (RocksDBException e) {
            throw new IOException("put", e);
        }
    }

    @Override
    public void commit() throws IOException {
        try {
            database.write(writeOptions, batch);
        } catch (RocksDBException e) {
            throw new IOException("write of a batch", e);
        }
        batch.clear();
    }

    @Override
    public int get(byte[] key, byte[] value) throws IOException {
        try {
            int size = database.get(readOptions, key, value);
            return size == RocksDB.NOT_FOUND ? -1 : size;
        } catch (RocksDBException e) {
            throw new IOException("get", e);
        }
    }

    @Override
    public void scan(Visitor visitor) throws IOException {
        try (RocksIterator iterator = database.newIterator(readOptions)) {
            for (iterator.seekToFirst(); iterator.isValid(); iterator.next()) {
                int keySize = iterator.key(keyOut);
                if (keySize > keyOut.length) {
                    keyOut = new byte[2 * keySize];
                    iterator.key(keyOut);
                }
                int valueSize = iterator.value(valueOut);
                if (valueSize > valueOut.length) {
                    valueOut = new byte[2 * valueSize];
                    iterator.value(valueOut);
                }
                visitor.pair(keyOut, 0, valueOut, 0, valueSize);
            }
            iterator.status();
        } catch (RocksDBException e) {
            throw new IOException("scan", e);
        }
    }

    /**
     * Its own idea of done: whatever it would merge by itself is merged. The binding has no call that waits, so it is
     * asked.
     */
    @Override
    public void settle() throws IOException {
        long startNanos = System.nanoTime();
        try (FlushOptions flush = new FlushOptions().setWaitForFlush(true)) {
            database.flush(flush);
            int quiet = 0;
            while (quiet < 5) {
                long busy = database.getLongProperty("rocksdb.compaction-pending")
                        + database.getLongProperty("rocksdb.num-running-compactions")
                        + database.getLongProperty("rocksdb.num-running-flushes");
                quiet = busy == 0 ? quiet + 1 : 0;
                if (System.nanoTime() - startNanos > SETTLE_LIMIT_NANOS) {
                    throw new IOException("RocksDB still merges after half an hour");
                }
                LockSupport.parkNanos(10_000_000);
            }
        } catch (RocksDBException e) {
            throw new IOException("flush", e);
        }
    }

    @Override
    public void close() {
        batch.close();
        database.close();
        readOptions.close();
        writeOptions.close();
        options.close();
        filter.close();
        cache.close();
    }
}
