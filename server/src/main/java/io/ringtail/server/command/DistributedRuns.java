package io.ringtail.server.command;

import io.ringtail.cluster.coordinator.CommandContext;
import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.cluster.coordinator.ForwardListener;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.protocol.ReplyScanner;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.protocol.RequestPreview;
import io.ringtail.server.session.Session;
import io.ringtail.server.session.Transaction;
import io.ringtail.server.session.WatchedKey;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * Runs commands whose data are on several nodes.
 *
 * <p>A command is simply begun. One that writes without reading is done with that. One that finds a record missing is told to wait: its keys are fetched at a
 * quorum, and it is run again from the start, now with the records at hand; commands do all their reads before their first write. What reads and then writes is
 * carried out by one replica at a time for a slot: by this node under the slot's lock, or by the node whose turn it is, which it is forwarded to. A
 * transaction goes the same way as a whole.
 *
 * <p>One for each event loop's dispatcher; confined to the loop.
 */
final class DistributedRuns {
    private static final int MIXED_SLOTS = -1;
    /** Members that one command names: of each a record is kept until it has ended. */
    private static final int MEMBERS_MAX = 1 << 16;

    private final Dispatcher dispatcher;
    private final CommandTable table;
    private final DataSession data;
    private final Call call;
    private final MessageWriter outgoing = new MessageWriter();
    private final Key probe = new Key();
    private Key[] keys = new Key[16];
    private int keyCount;
    private boolean namesSiblings;

    DistributedRuns(Dispatcher dispatcher, CommandTable table, DataSession data, Call call) {
        this.dispatcher = dispatcher;
        this.table = table;
        this.data = data;
        this.call = call;
        for (int i = 0; i < keys.length; i++) {
            keys[i] = new Key();
        }
    }

    /** Runs read commands together on what is read for all of them at a quorum, or begins to read that. They have passed the dispatcher's checks before. */
    Outcome repeat(Session session, List<Request> requests, ReplyWriter reply) {
        CommandContext context = session.context();
        call.session(session);
        try {
            boolean isDistributed = data.begin(context);
            if (isDistributed && !context.isAwaited()) {
                keyCount = 0;
                for (Request request : requests) {
                    collect(commandOf(request), request, session.database());
                }
                context.awaited(true);
                if (!data.fetch(keys, keyCount, -1, session.connection()::runAgain)) {
                    return Outcome.AWAITED;
                }
            }
            context.readable(true);
            for (Request request : requests) {
                Outcome outcome = dispatcher.runOne(commandOf(request), request, reply);
                if (outcome != Outcome.ANSWERED) {
                    reply.rollback(0);
                    return outcome == Outcome.AWAITED && data.fetchMembers(session.connection()::runAgain)
                            ? repeat(session, requests, reply)
                            : outcome;
                }
            }
        } catch (QuorumException e) {
            reply.rollback(0);
            for (int i = 0; i < requests.size(); i++) {
                reply.error(String.valueOf(e.getMessage()));
            }
        }
        data.finish();
        return Outcome.ANSWERED;
    }

    private Command commandOf(Request request) {
        Command command = table.resolve(request);
        if (command == null) {
            throw new IllegalStateException("a command was run that is not there");
        }
        return command;
    }

    /** Runs a command that passed the dispatcher's checks, or begins to fetch what it needs. */
    Outcome run(Command command, Session session, Request request, ReplyWriter reply) {
        return run(command, session, request, reply, false);
    }

    Outcome runForwarded(Session session, ForwardedRequest forwarded, ReplyWriter reply) {
        boolean ignored = data.begin(session.context());
        Request request = forwarded.requests().isEmpty() || forwarded.transaction()
                ? Request.of("EXEC".getBytes(StandardCharsets.US_ASCII))
                : forwarded.requests().getFirst();
        Command command = table.resolve(request);
        if (command == null || command.has(CommandFlag.WORKER)) {
            return dispatcher.reject(session, reply, command, "ERR this node does not carry out a command it was forwarded");
        }
        call.session(session);
        return run(command, session, request, reply, true);
    }

