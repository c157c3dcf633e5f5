package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.CHANGES_SET;
import static io.ringtail.server.command.CommandFlag.DENYOOM;
import static io.ringtail.server.command.CommandFlag.FIRST_KEY;
import static io.ringtail.server.command.CommandFlag.GATHERS;
import static io.ringtail.server.command.CommandFlag.KEYWISE;
import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.WORKER;
import static io.ringtail.server.command.CommandFlag.WRITE;

import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.protocol.ReplyWriter;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Sets walked: counted, listed, scanned, joined. Members come in the order of their hashes, in every set the same, so sets are joined as they are walked, with one member of each at hand. Stateless; each handler is confined to the thread that runs
 * its call.
 *
 * <p>An {@code SSCAN} cursor is the hash to go on from, in decimal; one call answers all members of a hash or none, so a member that is there throughout is answered, once, and nothing is kept between calls.
 */
final class SetWalkCommands {
    private static final CommandException NUMKEYS = new CommandException("ERR numkeys should be greater than 0");
    private static final CommandException TOO_MANY_KEYS = new CommandException("ERR Number of keys can't be greater than number of args");
    private static final CommandException NEGATIVE_LIMIT = new CommandException("ERR LIMIT can't be negative");
    private static final CommandException OUT_OF_RANGE = new CommandException(
            "ERR value is out of range, value must between " + -Long.MAX_VALUE + " and " + Long.MAX_VALUE);
    private static final int DEFAULT_COUNT = 10;
    /** Members that one SSCAN looks at, whatever COUNT asks for. */
    private static final int MAX_COUNT = 1 << 20;
    /** An SSCAN stops once its members are so many bytes. */
    private static final int MAX_SCAN_BYTES = KeyBatch.MAX_BYTES / 4;
    /** Members that one command takes at random when it may take one twice. */
    private static final int MAX_REPEATED = 1 << 24;

    /** Members that one command stores. */
    private static final int MAX_STORED = 1 << 18;

    /** Sets that one command joins: each has a page of its own in memory, and every member is looked for in each. */
    private static final int MAX_SETS = 256;

    /** Bytes of all members that one command gathers to store some of them, and what each takes besides. */
    private static final long MAX_GATHERED_BYTES = 256 << 20;

    private static final int MEMBER_OVERHEAD = 32;

    private static final String INSTEAD = "SSCAN";

    private SetWalkCommands() {}

    static void register(CommandTable table) {
        table.add("scard", 2, SetWalkCommands::scard)
                .flags(READONLY, WORKER)
                .keys(1, 1, 1)
                .docs("set", "1.0.0", "O(N), N members", "Counts the members of a set.", "key");
        table.add("smembers", 2, call -> reply(call, SetJoin.union(streams(call, 1, 1))))
                .flags(READONLY, WORKER)
                .keys(1, 1, 1)
                .docs("set", "1.0.0", "O(N), N members", "Lists the members of a set.", "key");
        table.add("srandmember", -2, SetWalkCommands::srandmember)
                .flags(READONLY, WORKER)
                .keys(1, 1, 1)
                .docs("set", "1.0.0", "O(N), N members answered", "Answers random members of a set.", "key [count]");
        table.add("sscan", -3, SetWalkCommands::sscan)
                .flags(READONLY, WORKER)
                .keys(1, 1, 1)
                .docs("set", "2.8.0", "O(1) a call, O(N) for all N members", "Walks the members of a set, a batch a call.",
                        "key cursor [MATCH pattern] [COUNT count]");
        table.add("sinter", -2, call -> reply(call, SetJoin.intersection(streams(call, 1, call.count() - 1))))
                .flags(READONLY, WORKER)
                .keys(1, -1, 1)
                .docs("set", "1.0.0", "O(N), N members", "Lists what is in all of several sets.", "key [key ...]");
        table.add("sunion", -2, call -> reply(call, SetJoin.union(streams(call, 1, call.count() - 1))))
                .flags(READONLY, WORKER)
                .keys(1, -1, 1)
                .docs("set", "1.0.0", "O(N), N members", "Lists what is in any of several sets.", "key [key ...]");
        table.add("sdiff", -2, call -> reply(call, SetJoin.difference(streams(call, 1, call.count() - 1))))
                .flags(READONLY, WORKER)
                .keys(1, -1, 1)
                .docs("set", "1.0.0", "O(N), N members", "Lists what is in the first of several sets and in no other.", "key [key ...]");
        table.add("sintercard", -3, SetWalkCommands::sintercard)
                .flags(READONLY, WORKER)
                .keyFinder((request, keys) -> {
                    for (int i = 2; i < Math.min(request.count(), 2 + numkeys(request)); i++) {
                        keys.accept(i);
                    }
                })
                .docs("set", "7.0.0", "O(N), N members", "Counts what is in all of several sets.", "numkeys key [key ...] [LIMIT limit]");
        table.add("sinterstore", -3, call -> store(call, SetJoin.intersection(gathered(call))))
                .flags(WRITE, DENYOOM, KEYWISE, FIRST_KEY, CHANGES_SET, GATHERS)
                .keys(1, -1, 1)
                .docs("set", "1.0.0", "O(N), N members", "Stores what is in all of several sets.", "destination key [key ...]");
        table.add("sunionstore", -3, call -> store(call, SetJoin.union(gathered(call))))
                .flags(WRITE, DENYOOM, KEYWISE, FIRST_KEY, CHANGES_SET, GATHERS)
                .keys(1, -1, 1)
                .docs("set", "1.0.0", "O(N), N members", "Stores what is in any of several sets.", "destination key [key ...]");
        table.add("sdiffstore", -3, call -> store(call, SetJoin.difference(gathered(call))))
                .flags(WRITE, DENYOOM, KEYWISE, FIRST_KEY, CHANGES_SET, GATHERS)
                .keys(1, -1, 1)
                .docs("set", "1.0.0", "O(N), N members", "Stores what is in the first of several sets and in no other.", "destination key [key ...]");
    }

