package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Random commands, given to the handlers here and to a real Redis, are answered alike. Runs where a {@code redis-server} is on
 * PATH. More of it: {@code -Dringtail.differential.commands=100000 -Dringtail.differential.seed=…}.
 */
class RedisDifferentialTest {
    private static final int COMMANDS = Integer.getInteger("ringtail.differential.commands", 6000);
    private static final Pattern WORDS = Pattern.compile("[^ \\[\\]]+|\\[|\\]");

    private final CommandTester tester = new CommandTester();
    private long seed;
    private Random random = new Random();

    /** Commands that give the key behind their name an end. */
    private static final Set<String> ENDING = Set.of(
            "SET", "SETEX", "PSETEX", "GETEX", "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT", "RESTORE");

    @TempDir
    Path directory;

    private RealRedis redis;

    @BeforeEach
    void startRedis() throws IOException, InterruptedException {
        redis = RealRedis.start(directory);
    }

    @AfterEach
    void stopRedis() throws IOException {
        if (redis != null) {
            redis.close();
        }
    }

    @Test
    void randomCommandsAreAnsweredAsRedisAnswersThem() throws IOException {
        seed = Long.getLong("ringtail.differential.seed", System.nanoTime());
        random = new Random(seed);
        List<String> differences = new ArrayList<>();
        for (int i = 0; i < COMMANDS && differences.size() < 20; i++) {
            List<String> words = command();
            tester.data.nowMillis = System.currentTimeMillis();
            String theirs = redis.ask(words);
            String ours = tester.run(words);
            if (!alike(words, ours, theirs)) {
                differences.add(words + "\n  Redis " + theirs + "\n  here  " + ours);
                // Goes on from equal states.
                redis.ask(List.of("FLUSHALL"));
                tester.run(List.of("FLUSHALL"));
            }
            forgetWhatEndsSoon(words);
        }
        assertThat(String.join("\n", differences)).as("differences with seed " + seed).isEmpty();
    }

    /**
     * Deletes, on both sides, a key that the command has made end within the hour: a later command could fall on either side of that moment, since the two do not look at the
     * clock at one time. Redis looks later, so what has not ended there has not ended here.
     */
    private void forgetWhatEndsSoon(List<String> words) throws IOException {
        if (!ENDING.contains(words.get(0)) || words.size() < 2) {
            return;
        }
        long leftMillis = number(tester.run(List.of("PTTL", words.get(1))));
        if (leftMillis >= 0 && leftMillis < TimeUnit.HOURS.toMillis(1)) {
            redis.ask(List.of("DEL", words.get(1)));
            tester.run(List.of("DEL", words.get(1)));
        }
    }

    @Test
    void floatsAreAddedAsRedisAddsThem() throws IOException {
        seed = Long.getLong("ringtail.differential.seed", System.nanoTime());
        random = new Random(seed);
        for (int i = 0; i < COMMANDS / 4; i++) {
            List<String> set = List.of("SET", "f", number());
            redis.ask(set);
            tester.run(set);
            for (int k = 0; k < 3; k++) {
                List<String> add = List.of("INCRBYFLOAT", "f", number());
                assertThat(tester.run(add)).as("seed " + seed + " " + set + add).isEqualTo(redis.ask(add));
            }
        }
    }

    @Test
    void dumpedValuesTravelBothWays() throws IOException {
        seed = Long.getLong("ringtail.differential.seed", System.nanoTime());
        random = new Random(seed);
        for (int i = 0; i < 400; i++) {
            String value = dumpable(i);
            redis.ask(List.of("SET", "k", value));
            tester.run(List.of("SET", "k", value));
            String ours = unquoted(tester.run("DUMP k"));
            String theirs = unquoted(redis.ask(List.of("DUMP", "k")));
            assertThat(redis.ask(List.of("RESTORE", "r", "0", ours, "REPLACE"))).as("seed " + seed).isEqualTo("OK");
            assertThat(tester.run(List.of("RESTORE", "r", "0", theirs, "REPLACE"))).as("seed " + seed).isEqualTo("OK");
            assertThat(redis.ask(List.of("GET", "r"))).as("seed " + seed).isEqualTo('"' + value + '"');
            assertThat(tester.run("GET r")).as("seed " + seed).isEqualTo('"' + value + '"');
        }
    }

    private String dumpable(int i) {
        String repeated = words(1, 40).repeat(1 + random.nextInt(60));
        return switch (i % 4) {
            case 0 -> integer();
            case 1 -> repeated;
            case 2 -> repeated + words(1, 300) + repeated.repeat(random.nextInt(30));
            default -> words(0, 20_000);
        };
    }

