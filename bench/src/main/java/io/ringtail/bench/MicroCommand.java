package io.ringtail.bench;

import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Unmatched;

/**
 * {@code ringtail bench micro}: JMH's own command line, over the benchmarks of this module. Confined to the main
 * thread.
 */
@Command(
        name = "micro",
        description = {
            "Runs the JMH benchmarks; what follows goes to JMH:",
            "-h lists its options, -l the benchmarks, -prof gc shows garbage."
        })
final class MicroCommand implements Callable<Integer> {
    @Unmatched
    private List<String> arguments = new ArrayList<>();

    @Override
    public Integer call() throws IOException {
        org.openjdk.jmh.Main.main(arguments.toArray(new String[0]));
        return 0;
    }
}
