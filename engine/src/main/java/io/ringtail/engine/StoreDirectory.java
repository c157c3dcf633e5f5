package io.ringtail.engine;

import io.ringtail.engine.io.DiskFullException;
import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.manifest.Manifest;
import io.ringtail.engine.manifest.ManifestState;
import io.ringtail.engine.sstable.Sstable;
import io.ringtail.engine.sstable.SstableContext;
import io.ringtail.engine.sstable.SstableFiles;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.LongSupplier;
import java.util.function.UnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * A store's place on disk: its lock, its manifest, and where its files are.
 *
 * <pre>
 *   directory/LOCK           held by the process that has the store open
 *   directory/manifest-N     which tables there are, and where replay of the log starts
 *   directory/log/           the commit log
 *   directory/tables/        sorted tables, by file id
 * </pre>
 *
 * <p>Opened and closed by the store. Safe for concurrent use; the manifest is guarded by a lock of its own, which is held while it is written, and taken
 * before the store's write lock.
 */
final class StoreDirectory implements Closeable {
    private static final long ATTRIBUTE_NODE_ID = 1;
    private static final long ATTRIBUTE_INCARNATION = 2;
    private static final long ATTRIBUTE_CLEAN = 3;
    private static final long ATTRIBUTE_LAST_HLC = 4;
    private static final long ATTRIBUTE_PLACE = 5;
    /** Incarnations are from 1 to this: what a version has room for. */
    private static final int MAX_INCARNATION = 0xFFFF;
    /** The first name that the store's owner may give. */
    static final long ATTRIBUTES_OF_OTHERS = 64;


    private final FileSystem files;
    private final Path path;
    private final Closeable processLock;
    private final ReentrantLock manifestLock = new ReentrantLock();
    private final Manifest manifest;
    private final AtomicLong nextFileId;
    private final long place;
    private final long incarnation;
    private volatile @Nullable IOException beginFailure;

    private StoreDirectory(FileSystem files, Path path, Closeable processLock, LongSupplier randoms) throws IOException {
        this.files = files;
        this.path = path;
        this.processLock = processLock;
        files.createDirectories(tables());
        files.createDirectories(log());
        this.manifest = openManifest(randoms);
        this.nextFileId = new AtomicLong(manifest.state().nextFileId());
        this.place = files.place(path);
        this.incarnation = nextIncarnation(randoms);
        try {
            manifest.install(ofThisRun(manifest.state()));
        } catch (DiskFullException e) {
            beginFailure = e;
        }
    }

    /** Takes a directory for this process, creating what is missing. {@code randoms} name a new store and its node. */
    static StoreDirectory open(FileSystem files, Path path, LongSupplier randoms) throws IOException {
        files.createDirectories(path);
        Closeable lock = files.lock(path);
        try {
            return new StoreDirectory(files, path, lock, randoms);
        } catch (IOException | RuntimeException e) {
            lock.close();
            throw e;
        }
    }

    private Manifest openManifest(LongSupplier randoms) throws IOException {
        Manifest found = Manifest.open(files, path).orElse(null);
        if (found != null) {
            return found;
        }
        if (!files.list(log()).isEmpty() || !files.list(tables()).isEmpty()) {
            throw new IOException(path + " has data but no manifest, which says what the data are");
        }
        return Manifest.create(
                files,
                path,
                ManifestState.empty(randoms.getAsLong())
                        .withAttribute(ATTRIBUTE_NODE_ID, randoms.getAsLong() >>> 16)
                        .withAttribute(ATTRIBUTE_INCARNATION, 1)
                        .withAttribute(ATTRIBUTE_CLEAN, 1));
    }