    private Outcome run(Command command, Session session, Request request, ReplyWriter reply, boolean here) {
        CommandContext context = session.context();
        boolean isExec = command.name().equals("exec");
        boolean changes = command.has(CommandFlag.WRITE) || isExec;
        String failure = context.failure();
        if (context.isAwaited() && failure != null) {
            context.awaited(false);
            data.finish();
            if (isExec) {
                session.endTransaction();
            }
            return dispatcher.reject(session, reply, command, failure);
        }
        if (context.showsReads() && (!command.has(CommandFlag.READONLY) || command.has(CommandFlag.NO_MULTI))) {
            context.showsReads(false);
        }
        if (changes && !context.isAwaited() && overtakesReads(command, session, request)) {
            return Outcome.BEHIND;
        }
        // What was read ahead, without the slot's lock, is not for what goes on to write.
        context.readable(context.isAwaited() || !changes);
        context.changesSets(command.has(CommandFlag.CHANGES_SET) || context.wantsLock());
        try {
            boolean awaited = context.isAwaited();
            if (changes && !isExec && !context.isLocked() && namesSiblings(command, request, session.database())) {
                if (!awaited) {
                    return await(command, session, request, reply, here);
                }
                // Its keyspace keeps siblings since the command has begun to read.
                return beginAgain(context);
            }
            if (awaited && changes && !isExec && context.isLocked() && !data.mayWriteSiblings(writesFirstOnly(command) ? 1 : Integer.MAX_VALUE)) {
                return beginAgain(context);
            }
            if (!awaited && command.has(CommandFlag.KEYWISE) && !namesOneKey(command)) {
                checkAll(command, request, session.database());
            }
            int shownBefore = context.shownInTurn();
            Outcome outcome = dispatcher.runOne(command, request, reply);
            if (outcome != Outcome.ANSWERED) {
                context.unshow(shownBefore);
            }
            if (outcome == Outcome.AWAITED && context.isWaiting()) {
                return outcome;
            }
            if (outcome == Outcome.AWAITED) {
                return context.isAwaited()
                        ? awaitMore(command, session, request, reply, here)
                        : await(command, session, request, reply, here);
            }
            context.wantsLock(false);
            context.awaited(false);
            if ((awaited && changes) || context.isLocked()) {
                data.finish();
            }
            return outcome;
        } catch (QuorumException e) {
            context.wantsLock(false);
            context.awaited(false);
            data.finish();
            if (isExec) {
                session.endTransaction();
            }
            return dispatcher.reject(session, reply, command, String.valueOf(e.getMessage()));
        } catch (RuntimeException e) {
            context.wantsLock(false);
            context.awaited(false);
            data.finish();
            throw e;
        }
    }

    /** Sees to what a command has found out that it needs, once it had what it names: members of a set, or the slot's lock. */
    private Outcome awaitMore(Command command, Session session, Request request, ReplyWriter reply, boolean here) {
        CommandContext context = session.context();
        if (context.wantsLock() && !context.isLocked()) {
            context.awaited(false);
            data.finish();
            context.changesSets(true);
            return await(command, session, request, reply, here);
        }
        if (!context.wantsMembers()) {
            throw new IllegalStateException(command.fullName() + " reads a key that it does not name");
        }
        return data.fetchMembers(session.connection()::runAgain) ? run(command, session, request, reply, here) : Outcome.AWAITED;
    }

    private static boolean writesFirstOnly(Command command) {
        return command.has(CommandFlag.FIRST_KEY) && command.has(CommandFlag.KEYWISE);
    }

    /** Lets go of all it has read and locked, and comes again in a moment. */
    private Outcome beginAgain(CommandContext context) {
        if (!context.retriesForRing()) {
            throw new QuorumException("TIMEOUT the command was not carried out: what it needs changes too often, or cannot be read");
        }
        context.awaited(false);
        data.finish();
        return Outcome.POSTPONED;
    }

    /** Whether the check that each write begins with is enough. */
    private static boolean namesOneKey(Command command) {
        return command.keyFinder() == null && command.firstKey() == command.lastKey();
    }

    /** Whether it names a key whose siblings are kept: what changes it has to have read it, where other changes of its slot are made. */
    private boolean namesSiblings(Command command, Request request, int database) {
        namesSiblings = false;
        if (!data.anyKeepsSiblings()) {
            return false;
        }
        KeyPositions.forEach(command, request, index -> {
            if (request.size(index) <= Key.MAX_USER_KEY_SIZE) {
                namesSiblings |= data.keepsSiblings(probe.set(database, request.array(), request.offset(index), request.size(index)));
            }
        });
        return namesSiblings;
    }

    /** Whether it may change what a read before it has shown and may have to show again. */
    private boolean overtakesReads(Command command, Session session, Request request) {
        CommandContext context = session.context();
        if (!context.hasUnsettledReads()) {
            return false;
        }
        keyCount = 0;
        collectNamed(command, request, session.database());
        for (int i = 0; i < keyCount; i++) {
            if (context.hasUnsettledRead(keys[i])) {
                return true;
            }
        }
        // A transaction, or all keys there are.
        return keyCount == 0;
    }

