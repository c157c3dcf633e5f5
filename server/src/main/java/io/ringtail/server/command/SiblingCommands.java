package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.DENYOOM;
import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.WRITE;

import io.ringtail.cluster.node.ClusterNode;
import io.ringtail.engine.record.Causal;
import io.ringtail.engine.record.Context;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.Sibling;
import io.ringtail.engine.record.VersionVector;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.server.config.Settings;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/**
 * Conflicts in the client's hands: {@code RT.GET} with all siblings, {@code RT.SET} and {@code RT.DEL} in place of those that were seen, {@code RT.SIBLINGS} and {@code RT.CLOCK} to look. Stateless but for the services;
 * each handler is confined to the thread that runs its call.
 */
final class SiblingCommands {
    private static final String GROUP = "ringtail";
    private static final String SINCE = "0.1.0";
    private static final int NODE_SHIFT = 16;

    private final Services services;

    private SiblingCommands(Services services) {
        this.services = services;
    }

    static void register(CommandTable table, Services services) {
        SiblingCommands commands = new SiblingCommands(services);
        table.add("rt.get", 2, commands::get)
                .flags(READONLY, FAST)
                .keys(1, 1, 1)
                .docs(GROUP, SINCE, "O(N), N siblings", "Reads all values that a key has, and the context to write in their place with.", "key");
        table.add("rt.set", -3, commands::set)
                .flags(WRITE, DENYOOM, FAST)
                .keys(1, 1, 1)
                .docs(GROUP, SINCE, "O(N), N siblings", "Stores a value in place of those that a context has seen, or of all.",
                        "key value [CONTEXT context] [EX seconds|PX milliseconds]");
        table.add("rt.del", -2, commands::del)
                .flags(WRITE, FAST)
                .keys(1, 1, 1)
                .docs(GROUP, SINCE, "O(N), N siblings", "Deletes the values that a context has seen, or all.", "key [CONTEXT context]");
        table.add("rt.siblings", 2, commands::siblings)
                .flags(READONLY)
                .keys(1, 1, 1)
                .docs(GROUP, SINCE, "O(N), N siblings", "Tells when and where each of a key's siblings was written.", "key");
        table.add("rt.clock", 2, commands::clock)
                .flags(READONLY)
                .keys(1, 1, 1)
                .docs(GROUP, SINCE, "O(N), N actors", "Tells which writes of a key are known.", "key");
    }

    private ContextToken tokens() {
        ClusterNode node = NodeIds.member(services);
        return new ContextToken(
                services.configuration().text(Settings.CLUSTER_SECRET), node.ring().topology().clusterId());
    }

    private void get(Call call) {
        Key key = call.key(1);
        Record record = call.record();
        ReplyWriter reply = call.reply();
        if (!call.readString(key, record)) {
            reply.nullArray();
            return;
        }
        byte[] context = tokens().write(key, new Context().of(record));
        long now = call.data().nowMillis();
        int values = countValues(record, now);
        if (reply.protocolVersion() == 3) {
            reply.mapHeader(2);
            reply.bulk("context");
            reply.bulk(context);
            reply.bulk("values");
            reply.arrayHeader(values);
        } else {
            reply.arrayHeader(1 + values);
            reply.bulk(context);
        }
        // What a plain reader sees comes first; of a counter that is the number, counts included.
        reply.bulk(record.valueArray(), record.valueOffset(), record.valueSize());
        if (values > 1) {
            Causal causal = record.causal();
            for (int i = shown(causal, now) + 1; i < causal.siblingCount(); i++) {
                if (isValue(causal, i, now)) {
                    Sibling sibling = causal.sibling(i);
                    reply.bulk(sibling.valueArray(), sibling.valueOffset(), sibling.valueSize());
                }
            }
        }
    }

    private static int countValues(Record record, long now) {
        if (!record.isCausal()) {
            return 1;
        }
        int live = 0;
        for (int i = 0; i < record.causal().siblingCount(); i++) {
            live += isValue(record.causal(), i, now) ? 1 : 0;
        }
        // Something was counted upon what is deleted: a number all the same.
        return Math.max(1, live);
    }

    /** The first that is live, which a plain reader sees. */
    private static int shown(Causal causal, long now) {
        int shown = 0;
        while (!isValue(causal, shown, now)) {
            shown++;
        }
        return shown;
    }