    /**
     * The incarnation of this run's versions: that of the last run if nothing was written since which is not here. A stop that was not clean may have lost writes that others have seen; a directory that was restored
     * from a backup lacks whatever was written after that. What follows either is a new incarnation, and any of the others: the next in order might be the one that went on from the backup.
     */
    private long nextIncarnation(LongSupplier randoms) {
        long last = attribute(ATTRIBUTE_INCARNATION, 1);
        boolean isClean = attribute(ATTRIBUTE_CLEAN, 0) != 0;
        long lastPlace = attribute(ATTRIBUTE_PLACE, 0);
        boolean isHere = lastPlace == 0 || place == 0 || lastPlace == place;
        if (isClean && isHere) {
            return last;
        }
        long steps = 1 + Math.floorMod(randoms.getAsLong(), MAX_INCARNATION - 1L);
        return 1 + Math.floorMod(last - 1 + steps, (long) MAX_INCARNATION);
    }

    private ManifestState ofThisRun(ManifestState state) {
        return state.withAttribute(ATTRIBUTE_INCARNATION, incarnation).withAttribute(ATTRIBUTE_CLEAN, 0).withAttribute(ATTRIBUTE_PLACE, place);
    }

    /**
     * Why the manifest does not say yet that this run has begun, or null: the disk was full. Until it does no version may be made, since the next run
     * could make the same.
     */
    @Nullable IOException beginFailure() {
        return beginFailure;
    }

    /** Has the manifest say that this run has begun; whether it did not yet. */
    boolean begin() throws IOException {
        if (beginFailure == null) {
            return false;
        }
        manifestLock.lock();
        try {
            manifest.install(ofThisRun(manifest.state()));
            beginFailure = null;
            return true;
        } finally {
            manifestLock.unlock();
        }
    }

    private long attribute(long name, long otherwise) {
        return manifest.state().attributes().getOrDefault(name, otherwise);
    }

    Path tables() {
        return path.resolve("tables");
    }

    Path log() {
        return path.resolve("log");
    }

    /** Node id and incarnation, as every version of this run carries them. */
    long actor() {
        return attribute(ATTRIBUTE_NODE_ID, 0) << 16 | (incarnation & MAX_INCARNATION);
    }

    /** The node id alone, the same for as long as the directory lives. */
    long nodeId() {
        return attribute(ATTRIBUTE_NODE_ID, 0);
    }

    /** The greatest hybrid time noted in the manifest. */
    long lastHlc() {
        return attribute(ATTRIBUTE_LAST_HLC, 0);
    }

    ManifestState state() {
        return manifest.state();
    }

    /** A file id never given before. */
    long newFileId() {
        return nextFileId.getAndIncrement();
    }

    /** Opens the live tables; deletes what an interrupted flush or compaction has left. */
    List<Sstable> openTables(SstableContext context) throws IOException {
        SstableFiles.deleteOrphans(files, tables(), manifest.state().tables());
        List<Sstable> opened = new ArrayList<>();
        try {
            for (long id : manifest.state().tables()) {
                opened.add(Sstable.open(context, SstableFiles.path(tables(), id), id));
            }
        } catch (IOException | RuntimeException e) {
            opened.forEach(Sstable::release);
            throw e;
        }
        return opened;
    }

    ReentrantLock manifestLock() {
        return manifestLock;
    }

    /** Changes the manifest, durably; table files made before are durable too. The caller holds the manifest lock. */
    void install(UnaryOperator<ManifestState> change, long lastHlc) throws IOException {
        assert manifestLock.isHeldByCurrentThread();
        files.syncDirectory(tables());
        manifest.install(change.apply(ofThisRun(manifest.state())).withAttribute(ATTRIBUTE_LAST_HLC, lastHlc));
        beginFailure = null;
    }

    /** Whether nobody knows which manifest a restart would find; then no table that either names may be deleted. */
    boolean isUncertain() {
        return manifest.isUncertain();
    }

    /** Notes that nothing was lost, so that the next run is of the same incarnation. */
    void noteCleanStop(long lastHlc) throws IOException {
        manifestLock.lock();
        try {
            install(state -> state.withAttribute(ATTRIBUTE_CLEAN, 1), lastHlc);
        } finally {
            manifestLock.unlock();
        }
    }

    /** Gives the directory up for other processes. */
    @Override
    public void close() throws IOException {
        processLock.close();
    }
}
