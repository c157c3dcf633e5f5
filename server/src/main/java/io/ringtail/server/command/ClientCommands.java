package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.ADMIN;
import static io.ringtail.server.command.CommandFlag.CONNECTION;
import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.NOSCRIPT;
import static io.ringtail.server.command.CommandFlag.STALE;

import io.ringtail.protocol.ReplyWriter;
import io.ringtail.server.session.ReplyMode;
import io.ringtail.server.session.Session;
import io.ringtail.server.session.Sessions;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/** {@code CLIENT}: who is connected, and what to do about it. Safe for concurrent use. */
final class ClientCommands {
    private static final String GROUP = "connection";

    private final Services services;
    private final Sessions sessions;

    private ClientCommands(Services services) {
        this.services = services;
        this.sessions = services.sessions();
    }

    static void register(CommandTable table, Services services) {
        ClientCommands commands = new ClientCommands(services);
        Command client = table.container("client").docs(GROUP, "2.4.0", "Depends on the subcommand", "About clients.", "");
        add(client, "caching", 3, commands::caching, "6.0.0", "Accepted only with tracking, which there is not.", "YES|NO");
        add(client, "getname", 2, ClientCommands::getname, "2.6.9", "Answers the connection's name.", "");
        add(client, "getredir", 2, call -> call.reply().integer(-1), "6.0.0", "Answers -1: nothing is redirected.", "");
        add(client, "id", 2, call -> call.reply().integer(call.session().id()), "5.0.0", "Answers the connection's id.", "");
        add(client, "info", 2, commands::info, "6.2.0", "Describes the connection.", "");
        add(client, "kill", -3, commands::kill, "2.4.0", "Closes connections.",
                        "<ip:port|<[ID client-id]|[TYPE NORMAL|MASTER|REPLICA|PUBSUB]|[USER username]|[ADDR ip:port]|[LADDR"
                                + " ip:port]|[SKIPME YES|NO]|[MAXAGE maxage]> ...>")
                .flags(ADMIN);
        add(client, "list", -2, commands::list, "2.4.0", "Describes all connections.",
                        "[TYPE NORMAL|MASTER|REPLICA|PUBSUB] [ID client-id [client-id ...]]")
                .flags(ADMIN);
        add(client, "no-evict", 3, call -> call.session().noEvict(onOff(call)), "7.0.0", "Accepted: clients are not evicted.", "ON|OFF")
                .flags(ADMIN);
        add(client, "no-touch", 3, call -> call.session().noTouch(onOff(call)), "7.2.0", "Accepted: reads leave no trace.", "ON|OFF");
        add(client, "pause", -3, commands::pause, "3.0.0", "Holds commands back for a while.", "timeout [WRITE|ALL]")
                .flags(ADMIN);
        add(client, "reply", 3, ClientCommands::replyMode, "3.2.0", "Switches replies off and on.", "ON|OFF|SKIP");
        add(client, "setinfo", 4, ClientCommands::setinfo, "7.2.0", "Tells the client library's name or version.",
                "LIB-NAME libname|LIB-VER libver");
        add(client, "setname", 3, ClientCommands::setname, "2.6.9", "Names the connection.", "connection-name");
        add(client, "tracking", -3, ClientCommands::tracking, "6.0.0", "Refused: keys are not tracked.", "ON|OFF");
        add(client, "trackinginfo", 2, ClientCommands::trackinginfo, "6.2.0", "Says that keys are not tracked.", "");
        add(client, "unblock", -3, commands::unblock, "5.0.0", "Ends a blocked command, of which there are none.",
                        "client-id [TIMEOUT|ERROR]")
                .flags(ADMIN);
        add(client, "unpause", 2, commands::unpause, "6.2.0", "Ends CLIENT PAUSE.", "")
                .flags(ADMIN);
        HelpText.addTo(client);
    }

    private static Command add(
            Command client, String name, int arity, CommandHandler handler, String since, String summary, String syntax) {
        return client.subcommand(name, arity, handler)
                .flags(NOSCRIPT, LOADING, STALE, CONNECTION)
                .docs(GROUP, since, "O(1)", summary, syntax);
    }

    private static boolean onOff(Call call) {
        boolean on = call.is(2, "ON");
        if (!on && !call.is(2, "OFF")) {
            throw CommandException.SYNTAX;
        }
        call.reply().ok();
        return on;
    }

