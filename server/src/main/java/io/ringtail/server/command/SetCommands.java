package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.CHANGES_SET;
import static io.ringtail.server.command.CommandFlag.DENYOOM;
import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.GATHERS;
import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.WRITE;

import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Members put into sets, taken out and asked for: what costs the same however large the set is. {@link SetWalkCommands} are for the rest. Stateless; each handler is confined to the thread that runs its call.
 *
 * <p>Adding a member that is there already is a write, too: who removes it at the same time elsewhere has not seen this addition, which stays.
 */
final class SetCommands {
    private static final CommandException NOT_POSITIVE = new CommandException("ERR value is out of range, must be positive");
    /** Members looked at, from a random place on, for one that is to be random: the nearest alone would be found as much more often as nothing is before it. */
    private static final int CANDIDATES = 16;
    /** Members that one command takes out, all in one moment. */
    private static final int MAX_TAKEN = 1 << 16;
    /** Bytes that the internal keys of the members of one command have of their set's key. */
    private static final long MAX_KEY_BYTES = 64 << 20;

    private SetCommands() {}

    static void register(CommandTable table) {
        table.add("sadd", -3, SetCommands::sadd)
                .flags(WRITE, DENYOOM, FAST, CHANGES_SET)
                .keys(1, 1, 1)
                .members(2)
                .docs("set", "1.0.0", "O(N), N members named", "Puts members into a set; creates the key if it holds none.", "key member [member ...]");
        table.add("srem", -3, SetCommands::srem)
                .flags(WRITE, FAST, CHANGES_SET)
                .keys(1, 1, 1)
                .members(2)
                .docs("set", "1.0.0", "O(N), N members named", "Takes members out of a set.", "key member [member ...]");
        table.add("sismember", 3, SetCommands::sismember)
                .flags(READONLY, FAST)
                .keys(1, 1, 1)
                .members(2)
                .docs("set", "1.0.0", "O(1)", "Answers whether a set has a member.", "key member");
        table.add("smismember", -3, SetCommands::smismember)
                .flags(READONLY, FAST)
                .keys(1, 1, 1)
                .members(2)
                .docs("set", "6.2.0", "O(N), N members named", "Answers of several members whether a set has them.", "key member [member ...]");
        table.add("smove", 4, SetCommands::smove)
                .flags(WRITE, FAST, CHANGES_SET)
                .keys(1, 2, 1)
                .members(3)
                .docs("set", "1.0.0", "O(1)", "Takes a member out of a set and puts it into another.", "source destination member");
        table.add("spop", -2, SetCommands::spop)
                .flags(WRITE, FAST, CHANGES_SET, GATHERS)
                .keys(1, 1, 1)
                .docs("set", "1.0.0", "O(N), N members taken", "Takes random members out of a set.", "key [count]");
    }

    /** Reads the header of a set; false when there is none. */
    static boolean readSet(Call call, Key key, Record header) {
        boolean found = call.data().readRecord(key, header);
        if (found && !header.showsCollection()) {
            throw CommandException.WRONG_TYPE;
        }
        return found;
    }

    /** Whether the set whose header was read begins with what is put in now: also when the one that was there has lost all its members, and its end is not to be this one's. */
    private static boolean begins(Call call, Key key, Record header, boolean found) {
        return !found
                || (header.expireAtMillis() != 0
                        && !header.isSurelyFilled()
                        // Who cannot be sure keeps what may be there.
                        && call.data().gathersAll(key)
                        && call.data().gather(key, header, randomHash(), 1, false).isEmpty());
    }

    static long randomHash() {
        return ThreadLocalRandom.current().nextLong();
    }

    /** Each member's internal key has the whole of the set's. */
    static void checkBytes(Key key, long members) {
        if (members * key.userKeySize() > MAX_KEY_BYTES) {
            throw new CommandException("ERR " + members + " members of a key of " + key.userKeySize() + " bytes are too many for one command: at most "
                    + MAX_KEY_BYTES + " bytes of keys");
        }
    }

    private static Key memberKey(Call call, Key key, int argument, Key into) {
        Request request = call.request();
        int size = request.size(argument);
        if (key.userKeySize() + size > MemberKeys.MAX_SIZE) {
            throw new CommandException("ERR member is too long: key and member together have " + (key.userKeySize() + size)
                    + " bytes, the limit is " + MemberKeys.MAX_SIZE);
        }
        return MemberKeys.set(into, key, Record.TYPE_SET, request.array(), request.offset(argument), size);
    }

    private static boolean hasMember(Call call, Record header, Key member) {
        Record record = call.otherRecord();
        return call.data().readRecord(member, record) && header.hasMember(record, call.data().nowMillis());
    }

    private static void sadd(Call call) {
        Key key = call.key(1);
        Record header = call.record();
        boolean found = readSet(call, key, header);
        boolean begins = begins(call, key, header, found);
        checkBytes(key, call.count() - 2);
        Key[] members = call.memberKeys(call.count() - 2);
        int count = distinctMembers(call, key, members);
        int added = count;
        for (int i = 0; i < count && !begins; i++) {
            added -= hasMember(call, header, members[i]) ? 1 : 0;
        }
        call.data().changeMembers(key, members, count, true, begins);
        call.reply().integer(added);
    }

    /** The internal keys of the members that the arguments name from the second on, each once; how many. */
    private static int distinctMembers(Call call, Key key, Key[] into) {
        if (call.count() == 3) {
            memberKey(call, key, 2, into[0]);
            return 1;
        }
        Request request = call.request();
        Set<ByteBuffer> seen = new HashSet<>();
        int count = 0;
        for (int i = 2; i < call.count(); i++) {
            if (seen.add(ByteBuffer.wrap(request.array(), request.offset(i), request.size(i)))) {
                memberKey(call, key, i, into[count++]);
            }
        }
        return count;
    }