    private static String unquoted(String bulk) {
        return bulk.substring(1, bulk.length() - 1);
    }

    private String words(int min, int max) {
        StringBuilder text = new StringBuilder();
        for (int size = min + random.nextInt(max - min + 1); size > 0; size--) {
            text.append((char) random.nextInt(256));
        }
        return text.toString();
    }

    // ---- what counts as alike

    private static boolean alike(List<String> words, String ours, String theirs) {
        if (ours.equals(theirs)) {
            return true;
        }
        return switch (words.get(0)) {
            case "EXPIRE", "PEXPIRE", "EXPIREAT", "PEXPIREAT" ->
                // What is quoted of the option is cut, and made UTF-8.
                ours.startsWith("-ERR Unsupported option ") && theirs.startsWith("-ERR Unsupported option ");
            case "BITCOUNT", "BITPOS" -> ours.startsWith("-ERR") && words.get(1).equals("missing");
            case "KEYS", "SCAN" -> sorted(ours).equals(sorted(theirs));
            case "RANDOMKEY" -> ours.equals("nil") == theirs.equals("nil");
            case "TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME" ->
                ours.charAt(0) == ':'
                        && theirs.charAt(0) == ':'
                        && Math.abs(number(ours) - number(theirs)) <= (words.get(0).startsWith("P") ? 5000 : 5);
            // Redis counts what has ended until it comes across it.
            case "DBSIZE" -> number(ours) <= number(theirs);
            case "MEMORY" -> ours.charAt(0) == ':' && theirs.charAt(0) == ':';
            default -> false;
        };
    }

    private static long number(String reply) {
        return Long.parseLong(reply.substring(1));
    }

    private static List<String> sorted(String reply) {
        List<String> found = new ArrayList<>(
                WORDS.matcher(reply).results().map(m -> m.group()).toList());
        Collections.sort(found);
        return found;
    }

    // ---- random commands

    private String pick(String... choices) {
        return choices[random.nextInt(choices.length)];
    }

    private String key() {
        return pick("a", "b", "c", "d", "{x}e", "{x}f", "", "key:7");
    }

    private String integer() {
        return switch (random.nextInt(6)) {
            case 0 -> pick("0", "1", "-1", "2", "10", "-10", "100");
            case 1 -> pick(
                    "9223372036854775807",
                    "-9223372036854775808",
                    "9223372036854775808",
                    "4294967295",
                    "2147483648",
                    "-2147483649",
                    "9223372036854775",
                    "9223372036854776");
            case 2 -> pick("", "01", "+1", " 1", "1 ", "abc", "-", "-0", "1.5", "0x10");
            case 3 -> Long.toString(random.nextLong());
            default -> Integer.toString(random.nextInt(300) - 100);
        };
    }

    private String small() {
        return random.nextInt(12) == 0 ? integer() : Integer.toString(random.nextInt(60) - 20);
    }

    private String number() {
        return switch (random.nextInt(5)) {
            case 0 -> integer();
            case 1 -> pick(
                    "0.1", "0.2", "-0.3", "3.0e3", "1e17", "-1e-5", "1e400", "1e4932", "1e5000", "1e-4950", "1e-5000",
                    "inf", "-inf", "nan", "infinity", ".5", "5.", ".", "1e", "1e+", "0x1p3", "0x1.8p-2", "0x", "1.5x",
                    "-0", "-0.0", "99999999999999999999999", "0.00000000000000001", "0.000000000000000005", "1E3",
                    "18446744073709551615", "18446744073709551617", "0e99999999999");
            case 2 -> Double.toString(random.nextGaussian());
            case 3 -> Double.toString(Double.longBitsToDouble(random.nextLong()));
            default -> random.nextInt(1000) + "." + random.nextInt(1000);
        };
    }

    private String value() {
        return switch (random.nextInt(6)) {
            case 0 -> integer();
            case 1 -> number();
            case 2 -> "";
            case 3 -> words(1, 40);
            case 4 -> "ab".repeat(random.nextInt(30));
            default -> pick("foobar", "ohmytext", "mynewtext", "hello world", "\u0000\u00ff\u00f0", "\u00ff\u00ff\u00ff");
        };
    }

    /** Seconds or milliseconds from now, either far off or past. */
    private String relative() {
        String time = integer();
        boolean soon = time.matches("[1-9][0-9]{0,4}");
        return soon || random.nextInt(4) != 0 ? Integer.toString(100_000 + 1000 * random.nextInt(100)) : time;
    }

    private String absoluteSeconds() {
        return random.nextInt(4) == 0 ? integer() : Long.toString(3_000_000_000L + random.nextInt(1000));
    }

