package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.ADMIN;
import static io.ringtail.server.command.CommandFlag.ALLOW_BUSY;
import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.NOSCRIPT;
import static io.ringtail.server.command.CommandFlag.NO_MULTI;
import static io.ringtail.server.command.CommandFlag.STALE;
import static io.ringtail.server.command.CommandFlag.WORKER;

import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.server.session.ReplyMode;
import java.io.IOException;
import java.util.concurrent.atomic.AtomicBoolean;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Commands about the server as a whole that have no better place: time, saving, stopping, waiting. Safe for concurrent use. */
final class ServerCommands {
    private static final Logger LOG = LoggerFactory.getLogger(ServerCommands.class);
    private static final String GROUP = "server";

    private final Services services;
    private final AtomicBoolean savingInBackground = new AtomicBoolean();

    private ServerCommands(Services services) {
        this.services = services;
    }

    static void register(CommandTable table, Services services) {
        ServerCommands commands = new ServerCommands(services);
        table.add("time", 1, ServerCommands::time)
                .flags(LOADING, STALE, FAST)
                .docs(GROUP, "2.6.0", "O(1)", "Answers the seconds since 1970, and the microseconds within.", "");
        table.add("lastsave", 1, call -> call.reply().integer(services.data().lastFlushMillis() / 1000))
                .flags(LOADING, STALE, FAST)
                .docs(GROUP, "1.0.0", "O(1)", "Says when memory was last written to tables.", "");
        table.add("save", 1, commands::save)
                .flags(ADMIN, NOSCRIPT, NO_MULTI, WORKER)
                .docs(GROUP, "1.0.0", "O(N), N entries in memory", "Writes what is in memory to tables.", "");
        table.add("bgsave", -1, commands::bgsave)
                .flags(ADMIN, NOSCRIPT)
                .docs(GROUP, "1.0.0", "O(1)", "Writes what is in memory to tables, in the background.", "[SCHEDULE]");
        table.add("bgrewriteaof", 1, commands::bgrewriteaof)
                .flags(ADMIN, NOSCRIPT)
                .docs(GROUP, "1.0.0", "O(1)", "Writes what is in memory to tables, so that the log can be cut.", "");
        table.add("shutdown", -1, commands::shutdown)
                .flags(ADMIN, NOSCRIPT, LOADING, STALE, NO_MULTI, ALLOW_BUSY)
                .docs(GROUP, "1.0.0", "O(1)", "Stops the server.", "[NOSAVE|SAVE] [NOW] [FORCE] [ABORT]");
        table.add("wait", 3, ServerCommands::waitForReplicas)
                .flags(NOSCRIPT)
                .docs("generic", "3.0.0", "O(1)", "Waits until so many other nodes have what this connection has written, and says how many do.", "numreplicas timeout");
        table.add("waitaof", 4, ServerCommands::waitForLog)
                .flags(NOSCRIPT)
                .docs("generic", "7.2.0", "O(1)", "Has what this connection has written synced, here and on other nodes, and says by how many.",
                        "numlocal numreplicas timeout");
        table.add("role", 1, ServerCommands::role)
                .flags(NOSCRIPT, LOADING, STALE, FAST)
                .docs(GROUP, "2.8.12", "O(1)", "Says that this is a master without replicas.", "");
        table.add("lolwut", -1, ServerCommands::lolwut)
                .flags(FAST)
                .docs(GROUP, "5.0.0", "O(1)", "Draws the animal, and says the version.", "[VERSION version]");
        Command module = table.container("module").docs(GROUP, "4.0.0", "Depends on the subcommand", "About modules.", "");
        module.subcommand("list", 2, call -> call.reply().arrayHeader(0))
                .flags(ADMIN, NOSCRIPT)
                .docs(GROUP, "4.0.0", "O(1)", "Lists modules: there are none.", "");
        HelpText.addTo(module);
    }

    private static void time(Call call) {
        java.time.Instant now = java.time.Instant.now();
        call.reply().arrayHeader(2);
        call.reply().bulk(now.getEpochSecond());
        call.reply().bulk(now.getNano() / 1000);
    }

