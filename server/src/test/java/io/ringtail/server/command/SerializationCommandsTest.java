package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SerializationCommandsTest {
    private static final String REDIS_HELLO =
            "000568656c6c6f0a006372df766534200a";
    private static final String REDIS_1234 =
            "00c1d2040a00008708a144825ced";
    private static final String REDIS_COMPRESSED =
            "00c31040a00872696e677461696c72e08c0701696c0a0095617caabbababd8";
    private static final String WRONG_CHECKSUM = "-ERR DUMP payload version or checksum are wrong";
    private static final String BAD_FORMAT = "-ERR Bad data format";

    private final CommandTester tester = new CommandTester();

    private static String latin1(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    private static String fromHex(String hex) {
        return latin1(HexFormat.of().parseHex(hex));
    }

    /** A body with a valid footer of a version. */
    private static String payload(String bodyHex, int version) {
        byte[] body = HexFormat.of().parseHex(bodyHex);
        byte[] all = Arrays.copyOf(body, body.length + 10);
        all[body.length] = (byte) version;
        all[body.length + 1] = (byte) (version >>> 8);
        long crc = Crc64.of(all, 0, body.length + 2);
        for (int i = 0; i < 8; i++) {
            all[body.length + 2 + i] = (byte) (crc >>> (8 * i));
        }
        return latin1(all);
    }

    private String restore(String payload, String... more) {
        List<String> words = new ArrayList<>(List.of("RESTORE", "k", "0", payload, "REPLACE"));
        words.addAll(List.of(more));
        return tester.run(words);
    }

    private String dump(String value) {
        tester.run(List.of("SET", "d", value));
        String reply = tester.run("DUMP d");
        return reply.substring(1, reply.length() - 1);
    }

    @Test
    void theChecksumIsThatOfJones() {
        byte[] digits = "123456789".getBytes(StandardCharsets.US_ASCII);
        assertThat(Crc64.of(digits, 0, 9)).isEqualTo(0xE9C6D914C4B8D9CAL);
        assertThat(Crc64.of(digits, 0, 0)).isZero();
    }

    @Test
    void valuesComeBack() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (String fixed : new String[] {"", "0", "-1", "127", "128", "-129", "32767", "32768", "2147483647",
            "-2147483648", "2147483648", "007", "x".repeat(63), "x".repeat(64), "x".repeat(20), "x".repeat(21),
            "ab".repeat(8191), "ab".repeat(8192), "abc".repeat(100_000)}) {
            assertThat(restore(dump(fixed))).isEqualTo("OK");
            assertThat(tester.run("GET k")).isEqualTo('"' + fixed + '"');
        }
        for (int i = 0; i < 300; i++) {
            byte[] bytes = new byte[random.nextInt(3000)];
            int symbols = 1 + random.nextInt(256);
            for (int k = 0; k < bytes.length; k++) {
                bytes[k] = random.nextInt(3) == 0 || k < 50 ? (byte) random.nextInt(symbols) : bytes[k - 1 - random.nextInt(50)];
            }
            assertThat(restore(dump(latin1(bytes)))).as("seed " + seed).isEqualTo("OK");
            assertThat(tester.run("GET k")).as("seed " + seed).isEqualTo('"' + latin1(bytes) + '"');
        }
    }

    @Test
    void theFormIsThatOfRedis() {
        // Taken from Redis 7.0.
        assertThat(dump("hello")).isEqualTo(fromHex(REDIS_HELLO));
        assertThat(dump("1234")).isEqualTo(fromHex(REDIS_1234));
        assertThat(restore(fromHex(REDIS_COMPRESSED))).isEqualTo("OK");
        assertThat(tester.run("GET k")).isEqualTo('"' + "ringtail".repeat(20) + '"');
        assertThat(dump("a".repeat(1000)).length()).isLessThan(50);
    }

    @Test
    void everyFlippedBitIsNoticed() {
        String dumped = dump("ringtail".repeat(20));
        for (int bit = 0; bit < dumped.length() * 8; bit++) {
            StringBuilder flipped = new StringBuilder(dumped);
            flipped.setCharAt(bit / 8, (char) (dumped.charAt(bit / 8) ^ (1 << (bit % 8))));
            assertThat(restore(flipped.toString())).isEqualTo(WRONG_CHECKSUM);
        }
        for (int size = 0; size < dumped.length(); size++) {
            assertThat(restore(dumped.substring(0, size))).isEqualTo(WRONG_CHECKSUM);
        }
        tester.expect("EXISTS k", ":0");
    }

    @Test
    void wrongBodiesUnderARightChecksum() {
        for (String body : new String[] {
            "", // nothing
            "00", // no length
            "0005616263", // shorter than it says
            "000161626364", // longer than it says
            "0040", // half a length
            "0080000000", // half a length
            "008000000005616263", // 32 bits, shorter than it says
            "0081ffffffffffffffff", // a length below zero
            "00817fffffffffffffff", // a length beyond everything
            "0082", // no such length
            "00bf",
            "00c0", // half an integer
            "00c101",
            "00c2010203",
            "00c001ff", // an integer and something more
            "00c4", // no such encoding
            "00ff",
            "00c3", // compressed, and nothing there
            "00c30205", // compressed, without data
            "00c302050061", // makes one byte, not five
            "00c30201006162", // more than it says
            "00c3032061ff", // refers to before the beginning
            "00c30103e0", // a copy cut short
            "00c304056161e000", // refers to before the beginning
            "00c302817fffffffffffffff0061", // claims what so little data cannot make
            "1a00", // no such type
            "ff00",
        }) {
            assertThat(restore(payload(body, 10))).as(body).isEqualTo(BAD_FORMAT);
        }
        // A copy cut short before its distance, for which the version behind it must not be taken.
        assertThat(restore(payload("00c3040a0061e000", 0))).isEqualTo(BAD_FORMAT);
        tester.expect("EXISTS k", ":0");
        assertThat(restore(payload("0500", 10)))
                .isEqualTo("-ERR RESTORE of values that are not strings is not supported yet (serialized type 5)");
        assertThat(restore(payload("000161", 13))).isEqualTo(WRONG_CHECKSUM);
        assertThat(restore(payload("000161", 12))).isEqualTo("OK");
        assertThat(restore(payload("00810000000000000001" + "61", 1))).isEqualTo("OK");
        tester.expect("GET k", "\"a\"");
    }

    @Test
    void randomBodiesUnderARightChecksumDoNoHarm() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        for (int i = 0; i < 5000; i++) {
            byte[] body = new byte[random.nextInt(40)];
            random.nextBytes(body);
            if (body.length > 0) {
                body[0] = 0;
            }
            if (body.length > 1) {
                body[1] = random.nextBoolean() ? (byte) 0xC3 : body[1];
            }
            assertThat(restore(payload(HexFormat.of().formatHex(body), 10)))
                    .as("seed " + seed)
                    .isIn("OK", BAD_FORMAT, "-ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        }
    }

    @Test
    void valuesBeyondTheLimitAreRefused() {
        String dumped = dump("ab".repeat(50));
        tester.call.limits(16, 99);
        assertThat(restore(dumped)).isEqualTo("-ERR string exceeds maximum allowed size (proto-max-bulk-len)");
        assertThat(restore(payload("00" + "4064" + "61".repeat(100), 10)))
                .isEqualTo("-ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    }

    @Test
    void optionsOfRestore() {
        tester.data.nowMillis = 1_000_000;
        String p = payload("000161", 10);
        assertThat(tester.run("DUMP none")).isEqualTo("nil");
        assertThat(tester.run(List.of("RESTORE", "k", "50", p))).isEqualTo("OK");
        tester.expect("PTTL k", ":50");
        assertThat(tester.run(List.of("RESTORE", "k", "0", p))).isEqualTo("-BUSYKEY Target key name already exists.");
        assertThat(tester.run(List.of("RESTORE", "k", "x", "bad"))).isEqualTo("-BUSYKEY Target key name already exists.");
        assertThat(restore(p, "IDLETIME", "5")).isEqualTo("OK");
        tester.expect("PTTL k", ":-1");
        assertThat(restore(p, "FREQ", "255")).isEqualTo("OK");
        assertThat(restore(p, "FREQ", "256")).isEqualTo("-ERR Invalid FREQ value, must be >= 0 and <= 255");
        assertThat(restore(p, "IDLETIME", "-1")).isEqualTo("-ERR Invalid IDLETIME value, must be >= 0");
        assertThat(restore(p, "IDLETIME", "1", "FREQ", "1")).isEqualTo("-ERR syntax error");
        assertThat(restore(p, "FREQ")).isEqualTo("-ERR syntax error");
        assertThat(restore(p, "FOO")).isEqualTo("-ERR syntax error");
        assertThat(tester.run(List.of("RESTORE", "n", "-1", p))).isEqualTo("-ERR Invalid TTL value, must be >= 0");
        assertThat(tester.run(List.of("RESTORE", "n", "x", p)))
                .isEqualTo("-ERR value is not an integer or out of range");
        assertThat(tester.run(List.of("RESTORE", "n", "1000001", p, "ABSTTL"))).isEqualTo("OK");
        tester.expect("PTTL n", ":1");
        assertThat(tester.run(List.of("RESTORE", "k", "5", p, "ABSTTL", "REPLACE"))).isEqualTo("OK");
        tester.expect("EXISTS k", ":0");
        assertThat(tester.run(List.of("RESTORE", "k", "9223372036854775807", p))).isEqualTo("OK");
        tester.expect("PEXPIRETIME k", ":9223372036854775807");
    }
}
