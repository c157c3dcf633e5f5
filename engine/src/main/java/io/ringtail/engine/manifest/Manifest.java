package io.ringtail.engine.manifest;

import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.io.ReadableFile;
import io.ringtail.engine.io.WritableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The store's root on disk: a sequence of files {@code manifest-<number>}, each of them a whole {@link ManifestState}, of
 * which the newest counts.
 *
 * <p>A change writes the next one under a temporary name, syncs it, renames it, syncs the directory, and only then deletes
 * its predecessor; so at every moment the newest file is whole, and a power cut leaves the old state or the new. A damaged
 * newest manifest is therefore never a torn write but damage, and stops the start: an older state would name tables that
 * are gone. A log of edits would write less, but a state is some kilobytes, written once per flush or compaction.
 *
 * <p>Created when the store opens. {@link #install} is confined to one thread at a time; {@link #state} is safe for
 * concurrent use. When a rename or the directory's sync fails nobody knows which state a restart would find: then every
 * later change is refused.
 */
public final class Manifest {
    private static final String PREFIX = "manifest-";
    private static final String TEMPORARY = ".tmp";

    private final FileSystem files;
    private final Path directory;
    private long number;
    private volatile ManifestState state;
    private volatile @Nullable IOException failure;
    private volatile long leftoverFailures;

    private Manifest(FileSystem files, Path directory, long number, ManifestState state) {
        this.files = files;
        this.directory = directory;
        this.number = number;
        this.state = state;
    }

    /**
     * The newest manifest in {@code directory}, or empty when it has none. Leftovers of interrupted changes are deleted.
     *
     * @throws CorruptionException when the newest manifest is damaged
     */
    public static Optional<Manifest> open(FileSystem files, Path directory) throws IOException {
        long newest = -1;
        for (Path file : files.list(directory)) {
            newest = Math.max(newest, number(file));
        }
        if (newest < 0) {
            return Optional.empty();
        }
        Path path = path(directory, newest);
        Manifest manifest = new Manifest(files, directory, newest, ManifestFile.decode(read(files, path), path, newest));
        manifest.deleteOthers();
        return Optional.of(manifest);
    }

    /** Makes the first manifest of a new store durable. */
    public static Manifest create(FileSystem files, Path directory, ManifestState state) throws IOException {
        Manifest manifest = new Manifest(files, directory, 0, state);
        manifest.install(state);
        return manifest;
    }

    public ManifestState state() {
        return state;
    }

    /**
     * Makes {@code next} the state, durably. When this throws, the state in memory is as before; on disk it is as before or
     * {@code next}, so that the caller deletes neither the tables of the one nor those of the other.
     */
    public void install(ManifestState next) throws IOException {
        IOException earlier = failure;
        if (earlier != null) {
            throw new IOException("manifest refuses changes since an earlier failure: " + earlier.getMessage(), earlier);
        }
        if (next.storeId() != state.storeId()) {
            throw new IllegalArgumentException("store id " + next.storeId() + " in store " + state.storeId());
        }
        Path path = path(directory, number + 1);
        Path temporary = path.resolveSibling(path.getFileName() + TEMPORARY);
        writeTemporary(temporary, ManifestFile.encode(next, number + 1));
        try {
            files.rename(temporary, path);
            files.syncDirectory(directory);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
        number++;
        state = next;
        try {
            deleteOthers();
        } catch (IOException e) {
            // The change is made and durable; what is left over is deleted by the next change or the next start.
            leftoverFailures = leftoverFailures + 1;
        }
    }

    /** Whether nobody knows which state a restart would find; then no table of either may be deleted. */
    public boolean isUncertain() {
        return failure != null;
    }

    /** How often leftovers could not be deleted after a change. */
    public long leftoverFailures() {
        return leftoverFailures;
    }

    private void writeTemporary(Path temporary, ByteBuffer bytes) throws IOException {
        try {
            if (files.exists(temporary)) {
                files.delete(temporary);
            }
            try (WritableFile file = files.create(temporary)) {
                file.write(bytes);
                file.sync();
            }
        } catch (IOException e) {
            try {
                files.delete(temporary);
            } catch (IOException secondary) {
                // It may never have been made; if it was, the next change or the next start deletes it.
                e.addSuppressed(secondary);
            }
            throw e;
        }
    }

    /** Older manifests and temporary files. One that stays does no harm: the next change or start deletes it. */
    private void deleteOthers() throws IOException {
        for (Path file : files.list(directory)) {
            String name = file.getFileName().toString();
            if (name.startsWith(PREFIX) && number(file) != number) {
                files.delete(file);
            }
        }
    }

    private static byte[] read(FileSystem files, Path path) throws IOException {
        try (ReadableFile file = files.open(path)) {
            long size = file.size();
            if (size > ManifestFile.MAX_BYTES) {
                throw new CorruptionException(path, 0, "manifest of " + size + " bytes");
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) size);
            if (size > 0 && file.read(bytes, 0) != size) {
                throw new CorruptionException(path, bytes.position(), "file ends before its size of " + size);
            }
            return bytes.array();
        }
    }

    private static Path path(Path directory, long number) {
        return directory.resolve(String.format(Locale.ROOT, "%s%012d", PREFIX, number));
    }

    /** The number in a manifest's name, or -1 when it is none. */
    private static long number(Path file) {
        String name = file.getFileName().toString();
        if (!name.startsWith(PREFIX)) {
            return -1;
        }
        String digits = name.substring(PREFIX.length());
        return digits.matches("[0-9]{12}") ? Long.parseLong(digits) : -1;
    }
}
