package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.ALLOW_BUSY;
import static io.ringtail.server.command.CommandFlag.EXCLUSIVE;
import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.NOSCRIPT;
import static io.ringtail.server.command.CommandFlag.NO_MULTI;
import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.SKIP_SLOWLOG;
import static io.ringtail.server.command.CommandFlag.STALE;

import io.ringtail.cluster.message.Digest;
import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.server.session.Session;
import io.ringtail.server.session.Transaction;
import io.ringtail.server.session.WatchedKey;
import java.util.List;

/**
 * {@code MULTI} to {@code EXEC}, and {@code WATCH}.
 *
 * <p>{@code WATCH} keeps the version of what a key holds, and {@code EXEC} looks whether it is still that; so nothing has to be noted
 * when keys are written. A key that was not there, was made and was deleted again counts as unchanged.
 *
 * <p>{@code EXEC} runs exclusively. It first looks every key of its commands up, so that one that is cold is found before anything was
 * written, and the whole is begun again on a worker. Safe for concurrent use.
 */
final class TransactionCommands {
    private static final String GROUP = "transactions";

    private TransactionCommands() {}

    static void register(CommandTable table) {
        table.add("multi", 1, TransactionCommands::multi)
                .flags(NOSCRIPT, LOADING, STALE, FAST, NO_MULTI, ALLOW_BUSY)
                .neverQueued()
                .docs(GROUP, "1.2.0", "O(1)", "Begins a transaction.", "");
        table.add("exec", 1, call -> exec(table, call))
                .flags(NOSCRIPT, LOADING, STALE, SKIP_SLOWLOG, EXCLUSIVE)
                .neverQueued()
                .docs(GROUP, "1.2.0", "Depends on the commands", "Runs the commands of a transaction.", "");
        table.add("discard", 1, TransactionCommands::discard)
                .flags(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY)
                .neverQueued()
                .docs(GROUP, "2.0.0", "O(N), N commands", "Forgets a transaction.", "");
        table.add("watch", -2, TransactionCommands::watch)
                .flags(NOSCRIPT, LOADING, STALE, FAST, NO_MULTI, ALLOW_BUSY, READONLY)
                .neverQueued()
                .keys(1, -1, 1)
                .docs(GROUP, "2.2.0", "O(N), N keys", "Has EXEC do nothing if a key has changed by then.", "key [key ...]");
        table.add("unwatch", 1, TransactionCommands::unwatch)
                .flags(NOSCRIPT, LOADING, STALE, FAST, ALLOW_BUSY)
                .docs(GROUP, "2.2.0", "O(1)", "Forgets the watched keys.", "");
    }

    private static void multi(Call call) {
        if (call.session().transaction() != null) {
            throw new CommandException("ERR MULTI calls can not be nested");
        }
        call.session().beginTransaction();
        call.reply().ok();
    }

    private static void discard(Call call) {
        if (call.session().transaction() == null) {
            throw new CommandException("ERR DISCARD without MULTI");
        }
        call.session().endTransaction();
        call.reply().ok();
    }

    private static void watch(Call call) {
        Session session = call.session();
        if (session.transaction() != null) {
            throw new CommandException("ERR WATCH inside MULTI is not allowed");
        }
        call.checkKeys(1, 1);
        // All are read before any is kept: a cold read begins this command again.
        WatchedKey[] seen = new WatchedKey[call.count() - 1];
        Record record = call.record();
        for (int i = 1; i < call.count(); i++) {
            boolean live = call.data().read(call.key(i), record);
            seen[i - 1] = new WatchedKey(
                    call.database(),
                    call.bytes(i),
                    live,
                    live ? version(record) : 0,
                    live ? record.actor() : 0,
                    live ? record.expiryHlc() : 0);
        }
        for (WatchedKey key : seen) {
            session.watch(key);
        }
        call.reply().ok();
    }

    private static void unwatch(Call call) {
        call.session().unwatch();
        call.reply().ok();
    }