    private void save(Call call) {
        flush();
        call.reply().ok();
    }

    private void flush() {
        try {
            services.data().flush();
        } catch (IOException e) {
            LOG.error("saving failed", e);
            throw new CommandException("ERR saving failed: " + e.getMessage());
        }
    }

    private void bgsave(Call call) {
        if (call.count() > 2 || (call.count() == 2 && !call.is(1, "SCHEDULE"))) {
            throw CommandException.SYNTAX;
        }
        flushInBackground();
        call.reply().simpleString("Background saving started");
    }

    private void bgrewriteaof(Call call) {
        flushInBackground();
        call.reply().simpleString("Background append only file rewriting started");
    }

    private void flushInBackground() {
        if (!savingInBackground.compareAndSet(false, true)) {
            throw new CommandException("ERR Background save already in progress");
        }
        Thread.ofVirtual().name("background-save").start(() -> {
            try {
                services.data().flush();
            } catch (IOException | RuntimeException e) {
                LOG.error("saving in the background failed", e);
            } finally {
                savingInBackground.set(false);
            }
        });
    }

    private void shutdown(Call call) {
        boolean save = false;
        boolean noSave = false;
        for (int i = 1; i < call.count(); i++) {
            if (call.is(i, "SAVE")) {
                save = true;
            } else if (call.is(i, "NOSAVE")) {
                noSave = true;
            } else if (call.is(i, "ABORT") && call.count() == 2) {
                throw new CommandException("ERR No shutdown in progress.");
            } else if (!call.is(i, "NOW") && !call.is(i, "FORCE")) {
                throw CommandException.SYNTAX;
            }
        }
        if (save && noSave) {
            throw CommandException.SYNTAX;
        }
        LOG.info("stop asked for by client {}", call.session().peer());
        // A client takes the closing of its connection for success: no reply.
        call.session().replyMode(ReplyMode.OFF);
        call.session().closeAfterReplies();
        call.reply().ok();
        services.shutdown().accept(save);
    }

    private static void waitForReplicas(Call call) {
        long replicas = call.integer(1);
        long timeoutMillis = timeout(call, 2);
        // Nothing waits within a transaction.
        long patienceMillis = call.session().transaction() == null ? timeoutMillis : -1;
        call.reply().integer(call.data().awaitReplicas(replicas, patienceMillis, call.session().connection()::runAgain));
    }

    private static long timeout(Call call, int index) {
        long millis;
        try {
            millis = call.integer(index);
        } catch (CommandException e) {
            throw new CommandException("ERR timeout is not an integer or out of range");
        }
        if (millis < 0) {
            throw new CommandException("ERR timeout is negative");
        }
        return millis;
    }

    private static void waitForLog(Call call) {
        long local = call.integer(1);
        if (local < 0 || local > 1) {
            throw new CommandException("ERR value is out of range, value must between 0 and 1");
        }
        long replicas = call.integer(2);
        if (replicas < 0) {
            throw new CommandException("ERR value is out of range, must be positive");
        }
        long timeoutMillis = timeout(call, 3);
        DataSession.SyncedCopies synced = call.data()
                .awaitSynced(
                        local == 1,
                        replicas,
                        call.session().transaction() == null ? timeoutMillis : -1,
                        call.session().connection()::runAgain);
        call.reply().arrayHeader(2);
        call.reply().integer(synced.here() ? 1 : 0);
        call.reply().integer(synced.others());
    }

    private static void role(Call call) {
        ReplyWriter reply = call.reply();
        reply.arrayHeader(3);
        reply.bulk("master");
        reply.integer(0);
        reply.arrayHeader(0);
    }

    private static void lolwut(Call call) {
        call.reply()
                .verbatim(
                        "txt",
                        """
                          /\\___/\\   ___
                         ( o   o ) (###)
                         (  =^=  )  )=(
                          )     (  (###)
                         (       )  )=(
                        ( _______ )(___)

                        Ringtail, Redis ver. %s
                        """
                                .formatted(ConnectionCommands.REDIS_VERSION));
    }
}
