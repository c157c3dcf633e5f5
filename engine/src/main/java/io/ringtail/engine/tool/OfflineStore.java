package io.ringtail.engine.tool;

import io.ringtail.engine.commitlog.CommitLogDump;
import io.ringtail.engine.commitlog.CommitLogRepair;
import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.manifest.Manifest;
import io.ringtail.engine.sstable.BlockCache;
import io.ringtail.engine.sstable.Sstable;
import io.ringtail.engine.sstable.SstableContext;
import io.ringtail.engine.sstable.SstableDump;
import io.ringtail.engine.sstable.SstableFiles;
import io.ringtail.engine.sstable.SstableVerifier;
import java.io.Closeable;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * A store's directory, without a running store: dumps, checks and repairs its files. Made by the command line. Confined to one thread.
 *
 * <p>What changes files, and {@link #check}, which must not see them change, hold the directory's lock meanwhile.
 */
public final class OfflineStore {
    private final FileSystem files;
    private final Path directory;

    public OfflineStore(FileSystem files, Path directory) {
        this.files = files;
        this.directory = directory;
    }

    private Path logDirectory() {
        return directory.resolve("log");
    }

    private void requireStore() throws IOException {
        if (!files.exists(directory) || files.list(directory).stream().noneMatch(OfflineStore::isManifest)) {
            throw new IOException(directory + " is no data directory: it has no manifest");
        }
    }

    private static boolean isManifest(Path file) {
        return file.getFileName().toString().startsWith("manifest-");
    }

    /** Prints every frame of the log, and with {@code entries} every entry. */
    public void dumpLog(boolean entries, Appendable out) throws IOException {
        requireStore();
        CommitLogDump.dumpDirectory(files, logDirectory(), entries, out);
    }

    /** Makes a damaged log usable again by saving what is whole; with {@code dryRun} only says what it would do. */
    public CommitLogRepair.Report repairLog(boolean dryRun) throws IOException {
        requireStore();
        try (Closeable lock = files.lock(directory)) {
            return CommitLogRepair.repair(files, logDirectory(), dryRun);
        }
    }

    /** Prints what a table says of itself, and with {@code entries} every entry. */
    public void dumpTable(Path file, boolean entries, Appendable out) throws IOException {
        new SstableDump(files, out).dump(file, entries);
    }

    /**
     * Reads every byte of the store and compares it with its checksums; of tables also order, counts and filters.
     *
     * @param out is told what was read
     * @return what is damaged, a line each; empty when all is well
     */
    public List<String> check(Appendable out) throws IOException {
        requireStore();
        List<String> damages = new ArrayList<>();
        try (Closeable lock = files.lock(directory)) {
            Manifest manifest = Manifest.open(files, directory).orElseThrow();
            SstableContext context =
                    new SstableContext(files, new BlockCache(0), Runnable::run, (path, e) -> damages.add(e.toString()));
            long entries = 0;
            for (long id : manifest.state().tables()) {
                Path path = SstableFiles.path(directory.resolve("tables"), id);
                try {
                    Sstable table = Sstable.open(context, path, id);
                    try {
                        entries += SstableVerifier.verify(table);
                    } finally {
                        table.release();
                    }
                } catch (CorruptionException e) {
                    damages.add(e.getMessage());
                }
            }
            CommitLogRepair.Report log = CommitLogRepair.repair(files, logDirectory(), true);
            damages.addAll(log.damages());
            out.append(manifest.state().tables().size() + " tables with " + entries + " entries, and the commit log\n");
        } catch (CorruptionException e) {
            damages.add(e.getMessage());
        }
        return damages;
    }
}
