package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.KEYWISE;
import static io.ringtail.server.command.CommandFlag.DENYOOM;
import static io.ringtail.server.command.CommandFlag.EXCLUSIVE;
import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.WRITE;

import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import java.util.Arrays;

/**
 * Strings read, written and cut: {@code GET}, {@code SET} and their relatives.
 *
 * <p>Stateless; each handler is confined to the thread that runs its call. {@code GET} and {@code SET} without options are the
 * shortest way there is from a request to the data, and allocate nothing.
 */
final class StringCommands {
    static final CommandException TOO_LONG =
            new CommandException("ERR string exceeds maximum allowed size (proto-max-bulk-len)");
    private static final byte[] EMPTY = new byte[0];
    private static final CommandException OFFSET_OUT_OF_RANGE = new CommandException("ERR offset is out of range");

    // Options of SET and GETEX, as bits; the index of the expiry argument stands above them.
    private static final long NX = 1;
    private static final long XX = 1 << 1;
    private static final long GET = 1 << 2;
    private static final long KEEPTTL = 1 << 3;
    private static final long PERSIST = 1 << 4;
    private static final long EX = 1 << 5;
    private static final long PX = 1 << 6;
    private static final long EXAT = 1 << 7;
    private static final long PXAT = 1 << 8;
    private static final long ANY_EXPIRY = EX | PX | EXAT | PXAT;
    private static final int INDEX_SHIFT = 16;

    private StringCommands() {}

    static void register(CommandTable table) {
        table.add("get", 2, StringCommands::get)
                .flags(READONLY, FAST)
                .keys(1, 1, 1)
                .docs("string", "1.0.0", "O(1)", "Reads the value of a key.", "key");
        table.add("set", -3, StringCommands::set)
                .flags(WRITE, DENYOOM)
                .keys(1, 1, 1)
                .docs(
                        "string",
                        "1.0.0",
                        "O(1)",
                        "Stores a value, on conditions and with an expiry if asked; creates or replaces the key.",
                        "key value [NX|XX] [GET] [EX seconds|PX milliseconds|EXAT unix-time-seconds"
                                + "|PXAT unix-time-milliseconds|KEEPTTL]");
        table.add("setnx", 3, StringCommands::setnx)
                .flags(WRITE, DENYOOM, FAST)
                .keys(1, 1, 1)
                .docs("string", "1.0.0", "O(1)", "Stores a value if the key holds none.", "key value");
        table.add("setex", 4, call -> setWithTime(call, true, "setex"))
                .flags(WRITE, DENYOOM)
                .keys(1, 1, 1)
                .docs("string", "2.0.0", "O(1)", "Stores a value that ends after some seconds.", "key seconds value");
        table.add("psetex", 4, call -> setWithTime(call, false, "psetex"))
                .flags(WRITE, DENYOOM)
                .keys(1, 1, 1)
                .docs(
                        "string",
                        "2.6.0",
                        "O(1)",
                        "Stores a value that ends after some milliseconds.",
                        "key milliseconds value");
        table.add("getset", 3, StringCommands::getset)
                .flags(WRITE, DENYOOM, FAST)
                .keys(1, 1, 1)
                .docs("string", "1.0.0", "O(1)", "Stores a value and answers the one it replaced.", "key value");
        table.add("getdel", 2, StringCommands::getdel)
                .flags(WRITE, FAST)
                .keys(1, 1, 1)
                .docs("string", "6.2.0", "O(1)", "Reads the value of a key and deletes the key.", "key");
        table.add("getex", -2, StringCommands::getex)
                .flags(WRITE, FAST)
                .keys(1, 1, 1)
                .docs(
                        "string",
                        "6.2.0",
                        "O(1)",
                        "Reads the value of a key and changes when the key ends.",
                        "key [EX seconds|PX milliseconds|EXAT unix-time-seconds|PXAT unix-time-milliseconds|PERSIST]");
        table.add("mget", -2, StringCommands::mget)
                .flags(READONLY, FAST, EXCLUSIVE)
                .keys(1, -1, 1)
                .docs("string", "1.0.0", "O(N), N keys", "Reads the values of several keys at one moment.", "key [key ...]");
        table.add("mset", -3, StringCommands::mset)
                .flags(WRITE, KEYWISE, DENYOOM)
                .keys(1, -1, 2)
                .docs("string", "1.0.1", "O(N), N keys", "Stores several values at one moment.", "key value [key value ...]");
        table.add("msetnx", -3, StringCommands::msetnx)
                .flags(WRITE, DENYOOM)
                .keys(1, -1, 2)
                .docs(
                        "string",
                        "1.0.1",
                        "O(N), N keys",
                        "Stores several values at one moment, if none of the keys holds one.",
                        "key value [key value ...]");
        table.add("append", 3, StringCommands::append)
                .flags(WRITE, DENYOOM, FAST)
                .keys(1, 1, 1)
                .docs(
                        "string",
                        "2.0.0",
                        "O(N), N bytes of the new value",
                        "Puts bytes at the end of a value; creates the key if it holds none.",
                        "key value");
        table.add("strlen", 2, StringCommands::strlen)
                .flags(READONLY, FAST)
                .keys(1, 1, 1)
                .docs("string", "2.2.0", "O(1)", "Counts the bytes of a value.", "key");
        table.add("getrange", 4, StringCommands::getrange)
                .flags(READONLY)
                .keys(1, 1, 1)
                .docs("string", "2.4.0", "O(N), N bytes answered", "Reads a part of a value.", "key start end");
        table.add("substr", 4, StringCommands::getrange)
                .flags(READONLY)
                .keys(1, 1, 1)
                .docs("string", "1.0.0", "O(N), N bytes answered", "The old name of GETRANGE.", "key start end");
        table.add("setrange", 4, StringCommands::setrange)
                .flags(WRITE, DENYOOM)
                .keys(1, 1, 1)
                .docs(
                        "string",
                        "2.2.0",
                        "O(N), N bytes of the new value",
                        "Overwrites a part of a value, filling up with zero bytes when it is too short.",
                        "key offset value");
    }

