package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

class BitmapCommandsTest {
    private static final String SYNTAX = "-ERR syntax error";
    private static final String OUT_OF_RANGE = "-ERR bit offset is not an integer or out of range";
    private static final String NO_BIT = "-ERR bit is not an integer or out of range";

    private final CommandTester tester = new CommandTester();

    @Test
    void bitsAreSetAndRead() {
        tester.expect(
                "GETBIT k 100", ":0",
                "SETBIT k 7 1", ":0",
                "GET k", "\"\u0001\"",
                "SETBIT k 7 0", ":1",
                "SETBIT k 16 0", ":0",
                "STRLEN k", ":3",
                "SETBIT k 0 1", ":0",
                "GETBIT k 0", ":1",
                "GETBIT k 1", ":0",
                "GETBIT k 4294967295", ":0",
                "EXPIRE k 100", ":1",
                "SETBIT k 1 1", ":0",
                "TTL k", ":100");
    }

    @Test
    void aBitThatIsAsAskedIsNotWrittenAgain() {
        tester.expect("SETBIT k 7 1", ":0");
        int writes = tester.data.writes();
        tester.expect("SETBIT k 7 1", ":1");
        assertThat(tester.data.writes()).isEqualTo(writes);
    }

    @Test
    void offsetsAndBitsOutOfRange() {
        for (String offset : new String[] {"-1", "4294967296", "x", "\"\"", "9223372036854775807", "#1"}) {
            tester.expect("SETBIT k " + offset + " 1", OUT_OF_RANGE, "GETBIT k " + offset, OUT_OF_RANGE);
        }
        tester.expect("SETBIT k 1 2", NO_BIT, "SETBIT k 1 -1", NO_BIT, "SETBIT k 1 x", NO_BIT, "SETBIT k 1 01", NO_BIT);
    }

    @Test
    void bitsAreCounted() {
        tester.expect(
                "SET k foobar", "OK",
                "BITCOUNT k", ":26",
                "BITCOUNT k 0 0", ":4",
                "BITCOUNT k 1 1", ":6",
                "BITCOUNT k 1 1 BYTE", ":6",
                "BITCOUNT k 5 30 BIT", ":17",
                "BITCOUNT k 0 -1 bit", ":26",
                "BITCOUNT k -1 -2", ":0",
                "BITCOUNT k 3 2", ":0",
                "BITCOUNT k -9223372036854775808 9223372036854775807", ":26",
                "BITCOUNT none", ":0",
                "BITCOUNT k 0", SYNTAX,
                "BITCOUNT k 0 1 FOO", SYNTAX,
                "BITCOUNT k 0 1 BIT x", SYNTAX,
                "BITCOUNT none 0 x", "-ERR value is not an integer or out of range",
                "BITCOUNT none 0 1 FOO", SYNTAX);
        tester.expect("SET k " + "a".repeat(1001), "OK", "BITCOUNT k", ":3003", "BITCOUNT k 3 -4", ":2985");
    }

    @Test
    void bitsAreFound() {
        tester.expect(
                "SET k \"\\xff\\xf0\\x00\"", "OK",
                "BITPOS k 0", ":12",
                "BITPOS k 1", ":0",
                "BITPOS k 1 2", ":-1",
                "BITPOS k 1 1", ":8",
                "BITPOS k 0 0 0", ":-1",
                "BITPOS k 0 7 15 BIT", ":12",
                "BITPOS k 1 12 23 BIT", ":-1",
                "SET k \"\\xff\\xff\"", "OK",
                "BITPOS k 0", ":16",
                "BITPOS k 0 1", ":16",
                "BITPOS k 0 0 -1", ":-1",
                "BITPOS k 0 5", ":-1",
                "BITPOS none 0", ":0",
                "BITPOS none 1", ":-1",
                "BITPOS none 1 0 x", "-ERR value is not an integer or out of range",
                "BITPOS k 2", "-ERR The bit argument must be 1 or 0.",
                "BITPOS k x", "-ERR value is not an integer or out of range",
                "BITPOS k 1 0 1 FOO", SYNTAX,
                "BITPOS k 1 0 1 BIT x", SYNTAX);
        tester.expect("SETRANGE z 999 \"\\x01\"", ":1000", "BITPOS z 1", ":7999", "BITPOS z 1 0 -2", ":-1");
    }