    private static int numkeys(io.ringtail.protocol.Request request) {
        try {
            long count = Numbers.parseLong(request.array(), request.offset(1), request.size(1));
            return (int) Math.clamp(count, 0, request.count());
        } catch (CommandException e) {
            return 0;
        }
    }

    /** The sets that arguments name; null stands for one that is not there. Their types are looked at before any is walked. */
    private static MemberStream[] streams(Call call, int first, int count) {
        if (count > MAX_SETS) {
            throw new CommandException("ERR at most " + MAX_SETS + " sets are joined at a time");
        }
        MemberStream[] streams = new MemberStream[count];
        for (int i = 0; i < count; i++) {
            Key key = call.key(first + i, new Key());
            Record header = new Record();
            streams[i] = SetCommands.readSet(call, key, header)
                    ? new MemberStream.Walked(call.data(), key, header.detach())
                    : MemberStream.NONE;
        }
        return streams;
    }

    private static MemberStream[] gathered(Call call) {
        int count = call.count() - 2;
        if (count > MAX_SETS) {
            throw new CommandException("ERR at most " + MAX_SETS + " sets are joined at a time");
        }
        Key[] keys = new Key[count];
        Record[] headers = new Record[count];
        for (int i = 0; i < count; i++) {
            keys[i] = call.key(2 + i, new Key());
            Record header = new Record();
            headers[i] = SetCommands.readSet(call, keys[i], header) ? header.detach() : new Record();
        }
        MemberStream[] streams = new MemberStream[count];
        long bytes = 0;
        for (int i = 0; i < count; i++) {
            if (headers[i].isEmpty()) {
                streams[i] = MemberStream.NONE;
                continue;
            }
            List<byte[]> members = call.data().gather(keys[i], headers[i], 0, Integer.MAX_VALUE, false);
            for (byte[] member : members) {
                bytes += MEMBER_OVERHEAD + member.length;
            }
            if (bytes > MAX_GATHERED_BYTES) {
                throw new CommandException("ERR the sets are too large for this command: their members are more than " + MAX_GATHERED_BYTES + " bytes");
            }
            streams[i] = new MemberStream.Gathered(members);
        }
        return streams;
    }

    private static void reply(Call call, SetJoin join) {
        KeyBatch batch = new KeyBatch(INSTEAD);
        try (join) {
            while (join.next()) {
                batch.add(join.array(), join.offset(), join.size());
            }
        }
        batch.writeSetTo(call.reply());
    }

    private static void store(Call call, SetJoin join) {
        KeyBatch batch = new KeyBatch(INSTEAD);
        try (join) {
            while (join.next()) {
                if (batch.count() == MAX_STORED) {
                    throw new CommandException("ERR at most " + MAX_STORED + " members are stored at a time");
                }
                batch.add(join.array(), join.offset(), join.size());
            }
        }
        DataSession data = call.data();
        Key key = call.key(1);
        Record before = call.record();
        boolean found = data.read(key, before);
        int count = batch.count();
        if (count > 0) {
            SetCommands.checkBytes(key, count);
            Key[] members = call.memberKeys(count);
            batch.forEach((index, array, offset, size) -> {
                if (key.userKeySize() + size > MemberKeys.MAX_SIZE) {
                    throw new CommandException("ERR member is too long: key and member together have " + (key.userKeySize() + size)
                            + " bytes, the limit is " + MemberKeys.MAX_SIZE);
                }
                MemberKeys.set(members[index], key, Record.TYPE_SET, array, offset, size);
            });
            data.changeMembers(key, members, count, true, true);
        } else if (found && before.showsCollection()) {
            data.delete(key, null);
        } else if (found) {
            data.delete(key);
        }
        call.reply().integer(count);
    }

