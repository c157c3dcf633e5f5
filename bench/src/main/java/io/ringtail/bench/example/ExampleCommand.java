package io.ringtail.bench.example;

import picocli.CommandLine.Command;

/** {@code ringtail example}: the examples, by name. */
@Command(
        name = "example",
        mixinStandardHelpOptions = true,
        description = "Runs an example against a cluster of its own on this machine, which is gone afterwards.",
        subcommands = CartCommand.class)
public final class ExampleCommand {}
