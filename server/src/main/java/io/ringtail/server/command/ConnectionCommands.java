package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.ALLOW_BUSY;
import static io.ringtail.server.command.CommandFlag.CONNECTION;
import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.NOSCRIPT;
import static io.ringtail.server.command.CommandFlag.NO_AUTH;
import static io.ringtail.server.command.CommandFlag.SKIP_MONITOR;
import static io.ringtail.server.command.CommandFlag.SKIP_SLOWLOG;
import static io.ringtail.server.command.CommandFlag.STALE;

import io.ringtail.protocol.ReplyWriter;
import io.ringtail.server.config.Settings;
import io.ringtail.server.session.ReplyMode;
import io.ringtail.server.session.Session;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;

/** The commands about the connection itself: who is there, which database, which protocol. Safe for concurrent use. */
final class ConnectionCommands {
    /** The Redis whose commands and replies these are. */
    static final String REDIS_VERSION = "7.2.4";

    private static final String GROUP = "connection";
    private static final CommandException WRONG_PASSWORD =
            new CommandException("WRONGPASS invalid username-password pair or user is disabled.");
    private static final CommandException BAD_NAME =
            new CommandException("ERR Client names cannot contain spaces, newlines or special characters.");

    private final Services services;

    private ConnectionCommands(Services services) {
        this.services = services;
    }

    static void register(CommandTable table, Services services) {
        ConnectionCommands commands = new ConnectionCommands(services);
        table.add("ping", -1, ConnectionCommands::ping)
                .flags(FAST, STALE)
                .docs(GROUP, "1.0.0", "O(1)", "Answers PONG, or the message.", "[message]");
        table.add("echo", 2, call -> call.reply().bulk(call.request().array(), call.request().offset(1), call.request().size(1)))
                .flags(FAST, LOADING, STALE)
                .docs(GROUP, "1.0.0", "O(1)", "Answers the message.", "message");
        table.add("auth", -2, commands::auth)
                .flags(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, SKIP_MONITOR, SKIP_SLOWLOG, ALLOW_BUSY, CONNECTION)
                .docs(GROUP, "1.0.0", "O(1)", "Authenticates the connection.", "[username] password");
        table.add("hello", -1, commands::hello)
                .flags(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, SKIP_MONITOR, SKIP_SLOWLOG, ALLOW_BUSY, CONNECTION)
                .docs(GROUP, "6.0.0", "O(1)", "Agrees on the protocol, and says who the server is.",
                        "[protover [AUTH username password] [SETNAME clientname]]");
        table.add("quit", -1, ConnectionCommands::quit)
                .flags(ALLOW_BUSY, NOSCRIPT, LOADING, STALE, FAST, NO_AUTH)
                .neverQueued()
                .docs(GROUP, "1.0.0", "O(1)", "Closes the connection.", "");
        table.add("reset", 1, commands::reset)
                .flags(NOSCRIPT, LOADING, STALE, FAST, NO_AUTH, ALLOW_BUSY)
                .neverQueued()
                .docs(GROUP, "6.2.0", "O(1)", "Makes the connection as it was when new.", "");
        table.add("select", 2, commands::select)
                .flags(LOADING, STALE, FAST)
                .docs(GROUP, "1.0.0", "O(1)", "Changes the selected database.", "index");
        for (String name : new String[] {"readonly", "readwrite", "asking"}) {
            table.add(name, 1, call -> call.reply().ok())
                    .flags(LOADING, STALE, FAST)
                    .docs("cluster", "3.0.0", "O(1)", "Accepted and of no effect: every node serves every key.", "");
        }
    }

    private static void ping(Call call) {
        if (call.count() > 2) {
            throw new CommandException("ERR wrong number of arguments for 'ping' command");
        }
        if (call.count() == 2) {
            call.reply().bulk(call.request().array(), call.request().offset(1), call.request().size(1));
        } else {
            call.reply().pong();
        }
    }

