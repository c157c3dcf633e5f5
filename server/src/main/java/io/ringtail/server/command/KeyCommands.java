package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.FIRST_KEY;
import static io.ringtail.server.command.CommandFlag.KEYWISE;
import static io.ringtail.server.command.CommandFlag.DENYOOM;
import static io.ringtail.server.command.CommandFlag.EXCLUSIVE;
import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.WRITE;

import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.protocol.Request;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/** Keys deleted, looked for, renamed and copied. Stateless; each handler is confined to the thread that runs its call. */
final class KeyCommands {
    private static final CommandException SAME_OBJECT =
            new CommandException("ERR source and destination objects are the same");
    private static final CommandException DATABASE_OUT_OF_RANGE = new CommandException("ERR DB index is out of range");

    private KeyCommands() {}

    static void register(CommandTable table) {
        table.add("del", -2, KeyCommands::del)
                .flags(WRITE, KEYWISE)
                .keys(1, -1, 1)
                .docs("generic", "1.0.0", "O(N), N keys", "Deletes keys and answers how many there were.", "key [key ...]");
        table.add("unlink", -2, KeyCommands::del)
                .flags(WRITE, KEYWISE, FAST)
                .keys(1, -1, 1)
                .docs(
                        "generic",
                        "4.0.0",
                        "O(N), N keys",
                        "Deletes keys; their space is freed later, as with every delete.",
                        "key [key ...]");
        table.add("exists", -2, KeyCommands::exists)
                .flags(READONLY, FAST, EXCLUSIVE)
                .keys(1, -1, 1)
                .docs(
                        "generic",
                        "1.0.0",
                        "O(N), N keys",
                        "Counts how many of the named keys exist, each as often as it is named.",
                        "key [key ...]");
        table.add("touch", -2, KeyCommands::exists)
                .flags(READONLY, FAST, EXCLUSIVE)
                .keys(1, -1, 1)
                .docs("generic", "3.2.1", "O(N), N keys", "Looks keys up and counts those that exist.", "key [key ...]");
        table.add("type", 2, KeyCommands::type)
                .flags(READONLY, FAST)
                .keys(1, 1, 1)
                .docs("generic", "1.0.0", "O(1)", "Names the type of the value a key holds.", "key");
        table.add("rename", 3, KeyCommands::rename)
                .flags(WRITE, FIRST_KEY)
                .keys(1, 2, 1)
                .docs(
                        "generic",
                        "1.0.0",
                        "O(N), N bytes of the value",
                        "Gives a value another key, over any value that is there.",
                        "key newkey");
        table.add("renamenx", 3, KeyCommands::renamenx)
                .flags(WRITE, FAST)
                .keys(1, 2, 1)
                .docs(
                        "generic",
                        "1.0.0",
                        "O(N), N bytes of the value",
                        "Gives a value another key, if that one holds nothing.",
                        "key newkey");
        table.add("copy", -3, KeyCommands::copy)
                .flags(WRITE, DENYOOM)
                .keys(1, 2, 1)
                .docs(
                        "generic",
                        "6.2.0",
                        "O(N), N bytes of the value",
                        "Copies a value and its expiry to another key, in another database if asked.",
                        "source destination [DB destination-db] [REPLACE]");
        table.add("move", 3, KeyCommands::move)
                .flags(WRITE, FAST)
                .keys(1, 1, 1)
                .docs(
                        "generic",
                        "1.0.0",
                        "O(N), N bytes of the value",
                        "Moves a key to another database, if that does not have it.",
                        "key db");
    }

