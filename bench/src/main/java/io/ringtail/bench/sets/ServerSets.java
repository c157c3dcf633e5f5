package io.ringtail.bench.sets;

import io.ringtail.bench.Median;
import io.ringtail.bench.TextTable;
import io.ringtail.bench.load.ServerUnderTest;
import java.io.IOException;
import java.util.Locale;
import java.util.Random;

/**
 * The same as a client of a server sees it: random members of a small set and of a large one, by turns, one command at a time and in pipelines; then the large one deleted. Confined to one thread.
 *
 * @param small members of the one
 * @param large members of the other
 * @param rounds of which the median is told
 * @param operations of each kind, set and round
 */
record ServerSets(int small, int large, int rounds, int operations) {
    private static final String SMALL = "small";
    private static final String LARGE = "large";
    private static final int LOADED_AT_ONCE = 1000;
    private static final int[] PIPELINES = {1, 200};

    /** The table of a server, whose sets are made first. */
    String measure(ServerUnderTest server) throws IOException {
        TextTable table = new TextTable().row("", "small", "large", "ratio");
        try (MemberClient client = new MemberClient(server.port())) {
            load(client, SMALL, small);
            load(client, LARGE, large);
            for (int pipeline : PIPELINES) {
                for (Kind kind : Kind.values()) {
                    measure(client, server.name(), kind, pipeline, table);
                }
            }
            client.add("DEL", SMALL);
            double smallMillis = client.send() / 1e6;
            client.add("DEL", LARGE);
            double largeMillis = client.send() / 1e6;
            table.row(server.name() + " delete, ms", TextTable.number(smallMillis), TextTable.number(largeMillis), "");
        }
        return table.toString();
    }

    private enum Kind {
        TEST("SISMEMBER"),
        ADD("SADD"),
        REMOVE("SREM");

        private final String command;

        Kind(String command) {
            this.command = command;
        }
    }

    private static void load(MemberClient client, String set, int count) throws IOException {
        for (int from = 0; from < count; ) {
            int size = Math.min(LOADED_AT_ONCE, count - from);
            String[] arguments = new String[size + 2];
            arguments[0] = "SADD";
            arguments[1] = set;
            for (int i = 0; i < size; i++) {
                arguments[i + 2] = MemberClient.member(from++);
            }
            client.add(arguments);
            client.send();
        }
    }

    private void measure(MemberClient client, String server, Kind kind, int pipeline, TextTable table) throws IOException {
        Random random = new Random(1);
        double[] ofSmall = new double[rounds];
        double[] ofLarge = new double[rounds];
        // The first is for the server's compiler and caches.
        for (int round = -1; round < rounds; round++) {
            double inSmall = round(client, kind, pipeline, SMALL, small, random);
            double inLarge = round(client, kind, pipeline, LARGE, large, random);
            if (round >= 0) {
                ofSmall[round] = inSmall;
                ofLarge[round] = inLarge;
            }
        }
        double smallMicros = Median.of(ofSmall);
        double largeMicros = Median.of(ofLarge);
        table.row(
                server + " " + kind.name().toLowerCase(Locale.ROOT) + (pipeline == 1 ? "" : "-p" + pipeline) + ", us",
                TextTable.number(smallMicros), TextTable.number(largeMicros), TextTable.number(largeMicros / smallMicros));
    }

    /** Microseconds for one. What is removed is put in again, unmeasured. */
    private double round(MemberClient client, Kind kind, int pipeline, String set, int count, Random random) throws IOException {
        long nanos = 0;
        for (int done = 0; done < operations; done += pipeline) {
            int[] numbers = random.ints(pipeline, 0, count).toArray();
            nanos += send(client, kind, set, numbers);
            if (kind == Kind.REMOVE) {
                send(client, Kind.ADD, set, numbers);
            }
        }
        return nanos / 1e3 / operations;
    }

    private static long send(MemberClient client, Kind kind, String set, int[] numbers) throws IOException {
        for (int number : numbers) {
            client.add(kind.command, set, MemberClient.member(number));
        }
        return client.send();
    }
}
