package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ScanCommandsTest {
    private static final String SYNTAX = "-ERR syntax error";
    private static final String NOT_AN_INTEGER = "-ERR value is not an integer or out of range";

    private final CommandTester tester = new CommandTester();

    /** The cursor and the keys of a reply to SCAN; keys hold neither quotes nor spaces. */
    private record Batch(String cursor, List<String> keys) {
        static Batch of(String reply) {
            String[] parts = reply.replaceAll("[\\[\\]\"]", "").trim().split(" +");
            return new Batch(parts[0], List.of(parts).subList(1, parts.length));
        }
    }

    private List<String> scanAll(String options) {
        List<String> keys = new ArrayList<>();
        String cursor = "0";
        do {
            Batch batch = Batch.of(tester.run("SCAN " + cursor + options));
            keys.addAll(batch.keys);
            cursor = batch.cursor;
        } while (!cursor.equals("0"));
        return keys;
    }

    @Test
    void eachKeyIsMetOnce() {
        Set<String> expected = new HashSet<>();
        for (int i = 0; i < 500; i++) {
            tester.run("SET key:" + i + " v");
            expected.add("key:" + i);
        }
        tester.run("SET gone v PX 1");
        tester.data.nowMillis += 1;
        tester.database = 3;
        tester.run("SET elsewhere v");
        tester.database = 0;
        for (String options : new String[] {"", " COUNT 1", " COUNT 7", " COUNT 9223372036854775807", " TYPE string"}) {
            assertThat(scanAll(options)).as(options).containsExactlyInAnyOrderElementsOf(expected);
        }
        assertThat(scanAll(" MATCH key:1?2 COUNT 3")).hasSize(10);
        assertThat(scanAll(" TYPE hash")).isEmpty();
        tester.expect("DBSIZE", ":500");
        assertThat(Batch.of(tester.run("SCAN 0 COUNT 20")).keys).hasSize(20);
    }

    @Test
    void keysThatStayAreMetOnceWhateverComesAndGoes() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int round = 0; round < 20; round++) {
            tester.run("FLUSHALL");
            Set<String> stay = new HashSet<>();
            for (int i = 0; i < 200; i++) {
                String key = (random.nextInt(4) == 0 ? "{t}" : "") + "stay" + i;
                stay.add(key);
                tester.run("SET " + key + " v");
            }
            List<String> met = new ArrayList<>();
            String cursor = "0";
            do {
                for (int i = random.nextInt(30); i > 0; i--) {
                    String verb = random.nextBoolean() ? "SETNX" : "DEL";
                    String key = (random.nextBoolean() ? "{t}" : "") + "go" + random.nextInt(100);
                    tester.run(verb.equals("DEL") ? "DEL " + key : "SETNX " + key + " v");
                }
                Batch batch = Batch.of(tester.run("SCAN " + cursor + " COUNT " + (1 + random.nextInt(20))));
                batch.keys.stream().filter(key -> key.contains("stay")).forEach(met::add);
                cursor = batch.cursor;
            } while (!cursor.equals("0"));
            assertThat(met).as("seed " + seed).containsExactlyInAnyOrderElementsOf(stay);
        }
    }

    @Test
    void keysOfOneTokenComeTogether() {
        tester.data.putAt(0, "first");
        for (int i = 0; i < 5; i++) {
            tester.data.putAt(7, "same" + i);
            tester.data.putAt(-1, "last" + i);
        }
        tester.expect(
                "SCAN 0 COUNT 1", "[\"1\" [\"first\"]]",
                "SCAN 1 COUNT 2", "[\"8\" [\"same0\" \"same1\" \"same2\" \"same3\" \"same4\"]]",
                "SCAN 8 COUNT 3", "[\"0\" [\"last0\" \"last1\" \"last2\" \"last3\" \"last4\"]]");
    }

    @Test
    void wrongArguments() {
        tester.expect(
                "SCAN x", "-ERR invalid cursor",
                "SCAN -1", "-ERR invalid cursor",
                "SCAN 18446744073709551616", "-ERR invalid cursor",
                "SCAN 99999999999999999999999", "-ERR invalid cursor",
                "SCAN 18446744073709551615", "[\"0\" []]",
                "SCAN 0 COUNT 0", SYNTAX,
                "SCAN 0 COUNT -9223372036854775808", SYNTAX,
                "SCAN 0 COUNT x", NOT_AN_INTEGER,
                "SCAN 0 COUNT", SYNTAX,
                "SCAN 0 FOO 1", SYNTAX,
                "FLUSHDB FOO", SYNTAX,
                "FLUSHALL SYNC ASYNC", SYNTAX);
    }

    @Test
    void keysOfAPattern() {
        tester.expect(
                "KEYS *", "[]",
                "RANDOMKEY", "nil",
                "MSET one 1 two 2 \"\" 3", "OK",
                "KEYS t*", "[\"two\"]",
                "KEYS \"\"", "[\"\"]",
                "KEYS x", "[]",
                "DBSIZE", ":3");
        assertThat(tester.run("KEYS *")).contains("\"one\"", "\"two\"", "\"\"");
        Set<String> drawn = new HashSet<>();
        for (int i = 0; i < 2000; i++) {
            drawn.add(tester.run("RANDOMKEY"));
        }
        assertThat(drawn).containsExactlyInAnyOrder("\"one\"", "\"two\"", "\"\"");
    }

    @Test
    void databasesAreEmptied() {
        tester.expect("SET a 1", "OK");
        tester.database = 1;
        tester.expect("SET a 1", "OK", "FLUSHDB async", "OK", "DBSIZE", ":0");
        tester.database = 0;
        tester.expect("DBSIZE", ":1");
        tester.database = 5;
        tester.expect("SET a 1", "OK", "FLUSHALL sync", "OK", "DBSIZE", ":0");
        tester.database = 0;
        tester.expect("DBSIZE", ":0", "FLUSHDB", "OK", "FLUSHALL", "OK");
    }
}