    private static void del(Call call) {
        DataSession data = call.data();
        if (call.count() == 2) {
            Key key = call.key(1);
            Record record = call.record();
            boolean found = data.read(key, record);
            if (found && record.showsCollection()) {
                data.changesSet(key);
                data.delete(key, null);
            } else if (found) {
                data.delete(key);
            }
            call.reply().integer(found ? 1 : 0);
            return;
        }
        // A key named twice counts once. ByteBuffers are comparable, so colliding hash codes cost no more than a tree.
        Request request = call.request();
        Map<ByteBuffer, Boolean> found = new LinkedHashMap<>();
        Record record = call.record();
        for (int i = 1; i < call.count(); i++) {
            Key key = call.key(i);
            if (data.read(key, record)) {
                if (record.showsCollection()) {
                    data.changesSet(key);
                }
                found.put(ByteBuffer.wrap(request.array(), request.offset(i), request.size(i)), record.showsCollection());
            }
        }
        Key key = call.otherKey();
        found.forEach((name, isSet) -> {
            key.set(call.database(), request.array(), name.position(), name.remaining());
            if (isSet) {
                data.delete(key, null);
            } else {
                data.delete(key);
            }
        });
        call.reply().integer(found.size());
    }

    private static void exists(Call call) {
        int found = 0;
        for (int i = 1; i < call.count(); i++) {
            if (call.data().exists(call.key(i))) {
                found++;
            }
        }
        call.reply().integer(found);
    }

    private static void type(Call call) {
        Record record = call.record();
        boolean found = call.data().read(call.key(1), record);
        call.reply().simpleString(!found ? "none" : record.showsCollection() ? "set" : "string");
    }

    private static void rename(Call call) {
        if (!call.data().read(call.key(1), call.record())) {
            throw CommandException.NO_SUCH_KEY;
        }
        if (!sameKey(call)) {
            Key to = call.key(2, call.otherKey());
            transfer(call, to);
            call.data().delete(call.key(1));
        }
        call.reply().ok();
    }

    private static void renamenx(Call call) {
        if (!call.data().read(call.key(1), call.record())) {
            throw CommandException.NO_SUCH_KEY;
        }
        Key to = call.key(2, call.otherKey());
        if (call.data().exists(to)) {
            call.reply().integer(0);
            return;
        }
        transfer(call, to);
        call.data().delete(call.key(1));
        call.reply().integer(1);
    }

    private static void copy(Call call) {
        int database = call.database();
        boolean replace = false;
        for (int i = 3; i < call.count(); i++) {
            if (call.is(i, "REPLACE")) {
                replace = true;
            } else if (call.is(i, "DB") && i + 1 < call.count()) {
                i++;
                database = database(call, i);
            } else {
                throw CommandException.SYNTAX;
            }
        }
        if (database == call.database() && sameKey(call)) {
            throw SAME_OBJECT;
        }
        Key to = call.key(database, 2, call.otherKey());
        if (!call.data().read(call.key(1), call.record()) || (!replace && call.data().exists(to))) {
            call.reply().integer(0);
            return;
        }
        transfer(call, to);
        call.reply().integer(1);
    }

    private static void move(Call call) {
        int database = database(call, 2);
        if (database == call.database()) {
            throw SAME_OBJECT;
        }
        Key to = call.key(database, 1, call.otherKey());
        if (!call.data().read(call.key(1), call.record()) || call.data().exists(to)) {
            call.reply().integer(0);
            return;
        }
        transfer(call, to);
        call.data().delete(call.key(1));
        call.reply().integer(1);
    }

    /** Writes what was read into the call's record, expiry and all, under another key. */
    private static void transfer(Call call, Key to) {
        Record record = call.record();
        if (record.showsCollection()) {
            throw CommandException.NOT_FOR_SETS;
        }
        call.data()
                .write(to, record.valueArray(), record.valueOffset(), record.valueSize(), record.expireAtMillis());
    }

    private static boolean sameKey(Call call) {
        Request request = call.request();
        return Arrays.equals(
                request.array(),
                request.offset(1),
                request.offset(1) + request.size(1),
                request.array(),
                request.offset(2),
                request.offset(2) + request.size(2));
    }

    private static int database(Call call, int index) {
        long database = call.integer(index);
        if (database < Integer.MIN_VALUE || database > Integer.MAX_VALUE) {
            throw new CommandException("ERR value is out of range, value must between " + Integer.MIN_VALUE + " and "
                    + Integer.MAX_VALUE);
        }
        if (database < 0 || database >= call.databaseCount()) {
            throw DATABASE_OUT_OF_RANGE;
        }
        return (int) database;
    }
}