    private String absoluteMillis() {
        return random.nextInt(4) == 0 ? integer() : Long.toString(3_000_000_000_000L + random.nextInt(100_000));
    }

    /** One of the lists, then up to {@code max} of the pieces, each from one of the suppliers. */
    @SafeVarargs
    private List<String> with(int max, List<String> head, Supplier<List<String>>... pieces) {
        List<String> words = new ArrayList<>(head);
        for (int i = random.nextInt(max + 1); i > 0; i--) {
            words.addAll(pieces[random.nextInt(pieces.length)].get());
        }
        return words;
    }

    private List<String> many(String name, int max) {
        return with(max, List.of(name, key()), () -> List.of(key()));
    }

    private List<String> pairs(String name) {
        List<String> words = with(4, List.of(name, key(), value()), () -> List.of(key(), value()));
        return random.nextInt(10) == 0 ? words.subList(0, words.size() - 1) : words;
    }

    private String unit() {
        return pick("BYTE", "BIT", "bit");
    }

    private String type() {
        return random.nextInt(15) == 0
                ? pick("u64", "i65", "u0", "i0", "x8", "", "u", "i-1", "U8")
                : pick("u", "i") + (1 + random.nextInt(63));
    }

    private String bitOffset() {
        return random.nextInt(15) == 0
                ? pick("-1", "4294967296", "#-1", "#", "", "abc", "99999999999999")
                : pick("", "#") + random.nextInt(20);
    }

    private String bits() {
        return random.nextInt(4) == 0 ? integer() : Integer.toString(random.nextInt(600) - 300);
    }

    private List<String> expire(String name, String time) {
        return with(2, List.of(name, key(), time), () -> List.of(pick("NX", "XX", "GT", "LT", "gt", "foo")));
    }

    private List<String> command() {
        List<String> words = wellFormed();
        if (words.get(0).startsWith("BIT")) {
            // Redis 7.0 looks at the key before all arguments, 7.2 after: no errors to compare.
            return words;
        } else if (random.nextInt(40) == 0 && words.size() > 1) {
            return words.subList(0, words.size() - 1);
        } else if (random.nextInt(40) == 0) {
            List<String> longer = new ArrayList<>(words);
            longer.add(value());
            return longer;
        }
        return words;
    }

