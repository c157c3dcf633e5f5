package io.ringtail.bench.load;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * One line of the comparison. Immutable.
 *
 * @param name as {@code --only} takes it: {@code set}, {@code get-p16}, {@code set-always}
 * @param fsync the servers' {@code appendfsync} meanwhile
 */
record LoadRow(String name, Load.Command command, int pipeline, String fsync) {
    static final List<Load.Command> COMMANDS = List.of(Load.Command.SET, Load.Command.GET);

    /** SET and GET for each depth of pipeline, then SET with a sync before each reply. */
    static List<LoadRow> all(List<Integer> pipelines) {
        List<LoadRow> rows = new ArrayList<>();
        for (int pipeline : pipelines) {
            for (Load.Command command : COMMANDS) {
                String suffix = pipeline == 1 ? "" : "-p" + pipeline;
                rows.add(new LoadRow(command.name().toLowerCase(Locale.ROOT) + suffix, command, pipeline, "everysec"));
            }
        }
        rows.add(new LoadRow("set-always", Load.Command.SET, 1, "always"));
        return rows;
    }

    /**
     * Those of {@code rows} that {@code names} names; all when it is empty.
     *
     * @throws IllegalArgumentException when there is no row of such a name
     */
    static List<LoadRow> chosen(List<LoadRow> rows, List<String> names) {
        for (String name : names) {
            if (rows.stream().noneMatch(row -> row.name.equals(name))) {
                throw new IllegalArgumentException("--only " + name + ": there are "
                        + String.join(", ", rows.stream().map(LoadRow::name).toList()));
            }
        }
        return names.isEmpty() ? rows : rows.stream().filter(row -> names.contains(row.name)).toList();
    }
}
