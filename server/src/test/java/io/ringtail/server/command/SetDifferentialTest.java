package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.coordinator.LocalCoordinator;
import io.ringtail.engine.Store;
import io.ringtail.engine.StoreListener;
import io.ringtail.engine.StoreOptions;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random commands on sets, and on sets and strings under the same few keys, given to the handlers here over a real store and to a real Redis, are answered alike. Runs where a {@code redis-server} is on PATH. More of it:
 * {@code -Dringtail.differential.commands=100000 -Dringtail.differential.seed=…}.
 */
class SetDifferentialTest {
    private static final int COMMANDS = Integer.getInteger("ringtail.differential.commands", 6000);
    /** Commands whose replies have no order. */
    private static final Set<String> UNORDERED = Set.of("SMEMBERS", "SINTER", "SUNION", "SDIFF", "KEYS");

    private long seed;
    private Random random = new Random();

    @TempDir
    Path directory;

    private Store store;
    private DataSession session;
    private CommandTester tester;
    private RealRedis redis;

    @BeforeEach
    void start() throws IOException, InterruptedException {
        redis = RealRedis.start(directory);
        store = Store.open(StoreOptions.of(directory.resolve("data")).withSizes(8 << 20, 1 << 20, 1 << 20, 1 << 20), StoreListener.NONE);
        session = new LocalCoordinator(store, System::currentTimeMillis).session(true);
        tester = new CommandTester(session);
    }

    @AfterEach
    void stop() throws IOException {
        if (redis != null) {
            redis.close();
        }
        if (session != null) {
            session.close();
            store.close();
        }
    }

    private String ask(List<String> words) {
        session.enterExclusive();
        try {
            return tester.run(words);
        } finally {
            session.exitExclusive();
            session.endTurn();
        }
    }

