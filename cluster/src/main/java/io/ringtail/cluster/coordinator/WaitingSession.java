package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.cluster.quorum.Quorums;
import io.ringtail.cluster.ring.Ring;
import io.ringtail.cluster.ring.RingView;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * A worker's way to the data of a cluster: for commands that only read and may take long. What it reads at a quorum is asked for on an event loop and waited for here.
 * Confined to its thread.
 */
public final class WaitingSession implements DataSession {
    private final LocalSession local;
    private final Quorums quorums;
    private final Loop loop;
    private final RingView ringView;
    private final Supplier<@Nullable String> refusal;
    private final KeyWalks walks;
    private final long timeoutMillis;
    private final Record probe = new Record();
    private CommandContext context = new CommandContext();
    private Ring ring;
    private boolean distributed;
    private boolean admitted;

    /**
     * @param quorums of {@code loop}, where its requests are made
     * @param timeoutMillis a little more than a read may take
     */
    public WaitingSession(
            LocalCoordinator local,
            Quorums quorums,
            Loop loop,
            RingView ringView,
            Supplier<@Nullable String> refusal,
            KeyWalks walks,
            long timeoutMillis) {
        this.local = local.localSession(true, LockSupport::parkNanos);
        this.quorums = quorums;
        this.loop = loop;
        this.ringView = ringView;
        this.refusal = refusal;
        this.walks = walks;
        this.timeoutMillis = timeoutMillis;
        this.ring = ringView.ring();
    }

    @Override
    public boolean begin(CommandContext of) {
        context = of;
        String why = refusal.get();
        if (why != null) {
            throw new QuorumException(why);
        }
        ring = ringView.ring();
        distributed = !ring.isAlone();
        of.synced.begins();
        return distributed;
    }

    @Override
    public long nowMillis() {
        return local.nowMillis();
    }

    @Override
    public boolean read(Key key, Record into) {
        if (!distributed) {
            return local.read(key, into);
        }
        boolean live = readRecord(key, into);
        return live && into.showsCollection() && !into.isSurelyFilled()
                ? !gather(key, into, ThreadLocalRandom.current().nextLong(), 1, false).isEmpty()
                : live;
    }

    @Override
    public List<byte[]> gather(Key key, Record header, long fromHash, int wanted, boolean toChange) {
        if (!distributed) {
            return local.gather(key, header, fromHash, wanted, toChange);
        }
        MemberCursor.Members gathered = new MemberCursor.Members(wanted, MemberCursor.Members.MAX_BYTES);
        try (MemberCursor cursor = members(key, header, fromHash)) {
            cursor.gather(gathered, 0);
        }
        if (fromHash != 0 && !gathered.isEnough()) {
            try (MemberCursor cursor = members(key, header, 0)) {
                cursor.gather(gathered, fromHash);
            }
        }
        return gathered.list;
    }

    @Override
    public MemberCursor members(Key key, Record header, long fromHash) {
        if (!distributed) {
            return local.members(key, header, fromHash);
        }
        ClusterWalk any = walks.walk(key.database(), key.token(), key.token(), context.readLevel(), nowMillis());
        return new MemberCursor(
                any.ofMembers(MemberKeys.before(key, Record.TYPE_SET, fromHash)), key, header, fromHash, nowMillis());
    }

    @Override
    public void changeMembers(Key key, Key[] members, int count, boolean adds, boolean begins) {
        checkLocalWrite();
        local.changeMembers(key, members, count, adds, begins);
        hasChanged();
    }

    @Override
    public boolean readRecord(Key key, Record into) {
        if (!distributed) {
            return local.readRecord(key, into);
        }
        Key copied = new Key().setEncoded(key.bytes(), 0, key.size());
        CompletableFuture<Record> answer = new CompletableFuture<>();
        CommandContext of = context;
        loop.execute(() -> {
            try {
                quorums.read(copied, of.readLevel(), (record, failure) -> {
                    if (failure == null) {
                        Record found = new Record();
                        answer.complete(record.isEmpty() ? found : found.copyOf(record));
                    } else {
                        answer.completeExceptionally(new QuorumException(failure));
                    }
                });
            } catch (QuorumException e) {
                answer.completeExceptionally(e);
            }
        });
        into.clear().merge(await(answer));
        return into.isLive(nowMillis());
    }

