package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.WRITE;

import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;

/**
 * When keys end: set, asked and taken away. Stateless; each handler is confined to the thread that runs its call.
 *
 * <p>An expiry that is past already deletes.
 */
final class ExpiryCommands {
    private static final int NX = 1;
    private static final int XX = 2;
    private static final int GT = 4;
    private static final int LT = 8;

    private ExpiryCommands() {}

    static void register(CommandTable table) {
        String options = " [NX|XX|GT|LT]";
        table.add("expire", -3, call -> expire(call, true, true, "expire"))
                .flags(WRITE, FAST)
                .keys(1, 1, 1)
                .docs("generic", "1.0.0", "O(1)", "Has a key end after some seconds.", "key seconds" + options);
        table.add("pexpire", -3, call -> expire(call, false, true, "pexpire"))
                .flags(WRITE, FAST)
                .keys(1, 1, 1)
                .docs("generic", "2.6.0", "O(1)", "Has a key end after some milliseconds.", "key milliseconds" + options);
        table.add("expireat", -3, call -> expire(call, true, false, "expireat"))
                .flags(WRITE, FAST)
                .keys(1, 1, 1)
                .docs(
                        "generic",
                        "1.2.0",
                        "O(1)",
                        "Has a key end at a time, in seconds since 1970.",
                        "key unix-time-seconds" + options);
        table.add("pexpireat", -3, call -> expire(call, false, false, "pexpireat"))
                .flags(WRITE, FAST)
                .keys(1, 1, 1)
                .docs(
                        "generic",
                        "2.6.0",
                        "O(1)",
                        "Has a key end at a time, in milliseconds since 1970.",
                        "key unix-time-milliseconds" + options);
        table.add("ttl", 2, call -> remaining(call, true, true))
                .flags(READONLY, FAST)
                .keys(1, 1, 1)
                .docs("generic", "1.0.0", "O(1)", "Answers after how many seconds a key ends.", "key");
        table.add("pttl", 2, call -> remaining(call, false, true))
                .flags(READONLY, FAST)
                .keys(1, 1, 1)
                .docs("generic", "2.6.0", "O(1)", "Answers after how many milliseconds a key ends.", "key");
        table.add("expiretime", 2, call -> remaining(call, true, false))
                .flags(READONLY, FAST)
                .keys(1, 1, 1)
                .docs("generic", "7.0.0", "O(1)", "Answers when a key ends, in seconds since 1970.", "key");
        table.add("pexpiretime", 2, call -> remaining(call, false, false))
                .flags(READONLY, FAST)
                .keys(1, 1, 1)
                .docs("generic", "7.0.0", "O(1)", "Answers when a key ends, in milliseconds since 1970.", "key");
        table.add("persist", 2, ExpiryCommands::persist)
                .flags(WRITE, FAST)
                .keys(1, 1, 1)
                .docs("generic", "2.2.0", "O(1)", "Takes a key's expiry away.", "key");
    }

    private static void expire(Call call, boolean seconds, boolean relative, String command) {
        int options = options(call);
        long expireAtMillis = ExpireTime.ofCommand(call, 2, seconds, relative, command);
        DataSession data = call.data();
        Key key = call.key(1);
        Record record = call.record();
        boolean found = data.read(key, record) && (options == 0 || allows(options, record.expireAtMillis(), expireAtMillis));
        if (found) {
            if (expireAtMillis <= data.nowMillis()) {
                if (record.showsCollection()) {
                    data.delete(key, null);
                } else {
                    data.delete(key);
                }
            } else {
                data.expire(key, expireAtMillis);
            }
        }
        call.reply().integer(found ? 1 : 0);
    }

    private static int options(Call call) {
        int options = 0;
        for (int i = 3; i < call.count(); i++) {
            if (call.is(i, "NX")) {
                options |= NX;
            } else if (call.is(i, "XX")) {
                options |= XX;
            } else if (call.is(i, "GT")) {
                options |= GT;
            } else if (call.is(i, "LT")) {
                options |= LT;
            } else {
                throw new CommandException("ERR Unsupported option " + call.quoted(i));
            }
        }
        if ((options & NX) != 0 && options != NX) {
            throw new CommandException("ERR NX and XX, GT or LT options at the same time are not compatible");
        }
        if ((options & (GT | LT)) == (GT | LT)) {
            throw new CommandException("ERR GT and LT options at the same time are not compatible");
        }
        return options;
    }

    /** Whether the options let a key that ends at {@code current} (0: never, which counts as latest) end at {@code wanted}. */
    private static boolean allows(int options, long current, long wanted) {
        boolean expires = current != 0;
        return ((options & NX) == 0 || !expires)
                && ((options & XX) == 0 || expires)
                && ((options & GT) == 0 || (expires && wanted > current))
                && ((options & LT) == 0 || !expires || wanted < current);
    }

    private static void remaining(Call call, boolean seconds, boolean relative) {
        Record record = call.record();
        if (!call.data().read(call.key(1), record)) {
            call.reply().integer(-2);
            return;
        }
        long expireAtMillis = record.expireAtMillis();
        if (expireAtMillis == 0) {
            call.reply().integer(-1);
            return;
        }
        long millis = relative ? Math.max(0, expireAtMillis - call.data().nowMillis()) : expireAtMillis;
        call.reply().integer(seconds ? millis / 1000 + (millis % 1000 >= 500 ? 1 : 0) : millis);
    }

    private static void persist(Call call) {
        Record record = call.record();
        Key key = call.key(1);
        boolean expires = call.data().read(key, record) && record.expireAtMillis() != 0;
        if (expires) {
            call.data().expire(key, 0);
        }
        call.reply().integer(expires ? 1 : 0);
    }
}