    /** Looks whether all its keys that it writes can be written to, before the first one is. */
    private void checkAll(Command command, Request request, int database) {
        boolean firstOnly = command.has(CommandFlag.FIRST_KEY);
        KeyPositions.forEach(command, request, index -> {
            if ((!firstOnly || index == command.firstKey()) && request.size(index) <= Key.MAX_USER_KEY_SIZE) {
                data.checkWritable(probe.set(database, request.array(), request.offset(index), request.size(index)));
            }
        });
    }

    /** Sees to it that what a command needs comes here, or the command goes where it is. */
    private Outcome await(Command command, Session session, Request request, ReplyWriter reply, boolean here) {
        boolean isExec = command.name().equals("exec");
        keyCount = 0;
        if (isExec) {
            collectOfTransaction(session);
        } else {
            collect(command, request, session.database());
        }
        data.forget();
        for (int i = 0; i < keyCount; i++) {
            if (session.context().hasUnsettledWrite(keys[i]) || session.context().hasUnsettledRead(keys[i])) {
                return Outcome.BEHIND;
            }
        }
        int slot = -1;
        if (isExec
                || (command.has(CommandFlag.WRITE)
                        && (!command.has(CommandFlag.KEYWISE) || session.context().changesSets() || namesSiblings(command, request, session.database())))) {
            // What renames is carried out where its source is; but where siblings are kept it has to have read what it writes, and it writes both.
            boolean firstOnly = writesFirstOnly(command)
                    || (command.has(CommandFlag.FIRST_KEY) && !namesSiblings(command, request, session.database()));
            slot = firstOnly ? keys[0].slot() : commonSlot();
            if (slot == MIXED_SLOTS) {
                throw new QuorumException("CROSSSLOT Keys in request don't hash to the same slot");
            }
            long primary = here ? 0 : data.primary(firstOnly ? keys[0] : mostParticular());
            if (primary != 0) {
                if (session.context().hasUnsettledWrites()) {
                    return Outcome.BEHIND;
                }
                return forward(primary, session, request, reply);
            }
        }
        session.context().awaited(true);
        if (data.fetch(keys, keyCount, slot, session.connection()::runAgain)) {
            return run(command, session, request, reply, here);
        }
        return Outcome.AWAITED;
    }

    /** The key that says where the command is carried out: one whose siblings are kept, if there is any. */
    private Key mostParticular() {
        for (int i = 0; i < keyCount; i++) {
            if (data.keepsSiblings(keys[i])) {
                return keys[i];
            }
        }
        return keys[0];
    }

    private int commonSlot() {
        int slot = keys[0].slot();
        for (int i = 1; i < keyCount; i++) {
            if (keys[i].slot() != slot) {
                return MIXED_SLOTS;
            }
        }
        return slot;
    }

    private static void checkMembers(Command command, Request request) {
        int first = command.firstMember();
        if (first > 0 && request.count() - first > MEMBERS_MAX) {
            throw new QuorumException("ERR at most " + MEMBERS_MAX + " members are named at a time in a cluster");
        }
    }

    private void collect(Command command, Request request, int database) {
        checkMembers(command, request);
        collectNamed(command, request, database);
        collectElsewhere(command, request, database);
        if (keyCount == 0) {
            throw new IllegalStateException(command.fullName() + " reads a key and names none");
        }
    }

    private void collectNamed(Command command, Request request, int database) {
        KeyPositions.forEach(command, request, index -> {
            if (request.size(index) <= Key.MAX_USER_KEY_SIZE) {
                nextKey().set(database, request.array(), request.offset(index), request.size(index));
                collectMembers(command, request, keys[keyCount - 1]);
            }
        });
    }

    /** The members that a command names of the set at a key. */
    private void collectMembers(Command command, Request request, Key of) {
        int first = command.firstMember();
        if (first > 0) {
            SetCommands.checkBytes(of, request.count() - first);
        }
        for (int i = first; first > 0 && i < request.count(); i++) {
            if (of.userKeySize() + request.size(i) <= MemberKeys.MAX_SIZE) {
                MemberKeys.set(nextKey(), of, Record.TYPE_SET, request.array(), request.offset(i), request.size(i));
            }
        }
    }

