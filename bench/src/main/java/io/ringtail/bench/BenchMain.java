package io.ringtail.bench;

import io.ringtail.server.cli.Main;
import io.ringtail.server.data.ClusterDataSource;
import java.util.Map;

/** The command line with {@code bench} in it: what {@code ./ringtail bench} runs. */
public final class BenchMain {
    private BenchMain() {}

    public static void main(String[] arguments) {
        System.exit(Main.run(ClusterDataSource::open, Map.of("bench", new BenchCommand()), arguments));
    }
}
