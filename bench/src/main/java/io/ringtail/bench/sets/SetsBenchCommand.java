package io.ringtail.bench.sets;

import io.ringtail.bench.CpuAffinity;
import io.ringtail.bench.Median;
import io.ringtail.bench.TemporaryDirectory;
import io.ringtail.bench.TextTable;
import io.ringtail.bench.load.ServerUnderTest;
import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.coordinator.LocalCoordinator;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import io.ringtail.engine.commitlog.SyncPolicy;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.server.cli.Main;
import io.ringtail.server.config.Settings;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.Random;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/**
 * {@code ringtail bench sets}: adds, tests and removes random members of a small set and of a large one by turns, in one store of this process, through the session that commands go through; then walks and deletes the large one. With {@code --sockets}, {@link ServerSets} does that to servers. Confined to the main thread.
 */
@Command(
        name = "sets",
        mixinStandardHelpOptions = true,
        description = {"Measures what a change of a set costs in a small set and in a large one, in one run: without the network, or with it."})
public final class SetsBenchCommand implements Callable<Integer> {
    private static final int BATCH = 1000;
    private static final int TURN = 100;
    private static final int ANY_CORE = -1;

    @Option(names = "--small", paramLabel = "COUNT", defaultValue = "1000", description = "members (default: ${DEFAULT-VALUE})")
    private int small;

    @Option(names = "--large", paramLabel = "COUNT", defaultValue = "1000000", description = "members (default: ${DEFAULT-VALUE})")
    private int large;

    @Option(names = "--sockets", description = "as clients of a server see it, and beside Redis where there is a redis-server on the path")
    private boolean sockets;

    @Option(names = "--memory-limit", paramLabel = "MB", description = "of the store or server (default: of the store 192 MB for memtables and 64 MB of blocks, of the server its own)")
    private int memoryLimitMegabytes;

    @Option(names = "--rounds", paramLabel = "COUNT", defaultValue = "9", description = "of which the median is told (default: ${DEFAULT-VALUE})")
    private int rounds;

    @Option(names = "--operations", paramLabel = "COUNT", defaultValue = "20000", description = "of each kind, set and round (default: ${DEFAULT-VALUE})")
    private int operations;

    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it
    private CommandSpec spec;

    private final Random random = new Random(1);
    private final Record header = new Record();
    private final Record record = new Record();
    private final Key[] one = {new Key()};

    @Override
    public Integer call() throws IOException {
        if (sockets) {
            measureServers();
        } else {
            measureHere();
        }
        return 0;
    }

    /** One server after the other, since each has all of the machine's memory that it takes; each ratio is of one run. */
    private void measureServers() throws IOException {
        ServerSets sets = new ServerSets(small, large, rounds, operations);
        int limit = memoryLimitMegabytes > 0 ? memoryLimitMegabytes : (int) (Long.parseLong(Settings.MEMORY_LIMIT.defaultText()) >> 20);
        try (ServerUnderTest ringtail = ServerUnderTest.ringtail(Main.class.getName(), ANY_CORE, limit, List.of())) {
            tell(sets.measure(ringtail));
        }
        if (CpuAffinity.onPath("redis-server")) {
            try (ServerUnderTest redis = ServerUnderTest.redis(ANY_CORE, List.of())) {
                tell(sets.measure(redis));
            }
        }
    }

    private StoreOptions storeOptions(Path directory) {
        StoreOptions options = StoreOptions.of(directory).withSyncPolicy(SyncPolicy.NO);
        return memoryLimitMegabytes > 0 ? options.withMemoryLimit((long) memoryLimitMegabytes << 20) : options;
    }