    private Record await(CompletableFuture<Record> answer) {
        try {
            return answer.get(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof QuorumException known ? known : new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new QuorumException("TIMEOUT replicas did not answer within " + timeoutMillis + " ms");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new QuorumException("ERR this server is stopping");
        }
    }

    @Override
    public boolean exists(Key key) {
        return read(key, probe);
    }

    private void checkLocalWrite() {
        if (distributed) {
            throw new IllegalStateException("a worker does not write to a cluster");
        }
        if (!admitted && (ringView.isFrozen() || ringView.ring() != ring)) {
            throw RingChangedException.INSTANCE;
        }
    }

    /** A worker does not wait for others: what is known. */
    @Override
    public SyncedCopies awaitSynced(boolean here, long wanted, long timeoutMillis, Runnable resume) {
        return context.synced.known(local.durablePosition(), 0);
    }

    /** When the turn ends, which is this command's alone, that is in the log. */
    private void hasChanged() {
        boolean ignored = context.synced.changedHere();
    }

    @Override
    public void write(Key key, byte[] value, int offset, int size, long expireAtMillis) {
        checkLocalWrite();
        local.write(key, value, offset, size, expireAtMillis);
        hasChanged();
    }

    @Override
    public void delete(Key key) {
        checkLocalWrite();
        local.delete(key);
        hasChanged();
    }

    @Override
    public void expire(Key key, long expireAtMillis) {
        checkLocalWrite();
        local.expire(key, expireAtMillis);
        hasChanged();
    }

    @Override
    public boolean keepsSiblings(Key key) {
        return local.keepsSiblings(key);
    }

    @Override
    public void write(Key key, byte[] value, int offset, int size, long expireAtMillis, @Nullable Context seen) {
        checkLocalWrite();
        local.write(key, value, offset, size, expireAtMillis, seen);
        hasChanged();
    }

    @Override
    public void delete(Key key, @Nullable Context seen) {
        checkLocalWrite();
        local.delete(key, seen);
        hasChanged();
    }

    @Override
    public void increment(Key key, long delta, Record read) {
        checkLocalWrite();
        local.increment(key, delta, read);
        hasChanged();
    }

    @Override
    public void clearDatabase(int database) {
        checkLocalWrite();
        local.clearDatabase(database);
        hasChanged();
    }

    @Override
    public RecordCursor scan(int database, long fromToken, long throughToken) {
        return distributed
                ? walks.walk(database, fromToken, throughToken, context.readLevel(), nowMillis())
                : local.scan(database, fromToken, throughToken);
    }

    @Override
    public long countKeys(int database) {
        if (!distributed) {
            return local.countKeys(database);
        }
        long count = 0;
        try (ClusterWalk walk = walks.walk(database, 0, -1, context.readLevel(), nowMillis())) {
            walk.expectMany();
            while (walk.next()) {
                count++;
            }
        }
        return count;
    }

    @Override
    public void allowWaiting(boolean allowed) {
        local.allowWaiting(allowed);
    }

    @Override
    public boolean mayBlock() {
        return true;
    }

    @Override
    public void enterExclusive() {
        local.enterExclusive();
    }

    @Override
    public void admitWrites() {
        if (!distributed) {
            checkLocalWrite();
            admitted = true;
        }
    }

    @Override
    public void exitExclusive() {
        admitted &= local.isNested();
        local.exitExclusive();
    }

    @Override
    public void awaitExclusive() {
        if (!distributed) {
            local.awaitExclusive();
        }
    }

    @Override
    public long endTurn() throws WriteRefusedException {
        try {
            return local.endTurn();
        } finally {
            context.synced.logged(local.loggedPosition());
        }
    }

    @Override
    public void close() {
        local.close();
    }
}
