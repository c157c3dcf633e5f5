package io.ringtail.cluster.transport;

import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Matches answers to the requests of one loop. Every request begins with its type and an id of eight bytes, every answer with its type and the id of what it
 * answers; the rest is the caller's.
 *
 * <p>A request ends exactly once: answered, or failed because its link broke or its time was up. An answer that comes later is dropped. At most {@value
 * #MAX_PENDING} are under way; more are not taken.
 *
 * <p>Confined to the loop.
 */
public final class Calls {
    /** Requests under way at one time. */
    public static final int MAX_PENDING = 1 << 16;

    private static final long SWEEP_MILLIS = 20;
    private static final int ID_OFFSET = 1;
    private static final int HEADER_SIZE = 9;

    /** Told how a request ended. Called on the loop, never from within {@link #send}. */
    public interface Callback {
        /**
         * An answer that makes no sense is thrown; {@link #failed} is called then, for what has not been dealt with.
         *
         * @param body the answer behind its id, valid until this returns
         */
        void replied(long memberId, MessageType type, MessageReader body);

        /** The outcome is unknown: the link broke, or there was no answer in time. */
        void failed(long memberId, boolean timedOut);
    }

    private static final class Pending {
        final long id;
        final long memberId;
        final long deadlineNanos;
        final Callback callback;

        Pending(long id, long memberId, long deadlineNanos, Callback callback) {
            this.id = id;
            this.memberId = memberId;
            this.deadlineNanos = deadlineNanos;
            this.callback = callback;
        }
    }

    private final Transport transport;
    private final Loop loop;
    private final MessageReader reader = new MessageReader();
    private @Nullable Pending[] table = new Pending[256];
    private long nextId = 1;
    private int pendingCount;
    private boolean sweepScheduled;

    public Calls(Transport transport, Loop loop) {
        this.transport = transport;
        this.loop = loop;
    }

    /** Starts a request: its type, and room for the id that {@link #send} gives it. */
    public static MessageWriter begin(MessageWriter writer, MessageType type) {
        return writer.begin(type).writeLong(0);
    }

    /** Starts the answer to the request of that id. */
    public static MessageWriter beginReply(MessageWriter writer, MessageType type, long id) {
        return writer.begin(type).writeLong(id);
    }

    /**
     * Sends a request that was started with {@link #begin}.
     *
     * @return false when it was not sent, and the callback will never be called
     */
    public boolean send(long memberId, MessageWriter request, long timeoutMillis, Callback callback) {
        if (pendingCount >= MAX_PENDING) {
            return false;
        }
        request.setLong(ID_OFFSET, nextId);
        if (!transport.send(memberId, request.bytes(), 0, request.size())) {
            return false;
        }
        await(nextId++, memberId, timeoutMillis, callback);
        return true;
    }

    /**
     * Makes room for one more answer to a request that is sent next, beside the request's own.
     *
     * @return the id that the answer will have, which the request has to tell; 0 when no more are taken, and the callback will never be called
     */
    public long expect(long memberId, long timeoutMillis, Callback callback) {
        if (pendingCount >= MAX_PENDING) {
            return 0;
        }
        long id = nextId++;
        await(id, memberId, timeoutMillis, callback);
        return id;
    }

    /** Takes back what was {@linkplain #expect expected}: the request was not sent. The callback is not called. */
    public void cancel(long id) {
        int slot = (int) id & (table.length - 1);
        Pending pending = table[slot];
        if (pending != null && pending.id == id) {
            table[slot] = null;
            pendingCount--;
        }
    }

    private void await(long id, long memberId, long timeoutMillis, Callback callback) {
        long deadline = loop.nanoTime() + TimeUnit.MILLISECONDS.toNanos(timeoutMillis);
        put(new Pending(id, memberId, deadline, callback));
        pendingCount++;
        if (!sweepScheduled) {
            sweepScheduled = true;
            loop.schedule(this::sweep, SWEEP_MILLIS);
        }
    }

    /** {@link Transport#flush}. */
    public void flush() {
        transport.flush();
    }

    /** The version of the protocol that is spoken with a member, as {@link Transport#version} has it. */
    public int version(long memberId) {
        return transport.version(memberId);
    }

    public int pendingCount() {
        return pendingCount;
    }

    /** Hands an answer to whoever asked. */
    public void reply(long memberId, byte[] message, int offset, int size) {
        MessageType type = reader.begin(message, offset, size);
        long id = reader.readLong();
        int slot = (int) id & (table.length - 1);
        Pending pending = table[slot];
        if (pending == null || pending.id != id || pending.memberId != memberId) {
            return;
        }
        table[slot] = null;
        pendingCount--;
        // A callback may ask again, and this reader be needed: it reads on in one of its own.
        MessageReader body = new MessageReader().wrap(message, offset + HEADER_SIZE, size - HEADER_SIZE);
        try {
            pending.callback.replied(memberId, type, body);
        } catch (RuntimeException e) {
            // The link ends for it, and with it all else that was asked over it; this request is not among those any more.
            pending.callback.failed(memberId, false);
            throw e;
        }
    }

    /** Ends what was asked of a member whose link broke. */
    public void linkDown(long memberId) {
        failWhere(pending -> pending.memberId == memberId, false);
    }

    private void sweep() {
        sweepScheduled = false;
        long now = loop.nanoTime();
        failWhere(pending -> pending.deadlineNanos - now <= 0, true);
        if (pendingCount > 0 && !sweepScheduled) {
            sweepScheduled = true;
            loop.schedule(this::sweep, SWEEP_MILLIS);
        }
    }

    private void failWhere(java.util.function.Predicate<Pending> condition, boolean timedOut) {
        if (pendingCount == 0) {
            return;
        }
        java.util.List<Pending> failed = new java.util.ArrayList<>();
        for (int i = 0; i < table.length; i++) {
            Pending pending = table[i];
            if (pending != null && condition.test(pending)) {
                table[i] = null;
                pendingCount--;
                failed.add(pending);
            }
        }
        // In the order they were sent, whatever the table's size.
        failed.sort(java.util.Comparator.comparingLong(pending -> pending.id));
        RuntimeException failure = null;
        for (Pending pending : failed) {
            try {
                pending.callback.failed(pending.memberId, timedOut);
            } catch (RuntimeException e) {
                // Everybody else is told all the same: nobody else will tell them.
                failure = e;
            }
        }
        if (failure != null) {
            throw failure;
        }
    }

    private void put(Pending pending) {
        int slot = (int) pending.id & (table.length - 1);
        while (table[slot] != null) {
            grow();
            slot = (int) pending.id & (table.length - 1);
        }
        table[slot] = pending;
    }

    /** Doubles the table: ids are consecutive, so that in a table as large as the oldest is old nobody shares a slot. */
    private void grow() {
        @Nullable Pending[] larger = new Pending[table.length * 2];
        for (Pending pending : table) {
            if (pending != null) {
                larger[(int) pending.id & (larger.length - 1)] = pending;
            }
        }
        table = larger;
    }
}