    private static void scard(Call call) {
        call.reply().integer(SetJoin.union(streams(call, 1, 1)).count(Long.MAX_VALUE));
    }

    private static void sintercard(Call call) {
        long count = integerOr(call, 1, NUMKEYS);
        if (count < 1) {
            throw NUMKEYS;
        }
        if (count > call.count() - 2) {
            throw TOO_MANY_KEYS;
        }
        long limit = 0;
        for (int i = 2 + (int) count; i < call.count(); i += 2) {
            if (!call.is(i, "LIMIT") || i + 1 == call.count()) {
                throw CommandException.SYNTAX;
            }
            limit = integerOr(call, i + 1, NEGATIVE_LIMIT);
            if (limit < 0) {
                throw NEGATIVE_LIMIT;
            }
        }
        call.reply().integer(SetJoin.intersection(streams(call, 2, (int) count)).count(limit == 0 ? Long.MAX_VALUE : limit));
    }

    private static long integerOr(Call call, int argument, CommandException otherwise) {
        try {
            return call.integer(argument);
        } catch (CommandException e) {
            throw otherwise;
        }
    }

    private static void srandmember(Call call) {
        if (call.count() > 3) {
            throw CommandException.SYNTAX;
        }
        boolean several = call.count() == 3;
        long wanted = several ? call.integer(2) : 1;
        if (wanted == Long.MIN_VALUE) {
            throw OUT_OF_RANGE;
        }
        if (-wanted > MAX_REPEATED) {
            throw new CommandException("ERR at most " + MAX_REPEATED + " members are answered at a time");
        }
        Key key = call.key(1);
        Record header = call.record();
        ReplyWriter reply = call.reply();
        boolean found = SetCommands.readSet(call, key, header);
        List<byte[]> members = !found || wanted == 0 ? List.of() : SetCommands.choose(call, key, header, Math.abs(wanted), false);
        if (!several) {
            if (members.isEmpty()) {
                reply.nullBulk();
            } else {
                reply.bulk(members.getFirst());
            }
        } else if (wanted < 0 && !members.isEmpty()) {
            long bytes = 0;
            reply.arrayHeader((int) -wanted);
            for (long i = 0; i < -wanted; i++) {
                byte[] member = members.get(ThreadLocalRandom.current().nextInt(members.size()));
                bytes += member.length;
                if (bytes > KeyBatch.MAX_BYTES) {
                    throw new CommandException("ERR the reply is too large, its members have more than " + KeyBatch.MAX_BYTES + " bytes");
                }
                reply.bulk(member);
            }
        } else {
            reply.arrayHeader(members.size());
            members.forEach(reply::bulk);
        }
    }

    private static void sscan(Call call) {
        long fromHash = ScanCommands.cursor(call, 2);
        Key key = call.key(1, new Key());
        Record header = call.record();
        KeyBatch batch = new KeyBatch(INSTEAD);
        boolean found = SetCommands.readSet(call, key, header);
        long next = 0;
        if (found) {
            long count = DEFAULT_COUNT;
            GlobPattern pattern = new GlobPattern(new byte[] {'*'});
            for (int i = 3; i < call.count(); i += 2) {
                if (i + 1 == call.count()) {
                    throw CommandException.SYNTAX;
                } else if (call.is(i, "COUNT")) {
                    count = call.integer(i + 1);
                    if (count < 1) {
                        throw CommandException.SYNTAX;
                    }
                } else if (call.is(i, "MATCH")) {
                    pattern = new GlobPattern(call.bytes(i + 1));
                } else {
                    throw CommandException.SYNTAX;
                }
            }
            next = scan(call, key, header, fromHash, (int) Math.min(count, MAX_COUNT), pattern, batch);
        }
        ReplyWriter reply = call.reply();
        reply.arrayHeader(2);
        reply.bulk(Long.toUnsignedString(next));
        batch.writeTo(reply);
    }

    /** Gathers matching members until {@code count} were looked at; answers the cursor to go on with. */
    private static long scan(Call call, Key key, Record header, long fromHash, int count, GlobPattern pattern, KeyBatch batch) {
        try (RecordCursor cursor = call.data().members(key, header, fromHash)) {
            int seen = 0;
            long hash = 0;
            while (cursor.next()) {
                Key member = cursor.key();
                long at = MemberKeys.hash(member);
                if (seen > 0 && at != hash && (seen >= count || batch.size() >= MAX_SCAN_BYTES)) {
                    return hash + 1;
                }
                hash = at;
                seen++;
                int offset = MemberKeys.memberOffset(member);
                if (pattern.matches(member.bytes(), offset, MemberKeys.memberSize(member))) {
                    batch.add(member.bytes(), offset, MemberKeys.memberSize(member));
                }
            }
            return 0;
        }
    }
}
