package io.ringtail.engine.io;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * The operating system's files.
 *
 * <p>Created once, by whoever opens a store. Every failure is typed and names the operation and the file:
 * {@link DiskFullException} where there is no room or no quota, {@link NoSuchFileException} where there is no file,
 * {@link DiskFailedException} for the rest. {@link WritableFile#reserve} allocates blocks beyond the file's end without
 * changing its size, so that a reserved file is never longer than what was written to it; on a file system that cannot,
 * it only looks whether there is room now.
 *
 * <p>Safe for concurrent use.
 */
public final class LocalFileSystem implements FileSystem {
    /** The file in a directory whose lock is the directory's. It holds the owner's process id, for people to read. */
    public static final String LOCK_FILE = "LOCK";
    /** Odd, with bits all over: spreads the small numbers of files over all bits of a time. */
    private static final long MIXER = 0x9E3779B97F4A7C15L;

    @Override
    public WritableFile create(Path file) throws IOException {
        return openForWriting("create", file, StandardOpenOption.CREATE_NEW);
    }

    @Override
    public WritableFile append(Path file) throws IOException {
        return openForWriting("open", file, StandardOpenOption.WRITE);
    }

    @SuppressWarnings("MustBeClosedChecker") // the writable file owns the channel
    private static WritableFile openForWriting(String operation, Path file, StandardOpenOption how) throws IOException {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.WRITE, how);
            try {
                Uninterruptible.make(channel);
                return new LocalWritableFile(file, channel, channel.size());
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (IOException e) {
            throw typed(file, operation, e, 0);
        }
    }

    @Override
    @SuppressWarnings("MustBeClosedChecker") // the readable file owns the channel
    public ReadableFile open(Path file) throws IOException {
        try {
            FileChannel channel = FileChannel.open(file, StandardOpenOption.READ);
            Uninterruptible.make(channel);
            return new LocalReadableFile(file, channel);
        } catch (IOException e) {
            throw typed(file, "open", e, 0);
        }
    }

    @Override
    public Region map(Path file) throws IOException {
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            long size = channel.size();
            if (size == 0) {
                throw new DiskFailedException(file, "map", "the file is empty");
            }
            return Regions.map(channel, size);
        } catch (IOException e) {
            throw typed(file, "map", e, 0);
        }
    }

    @Override
    public boolean exists(Path file) {
        return Files.exists(file, LinkOption.NOFOLLOW_LINKS);
    }

    @Override
    public long size(Path file) throws IOException {
        try {
            return Files.size(file);
        } catch (IOException e) {
            throw typed(file, "size of", e, 0);
        }
    }

    @Override
    public List<Path> list(Path directory) throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> entries = Files.list(directory)) {
            entries.filter(Files::isRegularFile).sorted().forEach(files::add);
        } catch (IOException e) {
            throw typed(directory, "list", e, 0);
        }
        return files;
    }

    @Override
    public void createDirectories(Path directory) throws IOException {
        try {
            Files.createDirectories(directory);
        } catch (IOException e) {
            throw typed(directory, "create directory", e, 0);
        }
    }

    @Override
    public void rename(Path from, Path to) throws IOException {
        try {
            Files.move(from, to, StandardCopyOption.ATOMIC_MOVE, StandardCopyOption.REPLACE_EXISTING);
        } catch (IOException e) {
            throw typed(to, "rename " + from + " to", e, 0);
        }
    }

    @Override
    public void link(Path existing, Path link) throws IOException {
        try {
            Files.createLink(link, existing);
        } catch (IOException e) {
            throw typed(link, "link " + existing + " as", e, 0);
        }
    }

    @Override
    public void delete(Path file) throws IOException {
        try {
            Files.delete(file);
        } catch (IOException e) {
            throw typed(file, "delete", e, 0);
        }
    }

    @Override
    public void syncDirectory(Path directory) throws IOException {
        try (FileChannel channel = FileChannel.open(directory, StandardOpenOption.READ)) {
            channel.force(true);
        } catch (IOException e) {
            throw typed(directory, "sync directory", e, 0);
        }
    }

    @Override
    public long usableBytes(Path directory) throws IOException {
        try {
            FileStore store = Files.getFileStore(directory);
            return store.getUsableSpace();
        } catch (IOException e) {
            throw typed(directory, "free space of", e, 0);
        }
    }

    /** What the file system calls the lock file, and when it was made: a copy has another number, or was made later. */
    @Override
    public long place(Path directory) throws IOException {
        Path file = directory.resolve(LOCK_FILE);
        try {
            BasicFileAttributes attributes = Files.readAttributes(file, BasicFileAttributes.class);
            boolean tellsCreation = !attributes.creationTime().equals(attributes.lastModifiedTime());
            long created = tellsCreation ? attributes.creationTime().to(TimeUnit.NANOSECONDS) : 0;
            return attributes.fileKey() == null ? created : (long) Files.getAttribute(file, "unix:ino") * MIXER ^ created;
        } catch (IOException e) {
            throw typed(file, "look at", e, 0);
        }
    }

    @Override
    @SuppressWarnings("MustBeClosedChecker") // closed with the lock
    public Closeable lock(Path directory) throws IOException {
        Path file = directory.resolve(LOCK_FILE);
        try {
            FileChannel channel = FileChannel.open(
                    file, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
            try {
                if (!tryLock(channel)) {
                    throw new DirectoryLockedException(directory, owner(channel));
                }
                channel.truncate(0);
                channel.write(StandardCharsets.US_ASCII.encode(ProcessHandle.current().pid() + "\n"), 0);
                return channel;
            } catch (IOException | RuntimeException e) {
                channel.close();
                throw e;
            }
        } catch (DirectoryLockedException e) {
            throw e;
        } catch (IOException e) {
            throw typed(file, "lock", e, 0);
        }
    }

    private static boolean tryLock(FileChannel channel) throws IOException {
        try {
            FileLock lock = channel.tryLock();
            return lock != null;
        } catch (OverlappingFileLockException e) {
            return false;
        }
    }

    private static String owner(FileChannel channel) throws IOException {
        ByteBuffer text = ByteBuffer.allocate(20);
        channel.read(text, 0);
        String pid = StandardCharsets.US_ASCII.decode(text.flip()).toString().trim();
        return !pid.isEmpty() && pid.chars().allMatch(Character::isDigit) ? "process " + pid : "another process";
    }

    /** What the operating system said, as one of the types of this package; {@code wanted} bytes were to be written. */
    static IOException typed(Path file, String operation, IOException e, long wanted) {
        if (e instanceof DiskFailedException || e instanceof DiskFullException || e instanceof NoSuchFileException) {
            return e;
        }
        String message = String.valueOf(e.getMessage());
        if (message.contains("No space left on device") || message.contains("uota exceeded")) {
            return new DiskFullException(file, operation, e);
        }
        // Messages are in the user's language; so where something was to be written, look whether it would fit.
        if (wanted > 0 && !hasRoom(file, wanted)) {
            return new DiskFullException(file, operation, e);
        }
        return new DiskFailedException(file, operation, e);
    }

    static boolean hasRoom(Path file, long bytes) {
        try {
            Path absolute = file.toAbsolutePath();
            Path parent = absolute.getParent();
            return Files.getFileStore(parent == null ? absolute : parent).getUsableSpace() >= bytes;
        } catch (IOException e) {
            return true; // cannot tell
        }
    }
}
