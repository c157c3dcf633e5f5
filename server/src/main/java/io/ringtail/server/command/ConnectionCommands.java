package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.FAST;
import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.STALE;

/** The commands about the connection itself: who is there, which database, which protocol. Stateless but for what it is given. */
public final class ConnectionCommands {
    private final Services services;

    private ConnectionCommands(Services services) {
        this.services = services;
    }

    public static void register(CommandTable table, Services services) {
        ConnectionCommands commands = new ConnectionCommands(services);
        table.add("ping", -1, commands::ping)
                .flags(FAST)
                .docs("connection", "1.0.0", "O(1)", "Returns the server's liveliness response.", "[message]");
    }

    private void ping(Call call) {
        if (call.count() > 2) {
            throw new CommandException("ERR wrong number of arguments for 'ping' command");
        }
        if (call.count() == 2) {
            call.reply().bulk(call.request().array(), call.request().offset(1), call.request().size(1));
        } else {
            call.reply().pong();
        }
    }
}
