package io.ringtail.engine.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.random.RandomGenerator;
import org.jspecify.annotations.Nullable;

/**
 * Files in memory that behave as badly as real ones may: what was not synced can be lost, in part, when the power is
 * cut; the disk fills up; the k-th call of a kind fails; syncs lie.
 *
 * <p>Made by tests and by the cluster simulation; deterministic, given the random source handed to {@link #powerCut}.
 * Safe for concurrent use (one lock, nothing waits). Nothing to free, regions of {@link #map} excepted.
 *
 * <p>How it differs from the kindest disk: a file's content and its name become durable apart {@link WritableFile#sync}
 * and {@link #syncDirectory}); of the unsynced changes of a file, and of a directory, the power cut leaves a first
 * part; after a sync that failed, what it should have written is never written. Directories themselves are durable at
 * once. Long because it is a whole file system, whose calls share one lock and one count of changes.
 */
public final class SimulatedFileSystem implements FileSystem {
    /** What can be asked of it, as {@link #failCall} counts it. */
    public enum Operation {
        CREATE,
        APPEND,
        OPEN,
        MAP,
        READ,
        WRITE,
        TRUNCATE,
        RESERVE,
        SYNC,
        RENAME,
        LINK,
        DELETE,
        SYNC_DIRECTORY,
        LIST;

        boolean changesTheDisk() {
            return this != OPEN && this != MAP && this != READ && this != LIST && this != APPEND;
        }
    }

    /** How the disk forgets in a power cut. */
    public enum Loss {
        /** Changes of a file survive up to some byte. */
        TAIL,
        /** Any sectors of the changes survive; lost ones are zeros when a later one survives. */
        ANY_SECTORS
    }

    private final Object lock = new Object();
    private final NavigableMap<Path, SimulatedInode> files = new TreeMap<>();
    private final NavigableMap<Path, SimulatedInode> durableFiles = new TreeMap<>();
    private final Map<Path, List<NameChange>> unsyncedNames = new LinkedHashMap<>();
    private final Set<Path> directories = new HashSet<>();
    private final Set<Path> locked = new HashSet<>();
    private final Map<Operation, Long> calls = new EnumMap<>(Operation.class);
    private final Map<Operation, Map<Long, IOException>> failures = new EnumMap<>(Operation.class);
    private final Map<Operation, IOException> lastingFailures = new EnumMap<>(Operation.class);
    private long changes;
    private long cutAtChange = Long.MAX_VALUE;
    private boolean powerIsCut;
    private boolean syncsLie;
    private long capacity = Long.MAX_VALUE;
    private int bytesOfFailedWrite;
    private long generation;
    private long place = 1;

    /** A name that disappears, one that appears, or, in a rename, both at once. */
    private record NameChange(@Nullable Path removed, @Nullable Path added, @Nullable SimulatedInode inode) {}

    // ---- bad luck

    /** The disk has room for so many bytes. */
    public void capacity(long bytes) {
        synchronized (lock) {
            capacity = bytes;
        }
    }

    /**
     * The {@code k}-th call of the kind from now on, counted from 1, fails; a write that fails does a part first, see
     * below.
     */
    public void failCall(Operation operation, long k, IOException failure) {
        synchronized (lock) {
            failures.computeIfAbsent(operation, o -> new HashMap<>()).put(calls.getOrDefault(operation, 0L) + k, failure);
        }
    }

    /** From now on every call of the kind fails, until {@link #heal}. */
    public void failAll(Operation operation, IOException failure) {
        synchronized (lock) {
            lastingFailures.put(operation, failure);
        }
    }

    /** No failures any more. Syncs do not lie any more. */
    public void heal() {
        synchronized (lock) {
            failures.clear();
            lastingFailures.clear();
            syncsLie = false;
        }
    }

    /** A write that fails writes so many bytes before it does (fewer when it has no more). */
    public void bytesOfFailedWrite(int bytes) {
        synchronized (lock) {
            bytesOfFailedWrite = bytes;
        }
    }

    /** Whether syncs, of files and of directories, say that they have done what they have not. */
    public void syncsLie(boolean lie) {
        synchronized (lock) {
            syncsLie = lie;
        }
    }

    /** The power fails at the {@code k}-th change of the disk from now on, counted from 1; see {@link #changes}. */
    public void cutPowerAtChange(long k) {
        synchronized (lock) {
            cutAtChange = changes + k;
        }
    }

    /** How many calls so far changed, or should have changed, the disk. */
    public long changes() {
        synchronized (lock) {
            return changes;
        }
    }