    private static void exec(CommandTable table, Call call) {
        Session session = call.session();
        Transaction transaction = session.transaction();
        if (transaction == null) {
            throw new CommandException("ERR EXEC without MULTI");
        }
        if (transaction.failed()) {
            session.endTransaction();
            throw new CommandException("EXECABORT Transaction discarded because of previous errors.");
        }
        try {
            if (!watchedAreUnchanged(call, session)) {
                session.endTransaction();
                call.reply().nullArray();
                return;
            }
            lookUpKeys(table, call, transaction);
        } catch (QuorumException e) {
            session.endTransaction();
            throw e;
        }
        runAll(table, call, transaction);
        session.endTransaction();
    }

    /** What changes whenever something is written: where siblings are kept, also when what is shown stays. */
    private static long version(Record record) {
        return record.isCausal() ? new Digest().set(record).hash(0) : record.hlc();
    }

    private static boolean watchedAreUnchanged(Call call, Session session) {
        Record record = call.record();
        List<WatchedKey> watched = session.watched();
        for (WatchedKey key : watched) {
            boolean live = call.data().read(call.otherKey().set(key.database(), key.key()), record);
            if (live != key.live()
                    || (live
                            && (version(record) != key.hlc()
                                    || record.actor() != key.actor()
                                    || record.expiryHlc() != key.expiryHlc()))) {
                return false;
            }
        }
        return true;
    }

    /** Reads all keys of a transaction, so that a cold one is met before anything has run. */
    static void lookUpKeys(CommandTable table, Call call, Transaction transaction) {
        int database = call.session().database();
        for (Request queued : transaction.queue()) {
            Command command = command(table, queued);
            if ((command.has(CommandFlag.WORKER) || command.has(CommandFlag.GATHERS)) && !call.data().mayBlock()) {
                throw io.ringtail.cluster.coordinator.ColdReadException.INSTANCE;
            }
            if (command.name().equals("select") && queued.count() == 2) {
                database = selected(queued, database, call.databaseCount());
                continue;
            }
            int selected = database;
            KeyPositions.forEach(command, queued, index -> {
                int size = queued.size(index);
                if (size <= Key.MAX_USER_KEY_SIZE) {
                    Key key = call.otherKey().set(selected, queued.array(), queued.offset(index), size);
                    call.data().read(key, call.record());
                    lookUpMembers(call, command, queued, key);
                }
            });
        }
    }

    /** Reads the members that a command names of the set at a key, so that cold ones are met before anything has run. */
    static void lookUpMembers(Call call, Command command, Request request, Key key) {
        int first = command.firstMember();
        Key member = call.memberKeys(1)[0];
        for (int i = first; first > 0 && i < request.count(); i++) {
            if (key.userKeySize() + request.size(i) <= MemberKeys.MAX_SIZE) {
                MemberKeys.set(member, key, Record.TYPE_SET, request.array(), request.offset(i), request.size(i));
                boolean ignored = call.data().readRecord(member, call.otherRecord());
            }
        }
    }

    /** Runs all commands. Should a block that was in memory a moment ago be gone, the read waits for the disk: nobody may come in between any more. */
    private static void runAll(CommandTable table, Call call, Transaction transaction) {
        List<Request> queue = transaction.queue();
        ReplyWriter reply = call.reply();
        Dispatcher dispatcher = call.dispatcher();
        reply.arrayHeader(queue.size());
        call.data().allowWaiting(true);
        try {
            for (Request queued : queue) {
                Outcome outcome = dispatcher.runOne(command(table, queued), queued, reply);
                if (outcome != Outcome.ANSWERED) {
                    throw new IllegalStateException("a queued command was " + outcome);
                }
            }
        } finally {
            call.data().allowWaiting(false);
        }
    }

    private static Command command(CommandTable table, Request request) {
        Command command = table.resolve(request);
        if (command == null) {
            throw new IllegalStateException("a command was queued that is not there");
        }
        return command;
    }

    /** The database that a queued {@code SELECT} selects; {@code otherwise} when it will fail. */
    static int selected(Request select, int otherwise, int databaseCount) {
        return database(select, 1, otherwise, databaseCount);
    }

    /** The database that an argument names; {@code otherwise} when it names none. */
    static int database(Request request, int argument, int otherwise, int databaseCount) {
        try {
            long index = Numbers.parseLong(request.array(), request.offset(argument), request.size(argument));
            return index < 0 || index >= databaseCount ? otherwise : (int) index;
        } catch (CommandException e) {
            return otherwise;
        }
    }
}