    private void measureHere() throws IOException {
        try (TemporaryDirectory directory = TemporaryDirectory.create("ringtail-bench-sets");
                Store store = Store.open(storeOptions(directory.path().resolve("store")), StoreListener.NONE);
                DataSession session = new LocalCoordinator(store, System::currentTimeMillis).session(true)) {
            Key smallSet = new Key().set(0, bytes("small"));
            Key largeSet = new Key().set(0, bytes("large"));
            load(session, smallSet, small);
            load(session, largeSet, large);
            TextTable table = new TextTable().row("", "small, us", "large, us", "ratio");
            for (Kind kind : Kind.values()) {
                measure(session, kind, smallSet, largeSet, table);
            }
            tell(table.toString());
            long begin = System.nanoTime();
            long members = 0;
            if (session.readRecord(largeSet, header)) {
                try (RecordCursor cursor = session.members(largeSet, header, 0)) {
                    while (cursor.next()) {
                        members++;
                    }
                }
            }
            long walked = System.nanoTime();
            change(session, () -> session.delete(largeSet, null));
            long deleted = System.nanoTime();
            tell(String.format("walking %,d members: %s ms; deleting them: %s ms%n", members,
                    TextTable.number((walked - begin) / 1e6), TextTable.number((deleted - walked) / 1e6)));
        }
    }

    private enum Kind {
        TEST,
        ADD,
        REMOVE
    }

    private void tell(String text) {
        spec.commandLine().getOut().print(text);
        spec.commandLine().getOut().flush();
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Key member(Key set, int number, Key into) {
        byte[] name = bytes("member:" + number);
        return MemberKeys.set(into, set, Record.TYPE_SET, name, 0, name.length);
    }

    private static void change(DataSession session, Runnable change) {
        session.enterExclusive();
        try {
            change.run();
        } finally {
            session.exitExclusive();
            session.endTurn();
        }
    }

    private void load(DataSession session, Key set, int count) {
        Key[] members = new Key[BATCH];
        for (int i = 0; i < BATCH; i++) {
            members[i] = new Key();
        }
        for (int from = 0; from < count; from += BATCH) {
            int size = Math.min(BATCH, count - from);
            for (int i = 0; i < size; i++) {
                member(set, from + i, members[i]);
            }
            boolean begins = from == 0;
            change(session, () -> session.changeMembers(set, members, size, true, begins));
        }
    }

    private void measure(DataSession session, Kind kind, Key smallSet, Key largeSet, TextTable table) {
        double[] ofSmall = new double[rounds];
        double[] ofLarge = new double[rounds];
        // The first is for the compiler.
        for (int round = -1; round < rounds; round++) {
            double inSmall = round(session, kind, smallSet, small);
            double inLarge = round(session, kind, largeSet, large);
            if (round >= 0) {
                ofSmall[round] = inSmall;
                ofLarge[round] = inLarge;
            }
        }
        double smallMicros = Median.of(ofSmall);
        double largeMicros = Median.of(ofLarge);
        table.row(kind.name().toLowerCase(java.util.Locale.ROOT), TextTable.number(smallMicros), TextTable.number(largeMicros),
                TextTable.number(largeMicros / smallMicros));
    }

    /** Microseconds for one: turns of so many, as a pipeline brings them. What is removed is put in again, unmeasured. */
    private double round(DataSession session, Kind kind, Key set, int count) {
        long nanos = 0;
        for (int done = 0; done < operations; done += TURN) {
            int[] numbers = random.ints(TURN, 0, count).toArray();
            long begin = System.nanoTime();
            change(session, () -> {
                for (int number : numbers) {
                    operate(session, kind, set, number);
                }
            });
            nanos += System.nanoTime() - begin;
            if (kind == Kind.REMOVE) {
                change(session, () -> {
                    for (int number : numbers) {
                        operate(session, Kind.ADD, set, number);
                    }
                });
            }
        }
        return nanos / 1e3 / operations;
    }

    private void operate(DataSession session, Kind kind, Key set, int number) {
        member(set, number, one[0]);
        boolean there = session.readRecord(set, header)
                && session.readRecord(one[0], record)
                && header.hasMember(record, session.nowMillis());
        if (kind == Kind.ADD || kind == Kind.REMOVE && there) {
            session.changeMembers(set, one, 1, kind == Kind.ADD, false);
        }
    }
}