    public long calls(Operation operation) {
        synchronized (lock) {
            return calls.getOrDefault(operation, 0L);
        }
    }

    /** {@link #powerCut(RandomGenerator, Loss)} with {@link Loss#TAIL}. */
    public void powerCut(RandomGenerator random) {
        powerCut(random, Loss.TAIL);
    }

    /** Cuts the power and puts it on again: open files are gone, and so is a random part of what was not synced. */
    public void powerCut(RandomGenerator random, Loss loss) {
        synchronized (lock) {
            for (List<NameChange> names : unsyncedNames.values()) {
                int kept = random.nextInt(names.size() + 1);
                names.subList(0, kept).forEach(this::makeDurable);
            }
            unsyncedNames.clear();
            Set<SimulatedInode> seen = new HashSet<>();
            for (SimulatedInode inode : durableFiles.values()) {
                if (seen.add(inode)) {
                    if (loss == Loss.TAIL) {
                        inode.powerCut(random);
                    } else {
                        inode.powerCutInAnyOrder(random);
                    }
                }
            }
            files.clear();
            files.putAll(durableFiles);
            locked.clear();
            powerIsCut = false;
            cutAtChange = Long.MAX_VALUE;
            generation++;
        }
    }

    // ---- for tests

    /** What a program would read now. */
    public byte[] content(Path file) throws IOException {
        synchronized (lock) {
            return existing(file).content();
        }
    }

    /** Replaces a file's content, or makes the file, durably and behind everybody's back. */
    public void overwrite(Path file, byte[] content) {
        synchronized (lock) {
            SimulatedInode inode = files.computeIfAbsent(file, f -> new SimulatedInode());
            durableFiles.put(file, inode);
            inode.overwrite(content);
        }
    }

    /** What is here is a copy from now on: of a backup, say. */
    public void moveTo(long otherPlace) {
        synchronized (lock) {
            place = otherPlace;
        }
    }

    /** Another disk with the same content, synced and unsynced, without failures to come. */
    public SimulatedFileSystem copy() {
        synchronized (lock) {
            SimulatedFileSystem copy = new SimulatedFileSystem();
            Map<SimulatedInode, SimulatedInode> copies = new HashMap<>();
            files.forEach((file, inode) ->
                    copy.files.put(file, copies.computeIfAbsent(inode, SimulatedInode::copy)));
            durableFiles.forEach((file, inode) ->
                    copy.durableFiles.put(file, copies.computeIfAbsent(inode, SimulatedInode::copy)));
            unsyncedNames.forEach((directory, names) -> {
                List<NameChange> copied = new ArrayList<>();
                for (NameChange change : names) {
                    SimulatedInode inode = change.inode();
                    copied.add(new NameChange(
                            change.removed(),
                            change.added(),
                            inode == null ? null : copies.computeIfAbsent(inode, SimulatedInode::copy)));
                }
                copy.unsyncedNames.put(directory, copied);
            });
            copy.directories.addAll(directories);
            copy.capacity = capacity;
            copy.place = place;
            return copy;
        }
    }

    // ---- the file system

    @Override
    public WritableFile create(Path file) throws IOException {
        synchronized (lock) {
            enter(Operation.CREATE, file);
            if (files.containsKey(file)) {
                throw new FileAlreadyExistsException(file.toString());
            }
            requireParent(file);
            SimulatedInode inode = new SimulatedInode();
            files.put(file, inode);
            unsyncedNames(file).add(new NameChange(null, file, inode));
            leave(Operation.CREATE, file);
            return new OpenFile(file, inode);
        }
    }

    @Override
    public WritableFile append(Path file) throws IOException {
        synchronized (lock) {
            enter(Operation.APPEND, file);
            return new OpenFile(file, existing(file));
        }
    }

    @Override
    public ReadableFile open(Path file) throws IOException {
        synchronized (lock) {
            enter(Operation.OPEN, file);
            return new ReadFile(file, existing(file));
        }
    }

    @Override
    public Region map(Path file) throws IOException {
        byte[] content;
        synchronized (lock) {
            enter(Operation.MAP, file);
            content = existing(file).content();
        }
        if (content.length == 0) {
            throw new DiskFailedException(file, "map", "the file is empty");
        }
        Region region = Regions.allocate(content.length);
        region.write(0, content, 0, content.length);
        return region;
    }

    @Override
    public boolean exists(Path file) {
        synchronized (lock) {
            return files.containsKey(file) || directories.contains(file);
        }
    }