    private List<String> wellFormed() {
        return switch (random.nextInt(56)) {
            case 0, 1, 2 -> List.of("SET", key(), value());
            case 3, 4, 5 -> with(
                    3,
                    List.of("SET", key(), value()),
                    () -> List.of(pick("NX", "XX", "GET", "KEEPTTL", "nx", "get")),
                    () -> List.of("EX", relative()),
                    () -> List.of("PX", relative()),
                    () -> List.of("EXAT", absoluteSeconds()),
                    () -> List.of("PXAT", absoluteMillis()),
                    () -> List.of(pick("PERSIST", "EX", "foo")));
            case 6, 7 -> List.of("GET", key());
            case 8 -> List.of("SETNX", key(), value());
            case 9 -> List.of("SETEX", key(), relative(), value());
            case 10 -> List.of("PSETEX", key(), relative(), value());
            case 11 -> List.of("GETSET", key(), value());
            case 12 -> List.of("GETDEL", key());
            case 13 -> with(
                    2,
                    List.of("GETEX", key()),
                    () -> List.of(pick("PERSIST", "KEEPTTL", "NX")),
                    () -> List.of("EX", relative()),
                    () -> List.of("PX", relative()),
                    () -> List.of("EXAT", absoluteSeconds()),
                    () -> List.of("PXAT", absoluteMillis()));
            case 14 -> many("MGET", 4);
            case 15 -> pairs("MSET");
            case 16 -> pairs("MSETNX");
            case 17 -> List.of("APPEND", key(), value());
            case 18 -> List.of("STRLEN", key());
            case 19 -> List.of(pick("GETRANGE", "SUBSTR"), key(), small(), small());
            case 20 -> List.of("SETRANGE", key(), random.nextInt(10) == 0 ? "536870912" : small(), value());
            case 21 -> List.of(pick("INCR", "DECR"), key());
            case 22, 23 -> List.of(pick("INCRBY", "DECRBY"), key(), integer());
            case 24, 25 -> List.of("INCRBYFLOAT", key(), number());
            case 26 -> with(
                    2,
                    List.of("LCS", key(), key()),
                    () -> List.of(pick("LEN", "IDX", "WITHMATCHLEN", "IDX", "foo")),
                    () -> List.of("MINMATCHLEN", small()));
            case 27, 28 -> List.of("SETBIT", key(), random.nextInt(10) == 0 ? bitOffset() : "" + random.nextInt(300), pick("0", "1", "1", "2", ""));
            case 29 -> List.of("GETBIT", key(), random.nextInt(5) == 0 ? bitOffset() : "" + random.nextInt(300));
            case 30, 31 -> bitcount();
            case 32, 33 -> bitpos();
            case 34 -> with(3, List.of("BITOP", pick("AND", "OR", "XOR", "NOT", "and", "foo"), key(), key()), () -> List.of(key()));
            case 35, 36, 37 -> with(
                    4,
                    List.of(random.nextInt(8) == 0 ? "BITFIELD_RO" : "BITFIELD", key()),
                    () -> List.of("GET", type(), bitOffset()),
                    () -> List.of("SET", type(), bitOffset(), bits()),
                    () -> List.of("INCRBY", type(), bitOffset(), bits()),
                    () -> List.of("INCRBY", type(), bitOffset(), bits()),
                    () -> List.of("OVERFLOW", pick("WRAP", "SAT", "FAIL", "fail", random.nextInt(5) == 0 ? "foo" : "SAT")));
            case 38 -> many(pick("DEL", "UNLINK"), 3);
            case 39 -> many(pick("EXISTS", "TOUCH"), 3);
            case 40 -> List.of("TYPE", key());
            case 41 -> expire(pick("EXPIRE", "PEXPIRE"), relative());
            case 42 -> expire("EXPIREAT", absoluteSeconds());
            case 43 -> expire("PEXPIREAT", absoluteMillis());
            case 44, 45 -> List.of(pick("TTL", "PTTL", "EXPIRETIME", "PEXPIRETIME"), key());
            case 46 -> List.of("PERSIST", key());
            case 47 -> List.of(pick("RENAME", "RENAMENX"), key(), key());
            case 48 -> with(
                    2,
                    List.of("COPY", key(), key()),
                    () -> List.of("REPLACE"),
                    () -> List.of("DB", random.nextInt(3) == 0 ? integer() : "" + random.nextInt(18)));
            case 49 -> List.of("MOVE", key(), random.nextInt(3) == 0 ? integer() : "" + random.nextInt(18));
            case 50 -> List.of("RANDOMKEY");
            case 51 -> List.of("KEYS", glob());
            case 52 -> with(
                    2,
                    List.of("SCAN", random.nextInt(9) == 0 ? pick("x", "1x", "18446744073709551616", "") : "0", "COUNT", "1000"),
                    () -> List.of("MATCH", glob()),
                    () -> List.of("TYPE", pick("string", "STRING", "hash")),
                    () -> List.of("COUNT", random.nextInt(2) == 0 ? "1000" : pick("0", "-1", "a")));
            case 53 -> List.of("DBSIZE");
            case 54 -> random.nextInt(8) == 0
                    ? List.of(pick("FLUSHDB", "FLUSHALL"), pick("ASYNC", "SYNC", "foo"))
                    : List.of("OBJECT", pick("FREQ", "HELPX", "REFCOUNT"), pick("nokey", "nokey2"));
            default -> random.nextBoolean()
                    ? List.of("RESTORE", key(), integer(), value(), pick("REPLACE", "ABSTTL", "foo"))
                    : List.of("MEMORY", "USAGE", key(), "SAMPLES", small());
        };
    }

    private List<String> bitcount() {
        String key = existing();
        return switch (random.nextInt(3)) {
            case 0 -> List.of("BITCOUNT", key);
            case 1 -> List.of("BITCOUNT", key, small(), small());
            default -> List.of("BITCOUNT", key, small(), small(), unit());
        };
    }

    private List<String> bitpos() {
        String key = existing();
        String bit = random.nextInt(10) == 0 ? integer() : pick("0", "1");
        return switch (random.nextInt(4)) {
            case 0 -> List.of("BITPOS", key, bit);
            case 1 -> List.of("BITPOS", key, bit, small());
            case 2 -> List.of("BITPOS", key, bit, small(), small());
            default -> List.of("BITPOS", key, bit, small(), small(), unit());
        };
    }

    private String existing() {
        for (int i = 0; i < 20; i++) {
            String key = key();
            if (tester.run(List.of("EXISTS", key)).equals(":1")) {
                return key;
            }
        }
        return "missing"; // Of which Redis 7.0 does not look at the arguments.
    }

    private String glob() {
        StringBuilder glob = new StringBuilder();
        for (int i = random.nextInt(5); i >= 0; i--) {
            glob.append(pick("*", "?", "a", "b", "[a-c]", "[^a]", "[", "\\", "{x}", "key:", "7", "[b-", "]", "^", "-", "[\\]a]"));
        }
        return glob.toString();
    }
}
