package io.ringtail.server.command;

import org.junit.jupiter.api.Test;

class KeyCommandsTest {
    private static final String SYNTAX = "-ERR syntax error";
    private static final String NOT_AN_INTEGER = "-ERR value is not an integer or out of range";
    private static final String NO_SUCH_DATABASE = "-ERR DB index is out of range";
    private static final String SAME = "-ERR source and destination objects are the same";

    private final CommandTester tester = new CommandTester();

    @Test
    void keysAreDeletedAndLookedFor() {
        tester.expect(
                "MSET a 1 b 2 c 3", "OK",
                "EXISTS a b none a", ":3",
                "TOUCH a none", ":1",
                "DEL none", ":0",
                "DEL a", ":1",
                "DEL a b b none", ":1",
                "UNLINK c c", ":1",
                "DBSIZE", ":0",
                "TYPE a", "none",
                "SET a 1", "OK",
                "TYPE a", "string");
    }

    @Test
    void aKeyThatHasEndedIsNotThere() {
        tester.expect("SET k v PX 10", "OK");
        tester.data.nowMillis += 9;
        tester.expect("GET k", "\"v\"", "PTTL k", ":1");
        tester.data.nowMillis += 1;
        tester.expect(
                "GET k", "nil",
                "EXISTS k", ":0",
                "DEL k", ":0",
                "TTL k", ":-2",
                "EXPIRE k 10", ":0",
                "PERSIST k", ":0",
                "APPEND k new", ":3",
                "TTL k", ":-1",
                "RENAME none k", "-ERR no such key");
    }

    @Test
    void valuesMoveToOtherKeys() {
        tester.expect(
                "RENAME a b", "-ERR no such key",
                "RENAMENX a b", "-ERR no such key",
                "RENAME a a", "-ERR no such key",
                "SET a 1 EX 100", "OK",
                "RENAME a a", "OK",
                "RENAMENX a a", ":0",
                "GET a", "\"1\"",
                "SET b 2", "OK",
                "RENAMENX a b", ":0",
                "RENAME a b", "OK",
                "EXISTS a", ":0",
                "GET b", "\"1\"",
                "TTL b", ":100",
                "RENAMENX b c", ":1",
                "TTL c", ":100",
                "EXISTS b", ":0",
                "SET d 4", "OK",
                "RENAME d c", "OK",
                "TTL c", ":-1");
    }

    @Test
    void valuesAreCopied() {
        tester.expect(
                "COPY a b", ":0",
                "SET a 1 EX 100", "OK",
                "COPY a b", ":1",
                "TTL b", ":100",
                "SET a 2", "OK",
                "COPY a b", ":0",
                "COPY a b REPLACE", ":1",
                "GET b", "\"2\"",
                "TTL b", ":-1",
                "COPY a a", SAME,
                "COPY a a DB 0", SAME,
                "COPY a a DB 1", ":1",
                "COPY a a db 15 replace", ":1",
                "COPY a b DB 16", NO_SUCH_DATABASE,
                "COPY a b DB -1", NO_SUCH_DATABASE,
                "COPY a b DB x", NOT_AN_INTEGER,
                "COPY a b DB", SYNTAX,
                "COPY a b FOO", SYNTAX);
        tester.database = 1;
        tester.expect("GET a", "\"2\"", "DBSIZE", ":1");
    }

    @Test
    void keysMoveToOtherDatabases() {
        tester.expect(
                "MOVE a 1", ":0",
                "SET a 1 EX 100", "OK",
                "MOVE a 0", SAME,
                "MOVE a 16", NO_SUCH_DATABASE,
                "MOVE a x", NOT_AN_INTEGER,
                "MOVE a 1", ":1",
                "EXISTS a", ":0",
                "SET a 2", "OK",
                "MOVE a 1", ":0");
        tester.database = 1;
        tester.expect("GET a", "\"1\"", "TTL a", ":100");
    }

    @Test
    void whatIsKnownOfAValue() {
        tester.expect(
                "OBJECT ENCODING none", "nil",
                "OBJECT REFCOUNT none", "nil",
                "OBJECT IDLETIME none", "nil",
                "OBJECT FREQ none", "nil",
                "MEMORY USAGE none", "nil",
                "SET k 123", "OK",
                "OBJECT ENCODING k", "\"int\"",
                "object refcount k", ":1",
                "SET k " + "x".repeat(44), "OK",
                "OBJECT ENCODING k", "\"embstr\"",
                "APPEND k y", ":45",
                "OBJECT ENCODING k", "\"raw\"",
                "OBJECT FREQ k",
                        "-ERR An LFU maxmemory policy is not selected, access frequency not tracked. Please note that when"
                                + " switching between policies at runtime LRU and LFU data will take some time to adjust.",
                "OBJECT FOO k", "-ERR unknown subcommand 'FOO'. Try OBJECT HELP.",
                "OBJECT ENCODING", "-ERR wrong number of arguments for 'object|encoding' command",
                "OBJECT", "-ERR wrong number of arguments for 'object' command",
                "MEMORY USAGE k SAMPLES -1", SYNTAX,
                "MEMORY USAGE k SAMPLES", SYNTAX,
                "MEMORY USAGE k SAMPLES x", NOT_AN_INTEGER,
                "MEMORY USAGE k FOO 1", SYNTAX,
                "MEMORY FOO", "-ERR unknown subcommand 'FOO'. Try MEMORY HELP.",
                // 11 bytes of key; a record of 18 bytes before the 45 of the value.
                "MEMORY USAGE k", ":74",
                "MEMORY USAGE k SAMPLES 0", ":74");
        tester.data.nowMillis += 2500;
        tester.expect("OBJECT IDLETIME k", ":2");
    }
}