    @Override
    public long size(Path file) throws IOException {
        synchronized (lock) {
            requirePower("size of " + file);
            return existing(file).size();
        }
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
        synchronized (lock) {
            enter(Operation.LIST, directory);
            if (!directories.contains(directory)) {
                throw new NoSuchFileException(directory.toString());
            }
            List<Path> found = new ArrayList<>();
            for (Path file : files.keySet()) {
                if (directory.equals(file.getParent())) {
                    found.add(file);
                }
            }
            return found;
        }
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        synchronized (lock) {
            requirePower("create directory " + directory);
            for (Path at = directory; at != null; at = at.getParent()) {
                directories.add(at);
            }
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        synchronized (lock) {
            enter(Operation.RENAME, to);
            SimulatedInode inode = existing(from);
            requireParent(to);
            files.remove(from);
            files.put(to, inode);
            unsyncedNames(to).add(new NameChange(from, to, inode));
            leave(Operation.RENAME, to);
        }
    }

    @Override
    public void link(Path existing, Path link) throws IOException {
        synchronized (lock) {
            enter(Operation.LINK, link);
            SimulatedInode inode = existing(existing);
            if (files.containsKey(link)) {
                throw new FileAlreadyExistsException(link.toString());
            }
            requireParent(link);
            files.put(link, inode);
            unsyncedNames(link).add(new NameChange(null, link, inode));
            leave(Operation.LINK, link);
        }
    }

    @Override
    public void delete(Path file) throws IOException {
        synchronized (lock) {
            enter(Operation.DELETE, file);
            existing(file);
            files.remove(file);
            unsyncedNames(file).add(new NameChange(file, null, null));
            leave(Operation.DELETE, file);
        }
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        synchronized (lock) {
            enter(Operation.SYNC_DIRECTORY, directory);
            if (!syncsLie) {
                List<NameChange> names = unsyncedNames.remove(directory);
                if (names != null) {
                    names.forEach(this::makeDurable);
                }
            }
        }
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        synchronized (lock) {
            requirePower("free space of " + directory);
            return Math.max(0, capacity - usedBytes());
        }
    }

    @Override
    public long place(Path directory) {
        synchronized (lock) {
            return place;
        }
    }

    @Override
    public Closeable lock(Path directory) throws IOException {
        synchronized (lock) {
            requirePower("lock " + directory);
            if (!locked.add(directory)) {
                throw new DirectoryLockedException(directory, "another process");
            }
            long taken = generation;
            return () -> {
                synchronized (lock) {
                    if (taken == generation) {
                        locked.remove(directory);
                    }
                }
            };
        }
    }

    // ---- within; called with the lock held

    /** Counts a call and fails it when it is to fail. */
    private void enter(Operation operation, Path file) throws IOException {
        requirePower(operation + " " + file);
        long call = calls.merge(operation, 1L, Long::sum);
        IOException failure = lastingFailures.get(operation);
        Map<Long, IOException> once = failures.get(operation);
        if (failure == null && once != null) {
            failure = once.remove(call);
        }
        if (failure != null) {
            if (operation.changesTheDisk()) {
                changes++;
            }
            throw LocalFileSystem.typed(file, operation.name().toLowerCase(java.util.Locale.ROOT), failure, 0);
        }
        if (operation == Operation.SYNC || operation == Operation.SYNC_DIRECTORY) {
            leave(operation, file); // the power fails before a sync, or not
        }
    }

    /** Counts a change and, when it is the one, cuts the power: the change may survive then, as it was not synced. */
    private void leave(Operation operation, Path file) throws PowerCutException {
        if (operation.changesTheDisk()) {
            changes++;
            if (changes == cutAtChange) {
                powerIsCut = true;
                throw new PowerCutException(operation + " " + file);
            }
        }
    }

    private void requirePower(String operation) throws PowerCutException {
        if (powerIsCut) {
            throw new PowerCutException(operation);
        }
    }

    private SimulatedInode existing(Path file) throws NoSuchFileException {
        SimulatedInode inode = files.get(file);
        if (inode == null) {
            throw new NoSuchFileException(file.toString());
        }
        return inode;
    }

    private static Path directoryOf(Path file) {
        Path parent = file.getParent();
        return parent == null ? file : parent;
    }

    private void requireParent(Path file) throws NoSuchFileException {
        if (!directories.contains(directoryOf(file))) {
            throw new NoSuchFileException(file.toString(), null, "no such directory");
        }
    }

    private List<NameChange> unsyncedNames(Path file) {
        return unsyncedNames.computeIfAbsent(directoryOf(file), d -> new ArrayList<>());
    }

    private void makeDurable(NameChange change) {
        Path removed = change.removed();
        if (removed != null) {
            durableFiles.remove(removed);
        }
        Path added = change.added();
        SimulatedInode inode = change.inode();
        if (added != null && inode != null) {
            durableFiles.put(added, inode);
        }
    }

    private long usedBytes() {
        long used = 0;
        for (SimulatedInode inode : new HashSet<>(files.values())) {
            used += inode.footprint();
        }
        return used;
    }

    /** How many of {@code wanted} bytes from {@code position} on the disk has room for. */
    private long room(SimulatedInode inode, long position, long wanted) {
        if (capacity == Long.MAX_VALUE) {
            return wanted;
        }
        long free = Math.max(0, capacity - usedBytes());
        long own = Math.max(0, inode.footprint() - position);
        return Math.min(wanted, own + free);
    }

    private void requireOpen(long opened, Path file) throws PowerCutException {
        requirePower("use of " + file);
        if (opened != generation) {
            throw new PowerCutException(file + " was opened before");
        }
    }

    /** An open file; it, and not its name, is what is written. */
    private final class OpenFile implements WritableFile {
        private final Path file;
        private final SimulatedInode inode;
        private final long opened = generation;
        private boolean closed;

        OpenFile(Path file, SimulatedInode inode) {
            this.file = file;
            this.inode = inode;
        }

        private void enterOpen(Operation operation) throws IOException {
            requireOpen(opened, file);
            if (closed) {
                throw new DiskFailedException(file, "use of", "it is closed");
            }
            enter(operation, file);
        }

        @Override
        public void write(ByteBuffer source) throws IOException {
            synchronized (lock) {
                try {
                    enterOpen(Operation.WRITE);
                } catch (DiskFailedException | DiskFullException e) {
                    if (!closed) {
                        put(source, Math.min(source.remaining(), bytesOfFailedWrite));
                    }
                    throw e;
                }
                int wanted = source.remaining();
                int fits = (int) room(inode, inode.size(), wanted);
                put(source, fits);
                leave(Operation.WRITE, file);
                if (fits < wanted) {
                    throw new DiskFullException(file, "write to");
                }
            }
        }

        private void put(ByteBuffer source, int size) {
            byte[] bytes = new byte[size];
            source.get(bytes);
            inode.write(inode.size(), bytes);
        }

        @Override
        public long position() {
            synchronized (lock) {
                return inode.size();
            }
        }

        @Override
        public void truncate(long size) throws IOException {
            synchronized (lock) {
                enterOpen(Operation.TRUNCATE);
                if (size > inode.size()) {
                    throw new IllegalArgumentException("truncate " + file + " of " + inode.size() + " bytes to " + size);
                }
                inode.reserved = 0;
                inode.truncate((int) size);
                leave(Operation.TRUNCATE, file);
            }
        }

        @Override
        public void reserve(long size) throws IOException {
            synchronized (lock) {
                enterOpen(Operation.RESERVE);
                if (room(inode, inode.footprint(), size - inode.footprint()) < size - inode.footprint()) {
                    throw new DiskFullException(file, "reserve " + size + " bytes for");
                }
                inode.reserved = Math.max(inode.reserved, size);
                leave(Operation.RESERVE, file);
            }
        }

        @Override
        public void sync() throws IOException {
            synchronized (lock) {
                try {
                    enterOpen(Operation.SYNC);
                } catch (DiskFailedException | DiskFullException e) {
                    if (!closed) {
                        inode.dropUnsynced();
                    }
                    throw e;
                }
                if (!syncsLie) {
                    inode.sync();
                }
            }
        }

        @Override
        public void close() {
            synchronized (lock) {
                closed = true;
            }
        }
    }

    private final class ReadFile implements ReadableFile {
        private final Path file;
        private final SimulatedInode inode;
        private final long opened = generation;

        ReadFile(Path file, SimulatedInode inode) {
            this.file = file;
            this.inode = inode;
        }

        @Override
        public long size() throws IOException {
            synchronized (lock) {
                requireOpen(opened, file);
                return inode.size();
            }
        }

        @Override
        public int read(ByteBuffer target, long position) throws IOException {
            synchronized (lock) {
                requireOpen(opened, file);
                enter(Operation.READ, file);
                byte[] bytes = new byte[(int) Math.max(0, Math.min(target.remaining(), inode.size() - position))];
                int count = inode.read((int) Math.min(position, Integer.MAX_VALUE), bytes, 0, bytes.length);
                target.put(bytes, 0, count);
                return count;
            }
        }

        @Override
        public void close() {}
    }
}