    private static void getname(Call call) {
        if (call.session().name().isEmpty()) {
            call.reply().nullBulk();
        } else {
            call.reply().bulk(call.session().name());
        }
    }

    private static void setname(Call call) {
        call.session().name(ConnectionCommands.checkedName(call, 2));
        call.reply().ok();
    }

    private static void setinfo(Call call) {
        String value = call.text(3);
        boolean isName = call.is(2, "LIB-NAME");
        if (!isName && !call.is(2, "LIB-VER")) {
            throw new CommandException("ERR Unrecognized option '" + call.text(2) + "'");
        }
        if (!value.chars().allMatch(c -> c >= '!' && c <= '~')) {
            throw new CommandException(
                    "ERR " + call.text(2).toLowerCase(java.util.Locale.ROOT) + " cannot contain spaces, newlines or special characters.");
        }
        if (isName) {
            call.session().libraryName(value);
        } else {
            call.session().libraryVersion(value);
        }
        call.reply().ok();
    }

    private static void replyMode(Call call) {
        Session session = call.session();
        if (call.is(2, "ON")) {
            session.replyMode(ReplyMode.ON);
        } else if (call.is(2, "OFF")) {
            session.replyMode(ReplyMode.OFF);
        } else if (call.is(2, "SKIP")) {
            session.replyMode(session.replyMode() == ReplyMode.OFF ? ReplyMode.OFF : ReplyMode.SKIP_THIS);
        } else {
            throw CommandException.SYNTAX;
        }
        call.reply().ok();
    }

    private void caching(Call call) {
        throw new CommandException(
                "ERR CLIENT CACHING can be called only when the client is in tracking mode with OPTIN or OPTOUT mode enabled");
    }

    private static void tracking(Call call) {
        if (!call.is(2, "OFF")) {
            throw new CommandException("ERR client side caching is not supported");
        }
        call.reply().ok();
    }

    private static void trackinginfo(Call call) {
        ReplyWriter reply = call.reply();
        reply.mapHeader(3);
        reply.bulk("flags");
        reply.setHeader(1);
        reply.bulk("off");
        reply.bulk("redirect");
        reply.integer(-1);
        reply.bulk("prefixes");
        reply.arrayHeader(0);
    }

    private void unblock(Call call) {
        if (call.count() > 4 || (call.count() == 4 && !call.is(3, "TIMEOUT") && !call.is(3, "ERROR"))) {
            throw CommandException.SYNTAX;
        }
        call.integer(2);
        call.reply().integer(0);
    }

    private void info(Call call) {
        call.reply().verbatim("txt", describe(call.session()) + "\n");
    }

    private void list(Call call) {
        Predicate<Session> wanted = session -> true;
        if (call.count() == 4 && call.is(2, "TYPE")) {
            wanted = ofType(call, 3);
        } else if (call.count() >= 4 && call.is(2, "ID")) {
            List<Long> ids = new ArrayList<>();
            for (int i = 3; i < call.count(); i++) {
                ids.add(clientId(call, i, "ERR Invalid client ID"));
            }
            wanted = session -> ids.contains(session.id());
        } else if (call.count() != 2) {
            throw CommandException.SYNTAX;
        }
        StringBuilder text = new StringBuilder();
        for (Session session : sessions.all()) {
            if (wanted.test(session)) {
                text.append(describe(session)).append('\n');
            }
        }
        call.reply().verbatim("txt", text.toString());
    }

    private static long clientId(Call call, int index, String error) {
        try {
            long id = call.integer(index);
            if (id > 0) {
                return id;
            }
        } catch (CommandException e) {
            // Said below, in the words of this command.
        }
        throw new CommandException(error);
    }

    private static Predicate<Session> ofType(Call call, int index) {
        if (call.is(index, "NORMAL")) {
            return session -> true;
        }
        if (call.is(index, "MASTER") || call.is(index, "REPLICA") || call.is(index, "SLAVE") || call.is(index, "PUBSUB")) {
            return session -> false;
        }
        throw new CommandException("ERR Unknown client type '" + call.text(index) + "'");
    }

