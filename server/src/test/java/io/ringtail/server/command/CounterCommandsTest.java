package io.ringtail.server.command;

import java.math.BigInteger;
import org.junit.jupiter.api.Test;

class CounterCommandsTest {
    private static final String NOT_AN_INTEGER = "-ERR value is not an integer or out of range";
    private static final String OVERFLOW = "-ERR increment or decrement would overflow";
    private static final String NOT_A_FLOAT = "-ERR value is not a valid float";

    private final CommandTester tester = new CommandTester();

    @Test
    void integersAreCounted() {
        tester.expect(
                "INCR n", ":1",
                "INCR n", ":2",
                "GET n", "\"2\"",
                "DECR n", ":1",
                "INCRBY n 41", ":42",
                "DECRBY n 50", ":-8",
                "GET n", "\"-8\"",
                "INCRBY n -2", ":-10",
                "EXPIRE n 100", ":1",
                "INCR n", ":-9",
                "TTL n", ":100");
    }

    @Test
    void whatIsNoIntegerIsLeftAlone() {
        for (String value : new String[] {"abc", "\"\"", "\" 1\"", "\"1 \"", "01", "+1", "1.0", "-", "-0",
            "9223372036854775808", "-9223372036854775809", "123456789012345678901"}) {
            tester.expect("SET n " + value, "OK", "INCR n", NOT_AN_INTEGER, "INCRBY fresh " + value, NOT_AN_INTEGER);
        }
        tester.expect("EXISTS fresh", ":0");
    }

    @Test
    void theEndsOfTheRange() {
        tester.expect(
                "SET n 9223372036854775806", "OK",
                "INCR n", ":9223372036854775807",
                "INCR n", OVERFLOW,
                "INCRBY n 9223372036854775807", OVERFLOW,
                "SET n -9223372036854775807", "OK",
                "DECR n", ":-9223372036854775808",
                "GET n", "\"-9223372036854775808\"",
                "DECR n", OVERFLOW,
                "DECRBY n 1", OVERFLOW,
                "DECRBY n -9223372036854775808", "-ERR decrement would overflow",
                "INCRBY n 9223372036854775807", ":-1",
                "INCRBY n -9223372036854775808", OVERFLOW);
    }

    @Test
    void floatsAreAddedInEightyBits() {
        tester.expect(
                "INCRBYFLOAT f 0.1", "\"0.1\"",
                "INCRBYFLOAT f 0.2", "\"0.3\"",
                "SET f 10.50", "OK",
                "INCRBYFLOAT f 0.1", "\"10.6\"",
                "INCRBYFLOAT f -5", "\"5.6\"",
                "SET f 5.0e3", "OK",
                "INCRBYFLOAT f 2.0e2", "\"5200\"",
                "INCRBYFLOAT f -5200", "\"0\"",
                "INCRBYFLOAT f -0.0", "\"0\"",
                "SET f 3.0e-18", "OK",
                "INCRBYFLOAT f 0", "\"0\"",
                "SET f 1e20", "OK",
                "INCRBYFLOAT f 1", "\"100000000000000000000\"",
                "SET f 18446744073709551615", "OK",
                "INCRBYFLOAT f 0", "\"18446744073709551615\"",
                "SET f 18446744073709551617", "OK",
                "INCRBYFLOAT f 0", "\"18446744073709551616\"",
                "SET f 0x1.8p1", "OK",
                "INCRBYFLOAT f .5", "\"3.5\"",
                "EXPIRE f 100", ":1",
                "INCRBYFLOAT f 1.", "\"4.5\"",
                "TTL f", ":100");
    }

    @Test
    void whatIsNoFiniteFloatIsRefused() {
        for (String text : new String[] {"abc", "\"\"", "\" 1\"", "1e", "1e+", ".", "--1", "1x", "nan", "0x", "1e5000",
            "1e-5000", "1e99999999999999999999", "-1e-99999999999999999999", "1,5", "9".repeat(5120)}) {
            tester.expect(
                    "INCRBYFLOAT fresh " + text, NOT_A_FLOAT,
                    "SET f " + text, "OK",
                    "INCRBYFLOAT f 1", NOT_A_FLOAT);
        }
        tester.expect(
                "SET f 1", "OK",
                "INCRBYFLOAT f inf", "-ERR increment would produce NaN or Infinity",
                "INCRBYFLOAT f -Infinity", "-ERR increment would produce NaN or Infinity",
                "SET f 1e4932", "OK",
                "INCRBYFLOAT f 1e4932", "-ERR increment would produce NaN or Infinity",
                "INCRBYFLOAT f 0e99999999999", "\"" + exactly1e4932() + "\"",
                "EXISTS fresh", ":0");
    }

    /** The number of 64 bits of mantissa that is nearest to 10 to the 4932nd. */
    private static String exactly1e4932() {
        BigInteger exact = BigInteger.TEN.pow(4932);
        int shift = exact.bitLength() - 64;
        return exact.shiftRight(shift - 1)
                .add(BigInteger.ONE)
                .shiftRight(1)
                .shiftLeft(shift)
                .toString();
    }
}