    /** Whether it is there to be read: a set's beginning beside a value is none. */
    private static boolean isValue(Causal causal, int index, long now) {
        return causal.isLive(index, now) && !causal.sibling(index).isCollection();
    }

    private void set(Call call) {
        Key key = call.key(1);
        checkKeepsSiblings(call, key);
        Context seen = null;
        long expireAtMillis = 0;
        for (int i = 3; i < call.count(); i += 2) {
            if (i + 1 == call.count()) {
                throw CommandException.SYNTAX;
            }
            if (call.is(i, "CONTEXT") && seen == null) {
                seen = tokens().read(key, call.bytes(i + 1));
            } else if ((call.is(i, "EX") || call.is(i, "PX")) && expireAtMillis == 0) {
                expireAtMillis = ExpireTime.ofOption(call, i + 1, call.is(i, "EX"), true, "rt.set");
            } else {
                throw CommandException.SYNTAX;
            }
        }
        call.data().write(key, call.request().array(), call.request().offset(2), call.request().size(2), expireAtMillis, seen);
        call.reply().ok();
    }

    private void del(Call call) {
        Key key = call.key(1);
        checkKeepsSiblings(call, key);
        if (call.count() != 2 && !(call.count() == 4 && call.is(2, "CONTEXT"))) {
            throw CommandException.SYNTAX;
        }
        @Nullable Context seen = call.count() == 4 ? tokens().read(key, call.bytes(3)) : null;
        Record record = call.record();
        boolean found = call.data().read(key, record);
        if (found) {
            call.data().delete(key, seen);
        }
        call.reply().integer(found ? 1 : 0);
    }

    private static void checkKeepsSiblings(Call call, Key key) {
        if (!call.data().keepsSiblings(key)) {
            throw new CommandException("ERR of this key the last writer wins: SET and DEL are for it, or RT.KEYSPACE SET prefix conflict siblings");
        }
    }

    private void siblings(Call call) {
        Record record = call.record();
        boolean live = call.data().read(call.key(1), record);
        ReplyWriter reply = call.reply();
        if (!record.isCausal()) {
            if (!record.hasValue()) {
                reply.arrayHeader(0);
                return;
            }
            reply.arrayHeader(1);
            tell(reply, record.hlc(), record.actor(), record.valueSize(), !live, record.expireAtMillis());
            return;
        }
        Causal causal = record.causal();
        long now = call.data().nowMillis();
        reply.arrayHeader(causal.siblingCount());
        for (int i = 0; i < causal.siblingCount(); i++) {
            Sibling sibling = causal.sibling(i);
            tell(reply, sibling.hlc(), sibling.actor(), sibling.valueSize(), !causal.isLive(i, now), causal.endMillis(i));
        }
    }

    private static void tell(ReplyWriter reply, long hlc, long actor, int size, boolean deleted, long endMillis) {
        reply.mapHeader(6);
        reply.bulk("dot");
        reply.bulk(dot(hlc, actor));
        reply.bulk("time");
        reply.integer(hlc >>> NODE_SHIFT);
        reply.bulk("node");
        reply.bulk(node(actor));
        reply.bulk("size");
        reply.integer(size);
        reply.bulk("deleted");
        reply.integer(deleted ? 1 : 0);
        reply.bulk("ends");
        reply.integer(endMillis);
    }

    private void clock(Call call) {
        Key key = call.key(1);
        Record record = call.record();
        boolean ignored = call.data().read(key, record);
        Context context = new Context().of(record);
        VersionVector vector = context.vector();
        ReplyWriter reply = call.reply();
        reply.mapHeader(3);
        reply.bulk("context");
        reply.bulk(tokens().write(key, context));
        reply.bulk("floor");
        if (context.hasFloor()) {
            reply.bulk(dot(context.floorHlc(), context.floorActor()));
        } else {
            reply.nullBulk();
        }
        reply.bulk("known");
        reply.arrayHeader(vector.size());
        for (int i = 0; i < vector.size(); i++) {
            reply.bulk(dot(vector.hlc(i), vector.actor(i)));
        }
    }

    /** As {@code RT.TRACE} writes versions, in one word. */
    private static String dot(long hlc, long actor) {
        return String.format(Locale.ROOT, "%016x@%016x", hlc, actor);
    }

    private static String node(long actor) {
        return String.format(Locale.ROOT, "%012x", actor >>> NODE_SHIFT);
    }
}