    @Test
    void randomCommandsAreAnsweredAsRedisAnswersThem() throws IOException {
        seed = Long.getLong("ringtail.differential.seed", System.nanoTime());
        random = new Random(seed);
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < COMMANDS && differences.size() < 20; i++) {
            if (random.nextInt(500) == 0) {
                store.flush();
            }
            if (random.nextInt(3000) == 0) {
                store.compact();
            }
            if (random.nextInt(12) == 0) {
                chooseAtRandom(differences);
                continue;
            }
            List<String> words = command();
            String theirs = ordered(words, redis.ask(words));
            String ours = ordered(words, ask(words));
            if (!ours.equals(theirs)) {
                differences.add(words + "\n  Redis " + theirs + "\n  here  " + ours);
                redis.ask(List.of("FLUSHALL"));
                ask(List.of("FLUSHALL"));
            }
        }
        assertThat(String.join("\n", differences)).as("differences with seed " + seed).isEmpty();
    }

    /** Takes members, and has Redis take the same. */
    private void chooseAtRandom(List<String> differences) throws IOException {
        String key = key();
        boolean takes = random.nextBoolean();
        int count = random.nextInt(6) - (takes ? 0 : 2);
        List<String> words = List.of(takes ? "SPOP" : "SRANDMEMBER", key, "" + count);
        String reply = ask(words);
        if (reply.startsWith("-")) {
            String theirs = redis.ask(words);
            if (!theirs.equals(reply)) {
                differences.add(words + "\n  Redis " + theirs + "\n  here  " + reply);
            }
            return;
        }
        List<String> chosen = elements(reply);
        long size = Long.parseLong(redis.ask(List.of("SCARD", key)).substring(1));
        long expected = count < 0 ? (size == 0 ? 0 : -count) : Math.min(size, count);
        boolean right = chosen.size() == expected && (count < 0 || new TreeSet<>(chosen).size() == chosen.size());
        for (String member : new TreeSet<>(chosen)) {
            right &= redis.ask(List.of(takes ? "SREM" : "SISMEMBER", key, member)).equals(":1");
        }
        if (!right) {
            differences.add(words + " of " + size + " are " + reply);
        }
    }

    private static List<String> elements(String array) {
        String inside = array.substring(1, array.length() - 1);
        return inside.isEmpty() ? List.of() : Arrays.stream(inside.split(" ")).map(each -> each.substring(1, each.length() - 1)).toList();
    }

    private static String ordered(List<String> words, String reply) {
        return UNORDERED.contains(words.get(0)) && reply.startsWith("[") ? new TreeSet<>(elements(reply)).toString() + elements(reply).size() : reply;
    }

    private String key() {
        return "k" + random.nextInt(5);
    }

    private String member() {
        return random.nextInt(40) == 0 ? "" : random.nextBoolean() ? "" + random.nextInt(12) : "m" + random.nextInt(12);
    }

    private List<String> command() {
        List<String> words = new ArrayList<>();
        switch (random.nextInt(34)) {
            case 0, 1, 2, 3, 4, 5 -> members(words, "SADD");
            case 6, 7, 8 -> members(words, "SREM");
            case 9 -> words.addAll(List.of("SISMEMBER", key(), member()));
            case 10 -> members(words, "SMISMEMBER");
            case 11 -> words.addAll(List.of("SCARD", key()));
            case 12 -> words.addAll(List.of("SMEMBERS", key()));
            case 13 -> words.addAll(List.of("SMOVE", key(), key(), member()));
            case 14 -> keys(words, "SINTER");
            case 15 -> keys(words, "SUNION");
            case 16 -> keys(words, "SDIFF");
            case 17 -> keys(words, "SINTERSTORE", key());
            case 18 -> keys(words, "SUNIONSTORE", key());
            case 19 -> keys(words, "SDIFFSTORE", key());
            case 20 -> {
                int count = random.nextInt(4);
                words.addAll(List.of("SINTERCARD", count == 3 ? "x" : "" + count, key(), key()));
                if (random.nextBoolean()) {
                    words.addAll(List.of("LIMIT", "" + (random.nextInt(5) - 1)));
                }
            }
            case 21 -> words.addAll(List.of("DEL", key()));
            case 22 -> words.addAll(List.of("DEL", key(), key()));
            case 23 -> words.addAll(List.of("TYPE", key()));
            case 24 -> words.addAll(List.of("EXISTS", key(), key()));
            case 25 -> words.addAll(List.of("SET", key(), member()));
            case 26 -> words.addAll(List.of("EXPIRE", key(), random.nextInt(4) == 0 ? "-1" : "10000"));
            case 27 -> words.addAll(random.nextBoolean() ? List.of("TTL", key()) : List.of("PERSIST", key()));
            case 28 -> words.addAll(List.of("KEYS", "*"));
            case 29 -> words.addAll(random.nextBoolean() ? List.of("DBSIZE") : List.of("SPOP", key(), "x"));
            case 30 -> words.addAll(string());
            default -> words.addAll(List.of("SREM", key(), member()));
        }
        return words;
    }

    private List<String> string() {
        return switch (random.nextInt(12)) {
            case 0 -> List.of("GET", key());
            case 1 -> List.of("INCR", key());
            case 2 -> List.of("APPEND", key(), "1");
            case 3 -> List.of("SETNX", key(), "1");
            case 4 -> List.of("GETSET", key(), "1");
            case 5 -> List.of("SET", key(), "1", "GET");
            case 6 -> List.of("MGET", key(), key());
            case 7 -> List.of("SETRANGE", key(), "1", "x");
            case 8 -> List.of("BITCOUNT", key());
            case 9 -> List.of("SET", key(), "1", random.nextBoolean() ? "NX" : "XX");
            case 10 -> List.of("GETDEL", key());
            default -> List.of("STRLEN", key());
        };
    }

    private void members(List<String> words, String command) {
        words.addAll(List.of(command, key()));
        for (int count = 1 + random.nextInt(5); count > 0; count--) {
            words.add(member());
        }
    }

    private void keys(List<String> words, String... begin) {
        words.addAll(List.of(begin));
        for (int count = 1 + random.nextInt(3); count > 0; count--) {
            words.add(key());
        }
    }

    @Test
    void aScanMeetsWhatIsThereThroughoutExactlyOnce() {
        seed = System.nanoTime();
        random = new Random(seed);
        List<String> stays = new ArrayList<>();
        for (int i = 0; i < 3000; i++) {
            String member = "member" + i;
            if (i % 3 > 0) {
                stays.add(member);
            }
            ask(List.of("SADD", "s", member));
        }
        List<String> met = new ArrayList<>();
        String cursor = "0";
        do {
            String reply = ask(List.of("SSCAN", "s", cursor, "COUNT", "" + (1 + random.nextInt(50)), "MATCH", "member*"));
            int end = reply.indexOf('"', 2);
            cursor = reply.substring(2, end);
            met.addAll(elements(reply.substring(end + 2, reply.length() - 1)));
            ask(List.of("SREM", "s", "member" + 3 * random.nextInt(1000)));
            ask(List.of("SADD", "s", "another" + random.nextInt(1000)));
        } while (!cursor.equals("0"));
        assertThat(new TreeSet<>(met)).hasSameSizeAs(met).containsAll(stays);
    }

    @Test
    void setsAreSetsInResp3() {
        tester.protocolVersion = 3;
        ask(List.of("SADD", "s", "a"));
        assertThat(ask(List.of("SMEMBERS", "s"))).isEqualTo("~[\"a\"]");
        assertThat(ask(List.of("SUNION", "s", "none"))).isEqualTo("~[\"a\"]");
        assertThat(ask(List.of("SRANDMEMBER", "s", "5"))).isEqualTo("[\"a\"]");
        assertThat(ask(List.of("SPOP", "s", "5"))).isEqualTo("~[\"a\"]");
        assertThat(ask(List.of("SMEMBERS", "s"))).isEqualTo("~[]");
        assertThat(ask(List.of("SPOP", "s"))).isEqualTo("nil");
    }

    @Test
    void whatASetHadBeforeItsEndDoesNotComeBack() throws InterruptedException {
        ask(List.of("SADD", "s", "old", "older"));
        ask(List.of("PEXPIRE", "s", "20"));
        TimeUnit.MILLISECONDS.sleep(40);
        assertThat(ask(List.of("EXISTS", "s"))).isEqualTo(":0");
        assertThat(ask(List.of("SMEMBERS", "s"))).isEqualTo("[]");
        assertThat(ask(List.of("SADD", "s", "new"))).isEqualTo(":1");
        assertThat(ask(List.of("SMEMBERS", "s"))).isEqualTo("[\"new\"]");
        assertThat(ask(List.of("TTL", "s"))).isEqualTo(":-1");
        ask(List.of("EXPIRE", "s", "100"));
        ask(List.of("SREM", "s", "new"));
        assertThat(ask(List.of("TTL", "s"))).isEqualTo(":-2");
        ask(List.of("SADD", "s", "newer"));
        assertThat(ask(List.of("TTL", "s"))).isEqualTo(":-1");
    }

    @Test
    void sayWhatTheyRefuse() {
        ask(List.of("SADD", "s", "a"));
        for (List<String> refused : List.of(
                List.of("RENAME", "s", "t"), List.of("COPY", "s", "t"), List.of("DUMP", "s"), List.of("MOVE", "s", "1"))) {
            assertThat(ask(refused)).as(refused.toString()).startsWith("-ERR sets cannot be");
        }
        assertThat(ask(List.of("SADD", "s", "x".repeat(65_536)))).isEqualTo("-ERR member is too long: key and member together have 65537 bytes, the limit is 65536");
        assertThat(ask(List.of("SADD", "s", "x".repeat(65_535)))).isEqualTo(":1");
        assertThat(ask(List.of("OBJECT", "ENCODING", "s"))).isEqualTo("\"hashtable\"");
        assertThat(ask(List.of("LCS", "s", "s"))).isEqualTo("-ERR The specified keys must contain string values");
        assertThat(ask(List.of("SCAN", "0", "TYPE", "set"))).isEqualTo("[\"0\" [\"s\"]]");
        assertThat(ask(List.of("SCAN", "0", "TYPE", "string"))).isEqualTo("[\"0\" []]");
    }
}