    @Test
    void valuesAreCombined() {
        tester.expect(
                "SET a \"\\xff\\x0f\"", "OK",
                "SET b \"\\xf0\"", "OK",
                "SET d old EX 100", "OK",
                "BITOP AND d a b", ":2",
                "GET d", "\"\u00f0\u0000\"",
                "TTL d", ":-1",
                "BITOP OR d a b", ":2",
                "GET d", "\"\u00ff\u000f\"",
                "BITOP xor d a b", ":2",
                "GET d", "\"\u000f\u000f\"",
                "BITOP NOT d a", ":2",
                "GET d", "\"\u0000\u00f0\"",
                "BITOP AND d a none b", ":2",
                "GET d", "\"\u0000\u0000\"",
                "BITOP AND d none a", ":2",
                "GET d", "\"\u0000\u0000\"",
                "BITOP OR d none", ":0",
                "EXISTS d", ":0",
                "BITOP NOT a a", ":2",
                "GET a", "\"\u0000\u00f0\"",
                "BITOP FOO d a", SYNTAX,
                "BITOP NOT d a b", "-ERR BITOP NOT must be called with a single source key.");
    }

    @Test
    void fieldsAreReadAndWritten() {
        tester.expect(
                "BITFIELD k", "[]",
                "BITFIELD k GET u8 0", "[:0]",
                "EXISTS k", ":0",
                "BITFIELD k SET u8 0 255 GET i8 0 SET i4 #1 7", "[:0 :-1 :-1]",
                "GET k", "\"\u00f7\"",
                "BITFIELD k INCRBY u2 100 1 INCRBY u2 102 1", "[:1 :1]",
                "STRLEN k", ":13",
                "BITFIELD k SET i64 3 -9223372036854775808 GET i64 3 INCRBY i64 3 -1",
                        "[:-5188146770730811392 :-9223372036854775808 :9223372036854775807]",
                "BITFIELD k SET u63 1 9223372036854775807 GET u63 1", "[:8070450532247928831 :9223372036854775807]",
                "BITFIELD_RO k GET u1 1 GET u4 4294967290", "[:1 :0]",
                "BITFIELD_RO k GET u4 0 SET u4 0 1", "-ERR BITFIELD_RO only supports the GET subcommand");
    }

    @Test
    void fieldsOverflowAsAsked() {
        tester.expect(
                "BITFIELD k SET u8 0 300", "[:0]",
                "BITFIELD k GET u8 0", "[:44]",
                "BITFIELD k OVERFLOW SAT SET u8 0 300 GET u8 0", "[:44 :255]",
                "BITFIELD k OVERFLOW SAT SET u8 0 -1 GET u8 0", "[:255 :255]",
                "BITFIELD k INCRBY u8 0 1", "[:0]",
                "BITFIELD k INCRBY u8 0 -1", "[:255]",
                "BITFIELD k OVERFLOW FAIL INCRBY u8 0 1 OVERFLOW SAT INCRBY u8 0 1", "[nil :255]",
                "BITFIELD k OVERFLOW SAT INCRBY u8 0 -1000", "[:0]",
                "BITFIELD k OVERFLOW SAT SET i8 0 -1000 GET i8 0 INCRBY i8 0 9223372036854775807", "[:0 :-128 :127]",
                "BITFIELD k OVERFLOW FAIL SET i8 0 128", "[nil]",
                "BITFIELD new OVERFLOW FAIL SET u1 0 5", "[nil]",
                "STRLEN new", ":1");
        tester.protocolVersion = 3;
        tester.expect("BITFIELD k OVERFLOW FAIL SET i8 0 128", "[nil]");
    }

    @Test
    void wrongFields() {
        String type = "-ERR Invalid bitfield type. Use something like i16 u8. Note that u64 is not supported but i64 is.";
        for (String wrong : new String[] {"u64", "i65", "u0", "i0", "x8", "u", "\"\"", "U8", "u-1", "u08"}) {
            tester.expect("BITFIELD k GET " + wrong + " 0", type);
        }
        for (String wrong : new String[] {"-1", "4294967296", "#", "#-1", "x", "\"\"", "#9223372036854775807"}) {
            tester.expect("BITFIELD k GET u8 " + wrong, OUT_OF_RANGE);
        }
        tester.expect(
                "BITFIELD k GET u8", SYNTAX,
                "BITFIELD k SET u8 0", SYNTAX,
                "BITFIELD k FOO u8 0 1", SYNTAX,
                "BITFIELD k OVERFLOW", SYNTAX,
                "BITFIELD k OVERFLOW foo", "-ERR Invalid OVERFLOW type specified",
                "BITFIELD k SET u8 0 x", "-ERR value is not an integer or out of range",
                "EXISTS k", ":0");
    }
}