    private static void get(Call call) {
        Record record = call.record();
        if (call.readString(call.key(1), record)) {
            call.reply().bulk(record.valueArray(), record.valueOffset(), record.valueSize());
        } else {
            call.reply().nullBulk();
        }
    }

    private static void set(Call call) {
        if (call.count() == 3) {
            store(call, call.key(1), 2, 0);
            call.reply().ok();
        } else {
            setWithOptions(call);
        }
    }

    private static void setWithOptions(Call call) {
        long options = options(call, 3, NX | XX | GET | KEEPTTL | ANY_EXPIRY);
        long expireAtMillis = (options & ANY_EXPIRY) != 0 ? expireAtMillis(call, options, "set") : 0;
        DataSession data = call.data();
        ReplyWriter reply = call.reply();
        Key key = call.key(1);
        boolean get = (options & GET) != 0;
        boolean found = false;
        if ((options & (GET | KEEPTTL)) != 0) {
            Record record = call.record();
            found = data.read(key, record);
            if (get && found && record.showsCollection()) {
                throw CommandException.WRONG_TYPE;
            }
            if (found && (options & KEEPTTL) != 0) {
                expireAtMillis = record.expireAtMillis();
            }
            if (get) {
                bulkOrNull(reply, record, found);
            }
        } else if ((options & (NX | XX)) != 0) {
            found = data.exists(key);
        }
        if ((options & (found ? NX : XX)) != 0) {
            if (!get) {
                reply.nullBulk();
            }
            return;
        }
        if ((options & ANY_EXPIRY) != 0 && expireAtMillis <= data.nowMillis()) {
            data.delete(key);
        } else {
            store(call, key, 2, expireAtMillis);
        }
        if (!get) {
            reply.ok();
        }
    }