    private static void srem(Call call) {
        Key key = call.key(1);
        Record header = call.record();
        if (!readSet(call, key, header)) {
            call.reply().integer(0);
            return;
        }
        checkBytes(key, call.count() - 2);
        Key[] members = call.memberKeys(call.count() - 2);
        int named = distinctMembers(call, key, members);
        int count = 0;
        for (int i = 0; i < named; i++) {
            if (hasMember(call, header, members[i])) {
                Key there = members[i];
                members[i] = members[count];
                members[count++] = there;
            }
        }
        if (count > 0) {
            call.data().changeMembers(key, members, count, false, false);
        }
        call.reply().integer(count);
    }

    private static void sismember(Call call) {
        Key key = call.key(1);
        Record header = call.record();
        boolean found = readSet(call, key, header) && hasMember(call, header, memberKey(call, key, 2, call.memberKeys(1)[0]));
        call.reply().integer(found ? 1 : 0);
    }

    private static void smismember(Call call) {
        Key key = call.key(1);
        Record header = call.record();
        boolean found = readSet(call, key, header);
        Key member = call.memberKeys(1)[0];
        ReplyWriter reply = call.reply();
        reply.arrayHeader(call.count() - 2);
        for (int i = 2; i < call.count(); i++) {
            reply.integer(found && hasMember(call, header, memberKey(call, key, i, member)) ? 1 : 0);
        }
    }

    private static void smove(Call call) {
        Key from = call.key(1);
        Record header = call.record();
        if (!readSet(call, from, header)) {
            call.reply().integer(0);
            return;
        }
        boolean there = hasMember(call, header, memberKey(call, from, 3, call.memberKeys(1)[0]));
        if (!there && !header.isSurelyFilled() && call.data().gather(from, header, randomHash(), 1, false).isEmpty()) {
            // A set that has lost all its members is none, and then it does not matter what the other key holds.
            call.reply().integer(0);
            return;
        }
        Key to = call.key(2, call.otherKey());
        boolean found = readSet(call, to, header);
        if (!there || from.size() == to.size() && Arrays.equals(from.bytes(), 0, from.size(), to.bytes(), 0, to.size())) {
            call.reply().integer(there ? 1 : 0);
            return;
        }
        boolean begins = begins(call, to, header, found);
        Key[] member = {memberKey(call, to, 3, new Key())};
        boolean ignored = hasMember(call, header, member[0]);
        call.data().changeMembers(from, call.memberKeys(1), 1, false, false);
        call.data().changeMembers(to, member, 1, true, begins);
        call.reply().integer(1);
    }

    private static void spop(Call call) {
        if (call.count() > 3) {
            throw CommandException.SYNTAX;
        }
        boolean several = call.count() == 3;
        long wanted = several ? positive(call, 2) : 1;
        Key key = call.key(1);
        Record header = call.record();
        ReplyWriter reply = call.reply();
        boolean found = readSet(call, key, header);
        long most = Math.min(wanted, MAX_TAKEN + 1);
        List<byte[]> near = found && wanted > 0 ? near(call, key, header, most, true) : List.of();
        // All there are: they were walked anyhow, and whoever asks next need not walk past what was taken out.
        boolean empties = found && wanted > 0 && near.size() <= most && call.data().gathersAll(key);
        List<byte[]> taken = choose(near, most);
        if (taken.size() > MAX_TAKEN) {
            throw new CommandException("ERR at most " + MAX_TAKEN + " members are taken out at a time");
        }
        checkBytes(key, taken.size());
        if (several) {
            reply.setHeader(taken.size());
        } else if (taken.isEmpty()) {
            reply.nullBulk();
        }
        Key[] members = call.memberKeys(taken.size());
        for (int i = 0; i < taken.size(); i++) {
            byte[] member = taken.get(i);
            reply.bulk(member);
            MemberKeys.set(members[i], key, Record.TYPE_SET, member, 0, member.length);
        }
        if (empties) {
            call.data().delete(key, null);
        } else if (!taken.isEmpty()) {
            call.data().changeMembers(key, members, taken.size(), false, false);
        }
    }

    private static long positive(Call call, int argument) {
        Request request = call.request();
        if (!Numbers.isLong(request.array(), request.offset(argument), request.size(argument)) || call.integer(argument) < 0) {
            throw NOT_POSITIVE;
        }
        return call.integer(argument);
    }

    /** Random members, each once: as many as wanted, or all. */
    static List<byte[]> choose(Call call, Key key, Record header, long wanted, boolean toChange) {
        return choose(near(call, key, header, wanted, toChange), wanted);
    }

    /** Members from a random place on, somewhat more than wanted; when they are not more they are all. */
    private static List<byte[]> near(Call call, Key key, Record header, long wanted, boolean toChange) {
        int candidates = (int) Math.min(wanted, Integer.MAX_VALUE - CANDIDATES) + CANDIDATES;
        return call.data().gather(key, header, randomHash(), candidates, toChange);
    }

    private static List<byte[]> choose(List<byte[]> from, long wanted) {
        List<byte[]> near = new ArrayList<>(from);
        int count = (int) Math.min(wanted, near.size());
        ThreadLocalRandom random = ThreadLocalRandom.current();
        for (int i = 0; i < count; i++) {
            int other = random.nextInt(i, near.size());
            byte[] chosen = near.set(other, near.get(i));
            near.set(i, chosen);
        }
        return near.subList(0, count);
    }
}
