package io.ringtail.bench;

import io.ringtail.bench.example.ExampleCommand;
import io.ringtail.bench.simulation.SimulationCommand;
import io.ringtail.bench.simulation.node.RunningNodeFactory;
import io.ringtail.bench.simulation.reference.ReferenceFactory;
import io.ringtail.server.cli.Main;
import io.ringtail.server.data.ClusterDataSource;
import java.util.Map;

/** The command line with {@code bench}, {@code simulate} and {@code example} in it: what {@code ./ringtail} runs for these. */
public final class BenchMain {
    private BenchMain() {}

    public static void main(String[] arguments) {
        Map<String, Object> commands = Map.of(
                "bench", new BenchCommand(),
                "example", new ExampleCommand(),
                "simulate", new SimulationCommand(RunningNodeFactory::new, ReferenceFactory::new));
        System.exit(Main.run(ClusterDataSource::open, commands, arguments));
    }
}