    private static void setnx(Call call) {
        Key key = call.key(1);
        if (call.data().exists(key)) {
            call.reply().integer(0);
        } else {
            store(call, key, 2, 0);
            call.reply().integer(1);
        }
    }

    private static void setWithTime(Call call, boolean seconds, String command) {
        long expireAtMillis = ExpireTime.ofOption(call, 2, seconds, true, command);
        store(call, call.key(1), 3, expireAtMillis);
        call.reply().ok();
    }

    private static void getset(Call call) {
        Key key = call.key(1);
        Record record = call.record();
        bulkOrNull(call.reply(), record, call.readString(key, record));
        store(call, key, 2, 0);
    }

    private static void getdel(Call call) {
        Key key = call.key(1);
        Record record = call.record();
        boolean found = call.readString(key, record);
        bulkOrNull(call.reply(), record, found);
        if (found) {
            call.data().delete(key);
        }
    }

    private static void getex(Call call) {
        long options = options(call, 2, PERSIST | ANY_EXPIRY);
        DataSession data = call.data();
        Key key = call.key(1);
        Record record = call.record();
        if (!call.readString(key, record)) {
            call.reply().nullBulk();
            return;
        }
        long expireAtMillis = (options & ANY_EXPIRY) != 0 ? expireAtMillis(call, options, "getex") : 0;
        bulkOrNull(call.reply(), record, true);
        if ((options & ANY_EXPIRY) != 0) {
            if (expireAtMillis <= data.nowMillis()) {
                data.delete(key);
            } else {
                data.expire(key, expireAtMillis);
            }
        } else if ((options & PERSIST) != 0 && record.expireAtMillis() != 0) {
            data.expire(key, 0);
        }
    }

    private static void mget(Call call) {
        int count = call.count();
        Record record = call.record();
        ReplyWriter reply = call.reply();
        reply.arrayHeader(count - 1);
        for (int i = 1; i < count; i++) {
            bulkOrNull(reply, record, call.data().read(call.key(i), record) && !record.showsCollection());
        }
    }

    private static void mset(Call call) {
        checkPairs(call, "mset");
        storePairs(call);
        call.reply().ok();
    }

    private static void msetnx(Call call) {
        checkPairs(call, "msetnx");
        for (int i = 1; i < call.count(); i += 2) {
            if (call.data().exists(call.key(i))) {
                call.reply().integer(0);
                return;
            }
        }
        storePairs(call);
        call.reply().integer(1);
    }

    private static void checkPairs(Call call, String command) {
        if ((call.count() & 1) == 0) {
            throw new CommandException("ERR wrong number of arguments for '" + command + "' command");
        }
        call.checkKeys(1, 2);
    }

    private static void storePairs(Call call) {
        for (int i = 1; i < call.count(); i += 2) {
            store(call, call.key(i), i + 1, 0);
        }
    }

    private static void append(Call call) {
        Request request = call.request();
        Key key = call.key(1);
        Record record = call.record();
        int added = request.size(2);
        if (!call.readString(key, record)) {
            store(call, key, 2, 0);
            call.reply().integer(added);
            return;
        }
        int before = record.valueSize();
        int size = checkedSize(call, (long) before + added);
        byte[] value = call.scratch(size);
        System.arraycopy(record.valueArray(), record.valueOffset(), value, 0, before);
        System.arraycopy(request.array(), request.offset(2), value, before, added);
        call.data().write(key, value, 0, size, record.expireAtMillis());
        call.reply().integer(size);
    }

    private static void strlen(Call call) {
        Record record = call.record();
        call.reply().integer(call.readString(call.key(1), record) ? record.valueSize() : 0);
    }

