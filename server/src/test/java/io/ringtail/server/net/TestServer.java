package io.ringtail.server.net;

import io.ringtail.server.Server;
import io.ringtail.server.command.CommandTable;
import io.ringtail.server.command.DataSource;
import io.ringtail.server.config.Configuration;
import java.io.IOException;

/** A server in this process on a free port, over {@link HeapData}, with the least of data commands. */
final class TestServer implements AutoCloseable {
    final HeapData data = new HeapData();
    final Configuration configuration = new Configuration();
    final Server server;
    final int port;

    TestServer(String... settings) throws IOException {
        configuration.start("port", "0");
        for (int i = 0; i < settings.length; i += 2) {
            configuration.start(settings[i], settings[i + 1]);
        }
        server = new Server(configuration, data, TestServer::addDataCommands);
        port = server.open();
    }

    static void addDataCommands(CommandTable table) {
        io.ringtail.server.command.DataCommands.register(table);
        table.add("explode", 1, call -> {
            call.reply().arrayHeader(3);
            throw new IllegalStateException("on purpose");
        });
    }

    @Override
    public void close() throws IOException {
        server.close();
    }

    /** Runs one by hand, for measuring: port, then settings. */
    public static void main(String[] arguments) throws Exception {
        Configuration configuration = new Configuration();
        for (int i = 0; i < arguments.length; i += 2) {
            configuration.start(arguments[i], arguments[i + 1]);
        }
        DataSource data = new HeapData();
        Server server = new Server(configuration, data, TestServer::addDataCommands);
        server.open();
        new java.util.concurrent.CountDownLatch(1).await();
        server.close();
    }
}
