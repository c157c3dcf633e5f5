package io.ringtail.server;

import io.ringtail.server.cli.Main;
import io.ringtail.server.data.StoreDataSource;
import java.util.Map;

/** The program: the command line, with a store on disk behind its server. */
public final class Ringtail {
    private Ringtail() {}

    public static void main(String[] arguments) {
        System.exit(Main.run(StoreDataSource::open, Map.of(), arguments));
    }
}
