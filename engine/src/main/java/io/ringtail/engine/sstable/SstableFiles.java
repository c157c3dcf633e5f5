package io.ringtail.engine.sstable;

import io.ringtail.engine.io.FileSystem;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/** The names of table files. Pure, but for {@link #deleteOrphans}. */
public final class SstableFiles {
    private static final String SUFFIX = ".sst";

    private SstableFiles() {}

    /** Where the table with this id is. */
    public static Path path(Path directory, long fileId) {
        return directory.resolve(String.format(Locale.ROOT, "%012d%s", fileId, SUFFIX));
    }

    /** The id in a table's file name, or -1 when it is no table's. */
    public static long fileId(Path file) {
        String name = file.getFileName().toString();
        return name.matches("[0-9]{12}\\.sst") ? Long.parseLong(name.substring(0, 12)) : -1;
    }

    /**
     * Deletes tables that are not {@code live}: outputs of a flush or compaction that was cut short, and inputs that were
     * not yet deleted. Called once, when the store opens, before it writes.
     *
     * @return what was deleted
     */
    public static List<Path> deleteOrphans(FileSystem files, Path directory, Set<Long> live) throws IOException {
        List<Path> deleted = new ArrayList<>();
        for (Path file : files.list(directory)) {
            long fileId = fileId(file);
            if (fileId >= 0 && !live.contains(fileId)) {
                files.delete(file);
                deleted.add(file);
            }
        }
        return deleted;
    }
}
