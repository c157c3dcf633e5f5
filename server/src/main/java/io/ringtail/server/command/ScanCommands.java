package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.WORKER;
import static io.ringtail.server.command.CommandFlag.WRITE;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.protocol.ReplyWriter;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Whole databases: walked, counted and emptied. Stateless; each handler is confined to the thread that runs its call.
 *
 * <p>A {@code SCAN} cursor is the token to go on from, in decimal; 0 begins and ends a scan. Keys lie in token order and one call
 * answers all keys of a token or none, so a key that is there from the scan's beginning to its end is answered, once, whatever comes
 * and goes beside it; and the server keeps nothing between calls.
 */
final class ScanCommands {
    private static final CommandException INVALID_CURSOR = new CommandException("ERR invalid cursor");
    private static final int DEFAULT_COUNT = 10;
    /** Keys that one SCAN looks at, whatever COUNT asks for. */
    private static final int MAX_COUNT = 1 << 20;
    /** A SCAN stops once its keys are so many bytes. */
    private static final int MAX_SCAN_BYTES = KeyBatch.MAX_BYTES / 4;

    private static final long LAST_TOKEN = -1L;

    private ScanCommands() {}

    static void register(CommandTable table) {
        table.add("scan", -2, ScanCommands::scan)
                .flags(READONLY, WORKER)
                .docs(
                        "generic",
                        "2.8.0",
                        "O(1) a call, O(N) for all N keys",
                        "Walks the keys of the database, a batch a call.",
                        "cursor [MATCH pattern] [COUNT count] [TYPE type]");
        table.add("keys", 2, ScanCommands::keys)
                .flags(READONLY, WORKER)
                .docs(
                        "generic",
                        "1.0.0",
                        "O(N), N keys of the database",
                        "Lists all keys that match a pattern.",
                        "pattern");
        table.add("randomkey", 1, ScanCommands::randomkey)
                .flags(READONLY, WORKER)
                .docs("generic", "1.0.0", "O(1)", "Names some key of the database.", "");
        table.add("dbsize", 1, call -> call.reply().integer(call.data().countKeys(call.database())))
                .flags(READONLY, FAST, WORKER)
                .docs("server", "1.0.0", "O(N), N keys", "Counts the keys of the database.", "");
        table.add("flushdb", -1, ScanCommands::flushdb)
                .flags(WRITE)
                .docs("server", "1.0.0", "O(1)", "Deletes all keys of the database.", "[ASYNC|SYNC]");
        table.add("flushall", -1, ScanCommands::flushall)
                .flags(WRITE)
                .docs("server", "1.0.0", "O(1)", "Deletes all keys of all databases.", "[ASYNC|SYNC]");
    }

    private static void scan(Call call) {
        long fromToken = cursor(call, 1);
        long count = DEFAULT_COUNT;
        GlobPattern pattern = new GlobPattern(new byte[] {'*'});
        Boolean sets = null;
        boolean any = true;
        for (int i = 2; i < call.count(); i += 2) {
            if (i + 1 == call.count()) {
                throw CommandException.SYNTAX;
            } else if (call.is(i, "COUNT")) {
                count = call.integer(i + 1);
                if (count < 1) {
                    throw CommandException.SYNTAX;
                }
            } else if (call.is(i, "MATCH")) {
                pattern = new GlobPattern(call.bytes(i + 1));
            } else if (call.is(i, "TYPE")) {
                sets = call.is(i + 1, "SET");
                any = sets || call.is(i + 1, "STRING");
            } else {
                throw CommandException.SYNTAX;
            }
        }
        KeyBatch batch = new KeyBatch();
        long next = 0;
        if (any) {
            next = scan(call, fromToken, (int) Math.min(count, MAX_COUNT), pattern, sets, batch);
        }
        ReplyWriter reply = call.reply();
        reply.arrayHeader(2);
        reply.bulk(Long.toUnsignedString(next));
        batch.writeTo(reply);
    }

    /** Gathers matching keys until {@code count} were looked at; answers the cursor to go on with. */
    private static long scan(Call call, long fromToken, int count, GlobPattern pattern, @Nullable Boolean sets, KeyBatch batch) {
        try (RecordCursor cursor = call.data().scan(call.database(), fromToken, LAST_TOKEN)) {
            int seen = 0;
            long token = 0;
            while (cursor.next()) {
                Key key = cursor.key();
                if (key.token() != token && (seen >= count || batch.size() >= MAX_SCAN_BYTES)) {
                    return token + 1;
                }
                token = key.token();
                seen++;
                if ((sets == null || sets == cursor.record().showsCollection())
                        && pattern.matches(key.bytes(), key.userKeyOffset(), key.userKeySize())) {
                    batch.add(key.bytes(), key.userKeyOffset(), key.userKeySize());
                }
            }
            return 0;
        }
    }

    /** Reads a cursor: unsigned, in decimal. */
    static long cursor(Call call, int index) {
        byte[] array = call.request().array();
        int offset = call.request().offset(index);
        int end = offset + call.request().size(index);
        long value = 0;
        for (int i = offset; i < end; i++) {
            int digit = array[i] - '0';
            if (digit < 0
                    || digit > 9
                    || Long.compareUnsigned(value, Long.divideUnsigned(-1L - digit, 10)) > 0) {
                throw INVALID_CURSOR;
            }
            value = value * 10 + digit;
        }
        return value;
    }

    private static void keys(Call call) {
        GlobPattern pattern = new GlobPattern(call.bytes(1));
        KeyBatch batch = new KeyBatch();
        try (RecordCursor cursor = call.data().scan(call.database(), 0, LAST_TOKEN)) {
            while (cursor.next()) {
                Key key = cursor.key();
                if (pattern.matches(key.bytes(), key.userKeyOffset(), key.userKeySize())) {
                    batch.add(key.bytes(), key.userKeyOffset(), key.userKeySize());
                }
            }
        }
        batch.writeTo(call.reply());
    }

    private static void randomkey(Call call) {
        long token = ThreadLocalRandom.current().nextLong();
        if (!firstKey(call, token, LAST_TOKEN) && !firstKey(call, 0, token)) {
            call.reply().nullBulk();
        }
    }

    private static boolean firstKey(Call call, long fromToken, long throughToken) {
        try (RecordCursor cursor = call.data().scan(call.database(), fromToken, throughToken)) {
            boolean found = cursor.next();
            if (found) {
                Key key = cursor.key();
                call.reply().bulk(key.bytes(), key.userKeyOffset(), key.userKeySize());
            }
            return found;
        }
    }

    private static void flushdb(Call call) {
        checkFlushOption(call);
        call.data().clearDatabase(call.database());
        call.reply().ok();
    }

    private static void flushall(Call call) {
        checkFlushOption(call);
        for (int database = 0; database < call.databaseCount(); database++) {
            call.data().clearDatabase(database);
        }
        call.reply().ok();
    }

    /** Both modes are the same here: clearing costs the same however much there is, and space is freed later. */
    private static void checkFlushOption(Call call) {
        if (call.count() > 2 || (call.count() == 2 && !call.is(1, "ASYNC") && !call.is(1, "SYNC"))) {
            throw CommandException.SYNTAX;
        }
    }
}
