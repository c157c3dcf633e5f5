package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.DENYOOM;
import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.WRITE;

import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.protocol.Request;

/**
 * Values carried to and from Redis: {@code DUMP} and {@code RESTORE}. Stateless; each handler is confined to the thread that runs its
 * call. The bytes are {@link DumpPayload}'s.
 */
final class SerializationCommands {
    private static final CommandException BUSY_KEY =
            new CommandException("BUSYKEY Target key name already exists.");
    private static final CommandException INVALID_TTL = new CommandException("ERR Invalid TTL value, must be >= 0");
    private static final CommandException INVALID_IDLE_TIME =
            new CommandException("ERR Invalid IDLETIME value, must be >= 0");
    private static final CommandException INVALID_FREQUENCY =
            new CommandException("ERR Invalid FREQ value, must be >= 0 and <= 255");

    private SerializationCommands() {}

    static void register(CommandTable table) {
        table.add("dump", 2, SerializationCommands::dump)
                .flags(READONLY)
                .keys(1, 1, 1)
                .docs(
                        "generic",
                        "2.6.0",
                        "O(N), N bytes of the value",
                        "Serializes a value in the form RESTORE takes, here and in Redis.",
                        "key");
        table.add("restore", -4, SerializationCommands::restore)
                .flags(WRITE, DENYOOM)
                .keys(1, 1, 1)
                .docs(
                        "generic",
                        "2.6.0",
                        "O(N), N bytes of the value",
                        "Stores a value that DUMP serialized, here or in Redis.",
                        "key ttl serialized-value [REPLACE] [ABSTTL] [IDLETIME seconds] [FREQ frequency]");
    }

    private static void dump(Call call) {
        Record record = call.record();
        if (call.data().read(call.key(1), record)) {
            if (record.showsCollection()) {
                throw CommandException.NOT_FOR_SETS;
            }
            DumpPayload payload = DumpPayload.of(record);
            call.reply().bulk(payload.array(), payload.offset(), payload.size());
        } else {
            call.reply().nullBulk();
        }
    }

    private static void restore(Call call) {
        boolean replace = false;
        boolean absolute = false;
        boolean idleTime = false;
        boolean frequency = false;
        for (int i = 4; i < call.count(); i++) {
            boolean more = i + 1 < call.count();
            if (call.is(i, "REPLACE")) {
                replace = true;
            } else if (call.is(i, "ABSTTL")) {
                absolute = true;
            } else if (call.is(i, "IDLETIME") && more && !frequency) {
                idleTime = true;
                i++;
                if (call.integer(i) < 0) {
                    throw INVALID_IDLE_TIME;
                }
            } else if (call.is(i, "FREQ") && more && !idleTime) {
                frequency = true;
                i++;
                long value = call.integer(i);
                if (value < 0 || value > 255) {
                    throw INVALID_FREQUENCY;
                }
            } else {
                throw CommandException.SYNTAX;
            }
        }
        DataSession data = call.data();
        Key key = call.key(1);
        boolean found = data.exists(key);
        if (found && !replace) {
            throw BUSY_KEY;
        }
        long ttl = call.integer(2);
        if (ttl < 0) {
            throw INVALID_TTL;
        }
        Request request = call.request();
        DumpPayload payload =
                DumpPayload.parse(request.array(), request.offset(3), request.size(3), call.maxValueSize());
        long now = data.nowMillis();
        long expireAtMillis = ttl == 0 || absolute ? ttl : ttl > Long.MAX_VALUE - now ? Long.MAX_VALUE : ttl + now;
        if (expireAtMillis == 0 || expireAtMillis > now) {
            data.write(key, payload.array(), payload.offset(), payload.size(), expireAtMillis);
        } else if (found) {
            data.delete(key);
        }
        call.reply().ok();
    }
}
