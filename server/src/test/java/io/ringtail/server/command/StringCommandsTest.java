package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class StringCommandsTest {
    private static final String SYNTAX = "-ERR syntax error";
    private static final String NOT_AN_INTEGER = "-ERR value is not an integer or out of range";

    private final CommandTester tester = new CommandTester();

    @Test
    void whatIsSetIsGot() {
        tester.expect(
                "GET k", "nil",
                "SET k v", "OK",
                "GET k", "\"v\"",
                "SET k \"\"", "OK",
                "GET k", "\"\"",
                "SET \"\" \"\\x00\\xff\\x0d\\x0a\"", "OK",
                "GET \"\"", "\"\u0000\u00ff\r\n\"",
                "STRLEN \"\"", ":4",
                "STRLEN none", ":0");
    }

    @Test
    void databasesAreApart() {
        tester.expect("SET k v", "OK");
        tester.database = 1;
        tester.expect("GET k", "nil", "SET k w", "OK");
        tester.database = 0;
        tester.expect("GET k", "\"v\"");
    }

    @Test
    void setObeysItsConditions() {
        tester.expect(
                "SET k v XX", "nil",
                "GET k", "nil",
                "SET k v NX", "OK",
                "SET k w NX", "nil",
                "SET k w XX", "OK",
                "GET k", "\"w\"",
                "SET k x GET", "\"w\"",
                "SET k y NX GET", "\"x\"",
                "GET k", "\"x\"",
                "SET k y XX GET", "\"x\"",
                "GET k", "\"y\"",
                "SET n y XX GET", "nil",
                "GET n", "nil",
                "SET n y NX GET", "nil",
                "GET n", "\"y\"",
                "set n z nx nx", "nil");
    }

    @Test
    void setGivesKeepsAndVoidsAnExpiry() {
        tester.data.nowMillis = 1_000_000;
        tester.expect(
                "SET k v EX 10", "OK",
                "PTTL k", ":10000",
                "SET k w KEEPTTL", "OK",
                "PTTL k", ":10000",
                "SET k w", "OK",
                "PTTL k", ":-1",
                "SET k v PX 7", "OK",
                "PTTL k", ":7",
                "SET k v EXAT 1001", "OK",
                "PTTL k", ":1000",
                "SET k v PXAT 1000500", "OK",
                "PTTL k", ":500",
                "SET k v EX 1 EX 2", "OK",
                "PTTL k", ":2000",
                "SET k v PXAT 1000000", "OK",
                "EXISTS k", ":0",
                "SET k v EXAT 1 GET", "nil",
                "GET k", "nil",
                "SET fresh v KEEPTTL", "OK",
                "PTTL fresh", ":-1");
    }

    @Test
    void setRefusesOptionsThatContradict() {
        tester.expect(
                "SET k v NX XX", SYNTAX,
                "SET k v XX NX", SYNTAX,
                "SET k v EX 1 PX 1", SYNTAX,
                "SET k v EX 1 KEEPTTL", SYNTAX,
                "SET k v KEEPTTL PXAT 1", SYNTAX,
                "SET k v EX", SYNTAX,
                "SET k v PERSIST", SYNTAX,
                "SET k v BANANA", SYNTAX,
                "SET k v EX 0", "-ERR invalid expire time in 'set' command",
                "SET k v PX -1", "-ERR invalid expire time in 'set' command",
                "SET k v EX 9223372036854775807", "-ERR invalid expire time in 'set' command",
                "SET k v PX 9223372036854775807", "-ERR invalid expire time in 'set' command",
                "SET k v EX -9223372036854775808", "-ERR invalid expire time in 'set' command",
                "SET k v EX 1.5", NOT_AN_INTEGER,
                "SETEX k 0 v", "-ERR invalid expire time in 'setex' command",
                "PSETEX k -5 v", "-ERR invalid expire time in 'psetex' command",
                "SETEX k x v", NOT_AN_INTEGER,
                "EXISTS k", ":0");
    }

    @Test
    void olderFormsOfSet() {
        tester.expect(
                "SETNX k v", ":1",
                "SETNX k w", ":0",
                "SETEX k 5 v", "OK",
                "PTTL k", ":5000",
                "PSETEX k 5 v", "OK",
                "PTTL k", ":5",
                "GETSET k w", "\"v\"",
                "PTTL k", ":-1",
                "GETSET new w", "nil",
                "GETDEL new", "\"w\"",
                "GETDEL new", "nil",
                "EXISTS new", ":0");
    }

    @Test
    void getexChangesTheExpiryOnly() {
        tester.data.nowMillis = 1_000_000;
        tester.expect(
                "GETEX none EX foo", "nil",
                "GETEX none FOO", SYNTAX,
                "SET k v EX 10", "OK",
                "GETEX k", "\"v\"",
                "PTTL k", ":10000",
                "GETEX k PX 20", "\"v\"",
                "PTTL k", ":20",
                "GETEX k PERSIST", "\"v\"",
                "PTTL k", ":-1",
                "GETEX k PERSIST", "\"v\"",
                "GETEX k EXAT 2000", "\"v\"",
                "PTTL k", ":1000000",
                "GETEX k EX 0", "-ERR invalid expire time in 'getex' command",
                "GETEX k KEEPTTL", SYNTAX,
                "GETEX k EX 1 PERSIST", SYNTAX,
                "GETEX k PXAT 1", "\"v\"",
                "GET k", "nil");
    }

    @Test
    void severalKeysAtOnce() {
        tester.expect(
                "MSET a 1 b 2 a 3", "OK",
                "MGET a b c a", "[\"3\" \"2\" nil \"3\"]",
                "MSET a", "-ERR wrong number of arguments for 'mset' command",
                "MSET a 1 b", "-ERR wrong number of arguments for 'mset' command",
                "MSETNX x 1 y", "-ERR wrong number of arguments for 'msetnx' command",
                "MSETNX x 1 b 1", ":0",
                "EXISTS x", ":0",
                "MSETNX x 1 y 1", ":1",
                "MGET x y", "[\"1\" \"1\"]");
    }

    @Test
    void aKeyThatIsTooLongIsRefusedBeforeAnythingIsWritten() {
        String longKey = "k".repeat(64 * 1024 + 1);
        String error = "-ERR key is too long: 65537 bytes, the limit is 65536";
        tester.expect(
                "SET " + longKey + " v", error,
                "MSET a 1 " + longKey + " 2", error,
                "GET " + longKey, error,
                "DEL a " + longKey, error,
                "EXISTS a", ":0",
                "SET " + longKey.substring(1) + " v", "OK",
                "GET " + longKey.substring(1), "\"v\"");
    }

    @Test
    void partsOfValues() {
        tester.expect(
                "APPEND k hello", ":5",
                "EXPIRE k 100", ":1",
                "APPEND k \" world\"", ":11",
                "APPEND k \"\"", ":11",
                "TTL k", ":100",
                "GETRANGE k 0 4", "\"hello\"",
                "GETRANGE k -5 -1", "\"world\"",
                "GETRANGE k 0 -1", "\"hello world\"",
                "GETRANGE k 5 1", "\"\"",
                "GETRANGE k -1 -5", "\"\"",
                "GETRANGE k 100 200", "\"\"",
                "GETRANGE k -9223372036854775808 9223372036854775807", "\"hello world\"",
                "GETRANGE none 0 -1", "\"\"",
                "SUBSTR k 0 0", "\"h\"",
                "GETRANGE k a 1", NOT_AN_INTEGER,
                "SETRANGE k 6 Redis", ":11",
                "GET k", "\"hello Redis\"",
                "TTL k", ":100",
                "SETRANGE k 13 !", ":14",
                "GET k", "\"hello Redis\u0000\u0000!\"",
                "SETRANGE k 2 \"\"", ":14",
                "SETRANGE none 5 \"\"", ":0",
                "EXISTS none", ":0",
                "SETRANGE fresh 2 x", ":3",
                "GET fresh", "\"\u0000\u0000x\"",
                "SETRANGE k -1 x", "-ERR offset is out of range");
    }

    @Test
    void valuesBeyondTheLimitAreRefused() {
        tester.call.limits(16, 20);
        String error = "-ERR string exceeds maximum allowed size (proto-max-bulk-len)";
        tester.expect(
                "SETRANGE k 20 x", error,
                "SETRANGE k 19 x", ":20",
                "APPEND k x", error,
                "SETRANGE k 9223372036854775807 x", error,
                "SETRANGE k 21 \"\"", ":20");
        CommandTester usual = new CommandTester();
        usual.expect("SETRANGE k 536870912 x", error, "SETRANGE k 536870911 xx", error);
    }

    @Test
    void setOfThreeArgumentsReadsNothing() {
        HeapDataSession data = tester.data;
        int before = data.reads();
        tester.run("SET k v");
        assertThat(data.reads()).isEqualTo(before);
    }
}
