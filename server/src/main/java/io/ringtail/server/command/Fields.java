package io.ringtail.server.command;

import io.ringtail.protocol.ReplyWriter;

/** Fields of replies that are maps: a name and what it has. Whoever writes them has written the map's header. Pure. */
final class Fields {
    private Fields() {}

    static void text(ReplyWriter reply, String name, String value) {
        reply.bulk(name);
        reply.bulk(value);
    }

    static void number(ReplyWriter reply, String name, long value) {
        reply.bulk(name);
        reply.integer(value);
    }
}
