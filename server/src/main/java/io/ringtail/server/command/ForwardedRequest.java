package io.ringtail.server.command;

import io.ringtail.cluster.coordinator.CommandContext;
import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageType;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.server.session.Session;
import io.ringtail.server.session.Transaction;
import io.ringtail.server.session.WatchedKey;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * A client's command as one node sends it to another to be carried out there: the request, or all requests of a transaction, and what of the client's state they
 * depend on. Layout in {@code docs/formats/node-protocol.md}.
 *
 * @param transaction whether the requests are to be carried out as one
 */
public record ForwardedRequest(
        int protocolVersion,
        int database,
        @Nullable ConsistencyLevel readLevel,
        @Nullable ConsistencyLevel writeLevel,
        boolean transaction,
        List<Request> requests,
        List<WatchedKey> watched) {
    /** Text of a level, keys watched, arguments of a request. */
    private static final int MAX_LEVEL_SIZE = 32;
    private static final int MAX_WATCHED = 1 << 20;
    private static final int MAX_ARGUMENTS = 1 << 20;

    private static final int FLAG_TRANSACTION = 1;

    /** Writes what {@code session} has asked for, ready to be sent behind a message's header. */
    static void write(MessageWriter out, Session session, Request request, ReplyWriter reply) {
        Transaction transaction = session.transaction();
        CommandContext context = session.context();
        out.begin(MessageType.FORWARD)
                .writeByte(reply.protocolVersion())
                .writeByte(session.database())
                .writeText(text(context.readLevel()))
                .writeText(text(context.writeLevel()))
                .writeByte(transaction == null ? 0 : FLAG_TRANSACTION);
        List<Request> requests = transaction == null ? List.of(request) : transaction.queue();
        out.writeVarint(requests.size());
        for (Request each : requests) {
            writeRequest(out, each);
        }
        List<WatchedKey> watched = transaction == null ? List.of() : session.watched();
        out.writeVarint(watched.size());
        for (WatchedKey key : watched) {
            out.writeByte(key.database())
                    .writeBytes(key.key(), 0, key.key().length)
                    .writeBoolean(key.live())
                    .writeLong(key.hlc())
                    .writeLong(key.actor())
                    .writeLong(key.expiryHlc());
        }
    }

    /** Where, in what {@link #write} has written, the bytes to be sent begin. */
    static final int BODY_OFFSET = 1;

    private static String text(@Nullable ConsistencyLevel level) {
        return level == null ? "" : level.name();
    }

    private static @Nullable ConsistencyLevel level(String text) {
        if (text.isEmpty()) {
            return null;
        }
        try {
            return ConsistencyLevel.of(text);
        } catch (IllegalArgumentException e) {
            throw new MalformedMessageException(String.valueOf(e.getMessage()));
        }
    }

    /**
     * Reads what {@link #write} wrote on another node. Everything is copied.
     *
     * @throws MalformedMessageException when it is not that
     */
    public static ForwardedRequest read(byte[] array, int offset, int size) {
        MessageReader in = new MessageReader().wrap(array, offset, size);
        int protocolVersion = in.readByte();
        if (protocolVersion != 2 && protocolVersion != 3) {
            throw new MalformedMessageException("forwarded for protocol " + protocolVersion);
        }
        int database = in.readByte();
        ConsistencyLevel readLevel = level(in.readText(MAX_LEVEL_SIZE));
        ConsistencyLevel writeLevel = level(in.readText(MAX_LEVEL_SIZE));
        int flags = in.readByte();
        int count = in.readVarint(Transaction.MAX_COMMANDS);
        List<Request> requests = new ArrayList<>(Math.min(count, 1024));
        for (int i = 0; i < count; i++) {
            requests.add(readRequest(in));
        }
        int watchedCount = in.readVarint(MAX_WATCHED);
        List<WatchedKey> watched = new ArrayList<>(Math.min(watchedCount, 1024));
        for (int i = 0; i < watchedCount; i++) {
            watched.add(new WatchedKey(
                    in.readByte(),
                    in.readBytes(io.ringtail.engine.record.Key.MAX_USER_KEY_SIZE),
                    in.readBoolean(),
                    in.readLong(),
                    in.readLong(),
                    in.readLong()));
        }
        in.finish();
        boolean transaction = (flags & FLAG_TRANSACTION) != 0;
        if (!transaction && count != 1) {
            throw new MalformedMessageException(count + " requests forwarded as one");
        }
        return new ForwardedRequest(protocolVersion, database, readLevel, writeLevel, transaction, requests, watched);
    }

    /** Writes one request by itself: how many arguments, and each with its length. */
    static void writeRequest(MessageWriter out, Request request) {
        out.writeVarint(request.count());
        for (int i = 0; i < request.count(); i++) {
            out.writeBytes(request.array(), request.offset(i), request.size(i));
        }
    }

    /** Reads what {@link #writeRequest} wrote. */
    static Request readRequest(MessageReader in) {
        int count = in.readVarint(MAX_ARGUMENTS);
        if (count == 0 || count > in.remaining()) {
            throw new MalformedMessageException("a request of " + count + " arguments in " + in.remaining() + " bytes");
        }
        byte[][] arguments = new byte[count][];
        for (int i = 0; i < count; i++) {
            arguments[i] = in.readBytes(in.remaining());
        }
        return Request.of(arguments);
    }
}