    private static void getrange(Call call) {
        long start = call.integer(2);
        long end = call.integer(3);
        Record record = call.record();
        if (!call.readString(call.key(1), record) || (start < 0 && end < 0 && start > end)) {
            call.reply().bulk(EMPTY);
            return;
        }
        int size = record.valueSize();
        start = Math.max(0, start < 0 ? start + size : start);
        end = Math.max(0, end < 0 ? end + size : end);
        end = Math.min(end, size - 1L);
        if (start > end) {
            call.reply().bulk(EMPTY);
        } else {
            call.reply().bulk(record.valueArray(), record.valueOffset() + (int) start, (int) (end - start + 1));
        }
    }

    private static void setrange(Call call) {
        Request request = call.request();
        long at = call.integer(2);
        if (at < 0) {
            throw OFFSET_OUT_OF_RANGE;
        }
        Key key = call.key(1);
        Record record = call.record();
        boolean found = call.readString(key, record);
        int before = found ? record.valueSize() : 0;
        int added = request.size(3);
        if (added == 0) {
            call.reply().integer(before);
            return;
        }
        int end = checkedSize(call, at > call.maxValueSize() ? at : at + added);
        int size = Math.max(before, end);
        byte[] value = call.scratch(size);
        if (before > 0) {
            System.arraycopy(record.valueArray(), record.valueOffset(), value, 0, before);
        }
        if (at > before) {
            Arrays.fill(value, before, (int) at, (byte) 0);
        }
        System.arraycopy(request.array(), request.offset(3), value, (int) at, added);
        call.data().write(key, value, 0, size, found ? record.expireAtMillis() : 0);
        call.reply().integer(size);
    }

    /** Writes argument {@code index} as the value of {@code key}. */
    private static void store(Call call, Key key, int index, long expireAtMillis) {
        Request request = call.request();
        call.data().write(key, request.array(), request.offset(index), request.size(index), expireAtMillis);
    }

    private static void bulkOrNull(ReplyWriter reply, Record record, boolean found) {
        if (found) {
            reply.bulk(record.valueArray(), record.valueOffset(), record.valueSize());
        } else {
            reply.nullBulk();
        }
    }

    private static int checkedSize(Call call, long size) {
        if (size > call.maxValueSize()) {
            throw TOO_LONG;
        }
        return (int) size;
    }

    /**
     * Reads the options from argument {@code from} on: their bits, and above them the index of the last expiry time. An option may come
     * twice, but not with one that contradicts it.
     */
    private static long options(Call call, int from, long allowed) {
        long options = 0;
        for (int i = from; i < call.count(); i++) {
            long option = option(call, i);
            long contradicting =
                    switch ((int) option) {
                        case (int) NX -> XX;
                        case (int) XX -> NX;
                        case (int) GET -> 0;
                        default -> (ANY_EXPIRY | KEEPTTL | PERSIST) & ~option;
                    };
            if ((option & allowed) == 0 || (options & contradicting) != 0) {
                throw CommandException.SYNTAX;
            }
            options |= option;
            if ((option & ANY_EXPIRY) != 0) {
                i++;
                if (i == call.count()) {
                    throw CommandException.SYNTAX;
                }
                options = (options & ((1L << INDEX_SHIFT) - 1)) | ((long) i << INDEX_SHIFT);
            }
        }
        return options;
    }

    private static long option(Call call, int index) {
        if (call.is(index, "EX")) {
            return EX;
        } else if (call.is(index, "PX")) {
            return PX;
        } else if (call.is(index, "NX")) {
            return NX;
        } else if (call.is(index, "XX")) {
            return XX;
        } else if (call.is(index, "GET")) {
            return GET;
        } else if (call.is(index, "KEEPTTL")) {
            return KEEPTTL;
        } else if (call.is(index, "EXAT")) {
            return EXAT;
        } else if (call.is(index, "PXAT")) {
            return PXAT;
        } else if (call.is(index, "PERSIST")) {
            return PERSIST;
        }
        return 0;
    }

    private static long expireAtMillis(Call call, long options, String command) {
        int index = (int) (options >>> INDEX_SHIFT);
        return ExpireTime.ofOption(call, index, (options & (EX | EXAT)) != 0, (options & (EX | PX)) != 0, command);
    }
}