    private String describe(Session session) {
        long now = System.currentTimeMillis();
        var transaction = session.transaction();
        var connection = session.connection();
        long multiBytes = transaction == null ? 0 : transaction.bytes();
        int capacity = connection.queryCapacityBytes();
        int queried = connection.queryBytes();
        long output = connection.outputBytes();
        String flags = (session.isMonitor() ? "O" : "")
                + (transaction != null ? "x" : "")
                + (session.isPostponed() ? "b" : "")
                + (session.isClosing() ? "c" : "")
                + (session.noEvict() ? "e" : "")
                + (session.noTouch() ? "T" : "");
        return "id=" + session.id() + " addr=" + session.peer() + " laddr=" + session.local() + " fd=" + session.id()
                + " name=" + session.name() + " age=" + (now - session.createdMillis()) / 1000 + " idle="
                + Math.max(0, now - session.activeMillis()) / 1000 + " flags=" + (flags.isEmpty() ? "N" : flags) + " db="
                + session.database() + " sub=0 psub=0 ssub=0 multi="
                + (transaction == null ? -1 : transaction.queue().size()) + " qbuf=" + queried + " qbuf-free="
                + Math.max(0, capacity - queried) + " argv-mem=0 multi-mem=" + multiBytes + " rbs=0 rbp=0 obl=0 oll=0 omem="
                + output + " tot-mem=" + (capacity + output + multiBytes) + " events=r cmd=" + session.lastCommand()
                + " user=default redir=-1 resp=" + session.protocolVersion() + " lib-name=" + session.libraryName()
                + " lib-ver=" + session.libraryVersion();
    }

    private void kill(Call call) {
        if (call.count() == 3) {
            String address = call.text(2);
            for (Session session : sessions.all()) {
                if (session.peer().equals(address)) {
                    end(call, session);
                    call.reply().ok();
                    return;
                }
            }
            throw new CommandException("ERR No such client");
        }
        Predicate<Session> wanted = session -> true;
        boolean skipMe = true;
        for (int i = 2; i < call.count(); i += 2) {
            int value = i + 1;
            if (value == call.count()) {
                throw CommandException.SYNTAX;
            }
            if (call.is(i, "ID")) {
                long id = clientId(call, value, "ERR client-id should be greater than 0");
                wanted = wanted.and(session -> session.id() == id);
            } else if (call.is(i, "TYPE")) {
                wanted = wanted.and(ofType(call, value));
            } else if (call.is(i, "ADDR")) {
                String address = call.text(value);
                wanted = wanted.and(session -> session.peer().equals(address));
            } else if (call.is(i, "LADDR")) {
                String address = call.text(value);
                wanted = wanted.and(session -> session.local().equals(address));
            } else if (call.is(i, "USER")) {
                if (!call.text(value).equals("default")) {
                    throw new CommandException("ERR No such user '" + call.text(value) + "'");
                }
            } else if (call.is(i, "MAXAGE")) {
                long seconds = clientId(call, value, "ERR maxage is not an integer or out of range");
                long now = System.currentTimeMillis();
                wanted = wanted.and(session -> (now - session.createdMillis()) / 1000 >= seconds);
            } else if (call.is(i, "SKIPME")) {
                skipMe = call.is(value, "YES");
                if (!skipMe && !call.is(value, "NO")) {
                    throw CommandException.SYNTAX;
                }
            } else {
                throw CommandException.SYNTAX;
            }
        }
        int killed = 0;
        for (Session session : sessions.all()) {
            if (wanted.test(session) && !(skipMe && session == call.session())) {
                end(call, session);
                killed++;
            }
        }
        call.reply().integer(killed);
    }

    /** A client that ends itself still gets its reply. */
    private static void end(Call call, Session session) {
        if (session == call.session()) {
            session.closeAfterReplies();
        } else {
            session.connection().kill();
        }
    }

    private void pause(Call call) {
        boolean everything = true;
        if (call.count() == 4) {
            everything = call.is(3, "ALL");
            if (!everything && !call.is(3, "WRITE")) {
                throw new CommandException("ERR CLIENT PAUSE mode must be WRITE or ALL");
            }
        } else if (call.count() != 3) {
            throw CommandException.SYNTAX;
        }
        long millis;
        try {
            millis = call.integer(2);
        } catch (CommandException e) {
            throw new CommandException("ERR timeout is not an integer or out of range");
        }
        if (millis < 0) {
            throw new CommandException("ERR timeout is negative");
        }
        long now = System.currentTimeMillis();
        if (millis > Long.MAX_VALUE - now) {
            throw new CommandException("ERR timeout is out of range");
        }
        services.pause().begin(everything, now + millis, now);
        call.reply().ok();
    }

    private void unpause(Call call) {
        services.pause().end();
        for (Session session : sessions.all()) {
            if (session.isPostponed()) {
                session.connection().resume();
            }
        }
        call.reply().ok();
    }
}