    private void collectOfTransaction(Session session) {
        Transaction transaction = session.transaction();
        if (transaction == null) {
            throw new IllegalStateException("EXEC without a transaction reads a key");
        }
        for (WatchedKey watched : session.watched()) {
            nextKey().set(watched.database(), watched.key());
        }
        int database = session.database();
        for (Request queued : transaction.queue()) {
            Command command = table.resolve(queued);
            if (command == null) {
                continue;
            }
            if (command.name().equals("select") && queued.count() == 2) {
                database = TransactionCommands.selected(queued, database, call.databaseCount());
                continue;
            }
            int selected = database;
            checkMembers(command, queued);
            KeyPositions.forEach(command, queued, index -> {
                if (queued.size(index) <= Key.MAX_USER_KEY_SIZE) {
                    nextKey().set(selected, queued.array(), queued.offset(index), queued.size(index));
                    collectMembers(command, queued, keys[keyCount - 1]);
                }
            });
            collectElsewhere(command, queued, database);
        }
    }

    /** {@code MOVE} and {@code COPY} may look at a key in another database than the client's. */
    private void collectElsewhere(Command command, Request request, int database) {
        boolean moves = command.name().equals("move");
        if (!moves && !command.name().equals("copy")) {
            return;
        }
        int key = moves ? 1 : 2;
        for (int i = moves ? 2 : 4; i < request.count(); i++) {
            int other = TransactionCommands.database(request, i, database, call.databaseCount());
            if (other != database && request.size(key) <= Key.MAX_USER_KEY_SIZE) {
                nextKey().set(other, request.array(), request.offset(key), request.size(key));
            }
        }
    }

    private Key nextKey() {
        if (keyCount == keys.length) {
            keys = Arrays.copyOf(keys, 2 * keyCount);
            for (int i = keyCount; i < keys.length; i++) {
                keys[i] = new Key();
            }
        }
        return keys[keyCount++];
    }

    private Outcome forward(long primary, Session session, Request request, ReplyWriter reply) {
        ForwardedRequest.write(outgoing, session, request, reply);
        int size = outgoing.size() - ForwardedRequest.BODY_OFFSET;
        // There it is found out again, if need be.
        session.context().wantsLock(false);
        boolean sent = data.forward(primary, outgoing.bytes(), ForwardedRequest.BODY_OFFSET, size, new ForwardListener() {
            @Override
            public void replied(byte[] array, int offset, int count) {
                session.connection().answerForwarded(array, offset, count);
            }

            @Override
            public void failed(String error) {
                byte[] line = ("-" + error + "\r\n").getBytes(StandardCharsets.UTF_8);
                session.connection().answerForwarded(line, 0, line.length);
            }
        });
        if (!sent) {
            throw new QuorumException("NOREPLICAS the node that carries out commands on this key cannot be reached");
        }
        return Outcome.AWAITED;
    }

    /** A forwarded command is answered: if it was a transaction, that has ended. */
    void forwarded(Session session, byte[] array, int offset, int size) {
        Transaction transaction = session.transaction();
        if (transaction == null) {
            return;
        }
        session.endTransaction();
        byte[] reply = Arrays.copyOfRange(array, offset, offset + size);
        if (reply[0] == '*' && reply[1] != '-') {
            selectAs(session, transaction, reply);
        }
    }

    /** The databases that a transaction has selected elsewhere are selected for its client here. */
    private void selectAs(Session session, Transaction transaction, byte[] reply) {
        int at = 0;
        while (reply[at++] != '\n') {
            continue;
        }
        for (Request queued : transaction.queue()) {
            Command command = table.resolve(queued);
            if (command != null && command.name().equals("select") && reply[at] == '+') {
                session.database(TransactionCommands.selected(queued, session.database(), call.databaseCount()));
            }
            at = ReplyScanner.end(reply, at);
        }
    }

    /**
     * Fetches the keys of read commands that come behind the one which waits: a pipeline is read at a quorum as one.
     */
    void fetchAhead(RequestPreview preview, Session session) {
        keyCount = 0;
        if (!session.context().isFetching()) {
            return;
        }
        session.context().readAheadFor(preview.count());
        int database = session.database();
        for (int i = 0; i < preview.count(); i++) {
            Command command = table.find(preview.array(), preview.nameOffset(i), preview.nameSize(i));
            if (command == null || !command.has(CommandFlag.READONLY) || command.has(CommandFlag.WORKER)
                    || command.firstKey() != 1 || preview.size(i) > Key.MAX_USER_KEY_SIZE) {
                // A write in between is no obstacle: what it changes is merged into what was read, see ClusterSession.
                continue;
            }
            nextKey().set(database, preview.array(), preview.offset(i), preview.size(i));
        }
        if (keyCount > 0) {
            data.fetchAlso(keys, keyCount);
        }
    }
}
