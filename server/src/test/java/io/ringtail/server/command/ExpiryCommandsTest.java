package io.ringtail.server.command;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ExpiryCommandsTest {
    private final CommandTester tester = new CommandTester();

    @BeforeEach
    void oneKey() {
        tester.data.nowMillis = 1_000_000;
        tester.expect("SET k v", "OK");
    }

    @Test
    void allFormsOfATime() {
        tester.expect(
                "TTL k", ":-1",
                "PTTL k", ":-1",
                "EXPIRETIME k", ":-1",
                "PEXPIRETIME k", ":-1",
                "TTL none", ":-2",
                "PTTL none", ":-2",
                "EXPIRETIME none", ":-2",
                "PEXPIRETIME none", ":-2",
                "EXPIRE k 100", ":1",
                "PEXPIRETIME k", ":1100000",
                "PEXPIRE k 100", ":1",
                "PEXPIRETIME k", ":1000100",
                "EXPIREAT k 2000", ":1",
                "PEXPIRETIME k", ":2000000",
                "EXPIRETIME k", ":2000",
                "PEXPIREAT k 1001499", ":1",
                "TTL k", ":1",
                "EXPIRETIME k", ":1001",
                "PEXPIREAT k 1001500", ":1",
                "TTL k", ":2",
                "EXPIRETIME k", ":1002",
                "PTTL k", ":1500",
                "PERSIST k", ":1",
                "PERSIST k", ":0",
                "PERSIST none", ":0",
                "TTL k", ":-1",
                "EXPIRE none 10", ":0",
                "PEXPIREAT k 9223372036854775807", ":1",
                "EXPIRETIME k", ":9223372036854776",
                "GET k", "\"v\"");
    }

    @Test
    void aPastTimeDeletes() {
        for (String past : new String[] {
            "EXPIRE k 0", "EXPIRE k -1", "PEXPIRE k -9223372036854775808", "EXPIREAT k 1000", "PEXPIREAT k 1000000",
            "PEXPIREAT k 0", "EXPIREAT k -9223372036854775", "EXPIRE k -1 LT"
        }) {
            tester.expect("SET k v", "OK", past, ":1", "EXISTS k", ":0", past, ":0");
        }
    }

    @Test
    void optionsDecide() {
        tester.expect(
                "EXPIRE k 100 XX", ":0",
                "EXPIRE k 100 GT", ":0",
                "EXPIRE k 100 NX", ":1",
                "EXPIRE k 200 NX", ":0",
                "EXPIRE k 200 XX", ":1",
                "EXPIRE k 200 GT", ":0",
                "EXPIRE k 201 gt xx", ":1",
                "EXPIRE k 201 LT", ":0",
                "EXPIRE k 50 LT", ":1",
                "TTL k", ":50",
                "PERSIST k", ":1",
                "EXPIRE k 50 LT XX", ":0",
                "EXPIRE k 50 LT", ":1",
                "EXPIRE k 1 NX XX", "-ERR NX and XX, GT or LT options at the same time are not compatible",
                "EXPIRE k 1 LT NX", "-ERR NX and XX, GT or LT options at the same time are not compatible",
                "EXPIRE k 1 LT GT", "-ERR GT and LT options at the same time are not compatible",
                "EXPIRE k 1 foo", "-ERR Unsupported option foo",
                "EXPIRE k x foo", "-ERR Unsupported option foo");
    }

    @Test
    void timesBeyondTheRange() {
        tester.expect(
                "EXPIRE k 9223372036854775807", "-ERR invalid expire time in 'expire' command",
                "EXPIRE k -9223372036854775808", "-ERR invalid expire time in 'expire' command",
                "PEXPIRE k 9223372036854775807", "-ERR invalid expire time in 'pexpire' command",
                "EXPIREAT k 9223372036854776", "-ERR invalid expire time in 'expireat' command",
                "EXPIRE k 9223372036854775808", "-ERR value is not an integer or out of range",
                "EXPIRE k 1.5", "-ERR value is not an integer or out of range",
                "TTL k", ":-1");
    }
}