    private void auth(Call call) {
        if (call.count() > 3) {
            throw CommandException.SYNTAX;
        }
        if (call.count() == 2 && password().isEmpty()) {
            throw new CommandException("ERR AUTH <password> called without any password configured for the default user. "
                    + "Are you sure your configuration is correct?");
        }
        if (call.count() == 3 && !isDefaultUser(call, 1)) {
            throw WRONG_PASSWORD;
        }
        checkPassword(call, call.count() - 1);
        call.session().authenticated(true);
        call.reply().ok();
    }

    private String password() {
        return services.configuration().text(Settings.REQUIREPASS);
    }

    private static boolean isDefaultUser(Call call, int index) {
        return call.equal(index, "default".getBytes(StandardCharsets.US_ASCII));
    }

    /** In a time that does not tell how much of it was right. */
    private void checkPassword(Call call, int index) {
        String password = password();
        if (!password.isEmpty()
                && !MessageDigest.isEqual(password.getBytes(StandardCharsets.UTF_8), call.bytes(index))) {
            throw WRONG_PASSWORD;
        }
    }

    private void hello(Call call) {
        Session session = call.session();
        int version = session.protocolVersion();
        if (call.count() > 1) {
            long asked;
            try {
                asked = call.integer(1);
            } catch (CommandException e) {
                throw new CommandException("ERR Protocol version is not an integer or out of range");
            }
            if (asked < 2 || asked > 3) {
                throw new CommandException("NOPROTO unsupported protocol version");
            }
            version = (int) asked;
        }
        boolean authenticated = session.isAuthenticated();
        String name = null;
        for (int i = 2; i < call.count(); i++) {
            if (call.is(i, "AUTH") && i + 2 < call.count()) {
                if (!isDefaultUser(call, i + 1)) {
                    throw WRONG_PASSWORD;
                }
                checkPassword(call, i + 2);
                authenticated = true;
                i += 2;
            } else if (call.is(i, "SETNAME") && i + 1 < call.count()) {
                name = checkedName(call, i + 1);
                i++;
            } else {
                throw new CommandException("ERR Syntax error in HELLO option '" + call.text(i) + "'");
            }
        }
        if (!authenticated) {
            throw new CommandException("NOAUTH HELLO must be called with the client already authenticated, otherwise the"
                    + " HELLO <proto> AUTH <user> <pass> option can be used to authenticate the client and select the RESP"
                    + " protocol version at the same time");
        }
        session.authenticated(true);
        if (name != null) {
            session.name(name);
        }
        session.protocolVersion(version);
        call.reply().protocolVersion(version);
        describe(call.reply(), session, version);
    }

    private static void describe(ReplyWriter reply, Session session, int version) {
        reply.mapHeader(7);
        reply.bulk("server");
        reply.bulk("redis");
        reply.bulk("version");
        reply.bulk(REDIS_VERSION);
        reply.bulk("proto");
        reply.integer(version);
        reply.bulk("id");
        reply.integer(session.id());
        reply.bulk("mode");
        reply.bulk("standalone");
        reply.bulk("role");
        reply.bulk("master");
        reply.bulk("modules");
        reply.arrayHeader(0);
    }

    /** Argument {@code index} as a client's name, which has no spaces and nothing that is not printable. */
    static String checkedName(Call call, int index) {
        String name = call.text(index);
        if (!name.chars().allMatch(c -> c >= '!' && c <= '~')) {
            throw BAD_NAME;
        }
        return name;
    }

    private static void quit(Call call) {
        call.session().closeAfterReplies();
        call.reply().ok();
    }

    private void reset(Call call) {
        Session session = call.session();
        session.endTransaction();
        session.context().readLevel(null);
        session.context().writeLevel(null);
        services.sessions().stopMonitor(session);
        session.database(0);
        session.name("");
        session.noEvict(false);
        session.noTouch(false);
        session.replyMode(ReplyMode.ON);
        session.protocolVersion(2);
        session.authenticated(password().isEmpty());
        call.reply().protocolVersion(2);
        call.reply().simpleString("RESET");
    }

    private void select(Call call) {
        long index;
        try {
            index = call.integer(1);
        } catch (CommandException e) {
            throw new CommandException("ERR invalid DB index");
        }
        if (index < 0 || index >= call.databaseCount()) {
            throw new CommandException("ERR DB index is out of range");
        }
        call.session().database((int) index);
        call.reply().ok();
    }
}
