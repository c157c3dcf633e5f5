package io.ringtail.cluster.coordinator;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.quorum.QuorumException;
import io.ringtail.cluster.quorum.Quorums;
import io.ringtail.cluster.quorum.WalkPage;
import io.ringtail.cluster.replica.ReplicaScan;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.transport.Loop;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import org.jspecify.annotations.Nullable;

/**
 * A worker's walk over the live keys of the cluster, or over the members of a set: asks an event loop for one page after the other and waits for each. Pages are small at first, for those who want a
 * few keys, and grow; from the second on the next one is asked for while the last is being read.
 *
 * <p>Confined to its thread, which may wait. Holds two pages at the most: for each replica asked, {@link ReplicaScan#MAX_BYTES} and a key.
 */
public final class ClusterWalk implements RecordCursor {
    private static final int FIRST_ENTRIES = 64;
    private static final int GROWTH = 8;
    private static final byte[] FROM_THE_BEGINNING = {};

    private final Quorums quorums;
    private final Loop loop;
    private final int database;
    private final long throughToken;
    private final @Nullable ConsistencyLevel level;
    private final long nowMillis;
    private final long timeoutMillis;
    private final boolean isOfMembers;
    private long fromToken;
    private byte[] after;
    private int entriesMax = FIRST_ENTRIES;
    private int pagesTaken;
    private boolean atEnd;
    private @Nullable WalkPage page;
    private @Nullable CompletableFuture<WalkPage> asked;

    /**
     * @param quorums of {@code loop}, where the requests are made
     * @param nowMillis by which keys have expired
     * @param timeoutMillis a little more than a page may take
     */
    public ClusterWalk(
            Quorums quorums,
            Loop loop,
            int database,
            long fromToken,
            long throughToken,
            @Nullable ConsistencyLevel level,
            long nowMillis,
            long timeoutMillis) {
        this(quorums, loop, database, fromToken, throughToken, FROM_THE_BEGINNING, level, nowMillis, timeoutMillis);
    }

    /** @param after the internal key behind which a walk begins that meets everything, members of a collection and what is deleted; empty for one that meets live keys */
    private ClusterWalk(
            Quorums quorums,
            Loop loop,
            int database,
            long fromToken,
            long throughToken,
            byte[] after,
            @Nullable ConsistencyLevel level,
            long nowMillis,
            long timeoutMillis) {
        this.after = after;
        this.isOfMembers = after.length > 0;
        this.quorums = quorums;
        this.loop = loop;
        this.database = database;
        this.fromToken = fromToken;
        this.throughToken = throughToken;
        this.level = level;
        this.nowMillis = nowMillis;
        this.timeoutMillis = timeoutMillis;
        this.atEnd = Long.compareUnsigned(fromToken, throughToken) > 0;
    }

    /** A walk over the records behind an internal key that have its token, which are for the caller to tell apart. */
    ClusterWalk ofMembers(byte[] behind) {
        long token = Key.token(behind, 0);
        return new ClusterWalk(quorums, loop, database, token, token, behind, level, nowMillis, timeoutMillis);
    }

    /** Says that all keys will be wanted: pages are large from the first on. */
    void expectMany() {
        entriesMax = ReplicaScan.MAX_ENTRIES;
    }

    /** @throws QuorumException when too few replicas can be reached, or have answered in time */
    @Override
    public boolean next() {
        while (true) {
            WalkPage current = page;
            if (current == null) {
                if (atEnd && asked == null) {
                    return false;
                }
                current = take();
                page = current;
            }
            try {
                if (isOfMembers ? current.nextRecord() : current.next(nowMillis) && isThere(current)) {
                    return true;
                }
                if (!isOfMembers && !current.isAtEnd()) {
                    continue;
                }
            } catch (MalformedMessageException e) {
                atEnd = true;
                asked = null;
                throw new QuorumException(
                        "NOREPLICAS the keys cannot be walked, what a replica has sent is not understood: " + e.getMessage());
            }
            page = null;
        }
    }

    /** A set whose header does not say whether it has members is there if one is found. */
    private boolean isThere(WalkPage at) {
        Record header = at.record();
        if (!header.showsCollection() || header.isSurelyFilled()) {
            return true;
        }
        byte[] behind = MemberKeys.before(at.key(), Record.TYPE_SET, 0);
        try (MemberCursor members = new MemberCursor(ofMembers(behind), at.key(), header, 0, nowMillis)) {
            return members.next();
        }
    }

    /** Waits for the page that was asked for, or is now. */
    private WalkPage take() {
        CompletableFuture<WalkPage> answer = asked;
        asked = null;
        WalkPage taken = await(answer == null ? ask() : answer);
        pagesTaken++;
        byte[] horizon = taken.horizon();
        if (horizon != null) {
            // Whoever looks for keys need not see the rest of a collection.
            after = isOfMembers || Key.isTopLevel(horizon, 0, horizon.length) ? horizon : MemberKeys.behindAll(horizon);
        } else if (taken.throughToken() == throughToken) {
            atEnd = true;
        } else {
            fromToken = taken.throughToken() + 1;
            after = FROM_THE_BEGINNING;
        }
        entriesMax = Math.min(GROWTH * entriesMax, ReplicaScan.MAX_ENTRIES);
        if (!atEnd && pagesTaken > 1) {
            asked = ask();
        }
        return taken;
    }

    private CompletableFuture<WalkPage> ask() {
        ReplicaScan.Request request = new ReplicaScan.Request(
                database, fromToken, throughToken, after, entriesMax, ReplicaScan.MAX_BYTES);
        CompletableFuture<WalkPage> answer = new CompletableFuture<>();
        loop.execute(() -> quorums.walk(request, level, (found, failure) -> {
            if (found == null) {
                answer.completeExceptionally(new QuorumException(String.valueOf(failure)));
            } else {
                answer.complete(found);
            }
        }));
        return answer;
    }

    private WalkPage await(CompletableFuture<WalkPage> answer) {
        atEnd = true;
        WalkPage found;
        try {
            found = answer.get(timeoutMillis, TimeUnit.MILLISECONDS);
        } catch (ExecutionException e) {
            throw e.getCause() instanceof QuorumException known ? known : new IllegalStateException(e.getCause());
        } catch (TimeoutException e) {
            throw new QuorumException("TIMEOUT replicas did not answer within " + timeoutMillis + " ms");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new QuorumException("ERR this server is stopping");
        }
        atEnd = false;
        return found;
    }

    private WalkPage current() {
        WalkPage current = page;
        if (current == null) {
            throw new IllegalStateException("the walk stands at no key");
        }
        return current;
    }

    @Override
    public Key key() {
        return current().key();
    }

    @Override
    public Record record() {
        return current().record();
    }

    @Override
    public void close() {
        // What is still asked for is dropped when it comes.
        page = null;
        asked = null;
        atEnd = true;
    }
}
