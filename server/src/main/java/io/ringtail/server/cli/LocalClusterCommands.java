package io.ringtail.server.cli;

import io.ringtail.server.local.LocalCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** {@code ringtail cluster}: a cluster of processes on this machine. */
final class LocalClusterCommands {
    private LocalClusterCommands() {}

    /** What all of them have; what fails is said in one line. */
    abstract static class OnCluster implements Callable<Integer> {
        @Option(names = "--dir", defaultValue = "./ringtail-cluster", paramLabel = "DIR", description = "where the cluster is; default: ${DEFAULT-VALUE}")
        Path directory = Path.of("ringtail-cluster");

        @Override
        public Integer call() {
            try (LocalCluster cluster = new LocalCluster(directory, System.out)) {
                run(cluster);
                return 0;
            } catch (IOException e) {
                System.err.println("ringtail: " + e.getMessage());
                return 1;
            } finally {
                System.out.flush();
            }
        }

        abstract void run(LocalCluster cluster) throws IOException;
    }

    /** Of those that are about one node. */
    abstract static class OnNode extends OnCluster {
        @Parameters(paramLabel = "N", description = "the node's number, from 1")
        int node;
    }

    @Command(
            name = "up",
            mixinStandardHelpOptions = true,
            description = {
                "Starts a cluster, each node a process of its own, and returns when all are members and serve.",
                "One that is there already is started as it was made, as far as it does not run."
            },
            footer = {"", "What follows -- is given to every server, as in: ringtail cluster up --nodes 5 -- --quorum sloppy"})
    static final class Up extends OnCluster {
        @Option(names = "--nodes", paramLabel = "COUNT", description = "how many; default: 3")
        @Nullable Integer nodes;

        @Option(names = "--port", paramLabel = "PORT", description = "of node 1; the others follow; node ports are 10000 above; default: 7001")
        @Nullable Integer port;

        @Option(names = "--racks", paramLabel = "COUNT", description = "racks over which the nodes are spread; default: none")
        @Nullable Integer racks;

        @Option(
                names = "--datacenters",
                paramLabel = "COUNT",
                description = "data centers the nodes are in, in turn, with three replicas in each; default: none")
        @Nullable Integer datacenters;

        @Option(names = "--delay", paramLabel = "MILLISECONDS", description = "how long a message between data centers takes, as in 50ms; default: no longer than others")
        @Nullable String delay;

        @Parameters(paramLabel = "OPTION", arity = "0..*", description = "options of every server")
        List<String> options = List.of();

        @Override
        void run(LocalCluster cluster) throws IOException {
            cluster.up(nodes, port, racks, datacenters, delayMillis(), options);
        }

        private @Nullable Integer delayMillis() throws IOException {
            if (delay == null) {
                return null;
            }
            String digits = delay.endsWith("ms") ? delay.substring(0, delay.length() - 2) : delay;
            if (!digits.matches("[0-9]{1,6}")) {
                throw new IOException("--delay " + delay + " is no number of milliseconds");
            }
            return Integer.valueOf(digits);
        }
    }

    @Command(name = "status", mixinStandardHelpOptions = true, description = "Shows each node, and what it says of the others.")
    static final class Status extends OnCluster {
        @Override
        void run(LocalCluster cluster) throws IOException {
            cluster.status();
        }
    }

    @Command(name = "down", mixinStandardHelpOptions = true, description = "Stops all nodes cleanly.")
    static final class Down extends OnCluster {
        @Option(names = "--wipe", description = "delete the cluster with all its data afterwards")
        boolean wipe;

        @Override
        void run(LocalCluster cluster) throws IOException {
            cluster.down(wipe);
        }
    }

    @Command(
            name = "load",
            mixinStandardHelpOptions = true,
            description = "Shows how busy each node is: words separated by blanks, one line for each node, for scripts.")
    static final class Load extends OnCluster {
        @Override
        void run(LocalCluster cluster) throws IOException {
            cluster.load();
        }
    }

    @Command(
            name = "add",
            mixinStandardHelpOptions = true,
            description = "Starts one more node, and returns when it is a member and serves; it is handed its share in the background.")
    static final class Add extends OnCluster {
        @Override
        void run(LocalCluster cluster) throws IOException {
            int ignored = cluster.add();
        }
    }

    @Command(
            name = "remove",
            mixinStandardHelpOptions = true,
            description = "Has a node hand over what it owns and leave, then stops it and deletes it; of a dead one the others take over what it owned.")
    static final class Remove extends OnNode {
        @Option(names = "--force", description = "even if fewer nodes are left than keys have replicas")
        boolean force;

        @Option(names = "--timeout", defaultValue = "3600", paramLabel = "SECONDS", description = "how long it may take; default: ${DEFAULT-VALUE}")
        long timeoutSeconds;

        @Override
        void run(LocalCluster cluster) throws IOException {
            cluster.remove(node, force, timeoutSeconds);
        }
    }

    @Command(
            name = "replace",
            mixinStandardHelpOptions = true,
            description = "Starts one more node, which takes over all that another owns, dead or alive; that one leaves, and its data are deleted.")
    static final class Replace extends OnNode {
        @Option(names = "--timeout", defaultValue = "3600", paramLabel = "SECONDS", description = "how long it may take; default: ${DEFAULT-VALUE}")
        long timeoutSeconds;

        @Override
        void run(LocalCluster cluster) throws IOException {
            int ignored = cluster.replace(node, timeoutSeconds);
        }
    }

    @Command(name = "settle", mixinStandardHelpOptions = true, description = "Waits until nothing is handed over between nodes, nor waits for that.")
    static final class Settle extends OnCluster {
        @Override
        void run(LocalCluster cluster) throws IOException {
            cluster.settle();
        }
    }

    @Command(name = "kill", mixinStandardHelpOptions = true, description = "Kills a node's process (SIGKILL).")
    static final class Kill extends OnNode {
        @Override
        void run(LocalCluster cluster) throws IOException {
            cluster.kill(node);
        }
    }

    @Command(name = "restart", mixinStandardHelpOptions = true, description = "Starts a node again, and returns when it serves; one that runs is stopped first.")
    static final class Restart extends OnNode {
        @Override
        void run(LocalCluster cluster) throws IOException {
            cluster.restart(node);
        }
    }

    @Command(name = "pause", mixinStandardHelpOptions = true, description = "Stops a node's process without ending it (SIGSTOP): its connections stay and nothing is answered.")
    static final class Pause extends OnNode {
        @Override
        void run(LocalCluster cluster) throws IOException {
            cluster.pause(node);
        }
    }

    @Command(name = "resume", mixinStandardHelpOptions = true, description = "Lets a paused node go on (SIGCONT).")
    static final class Resume extends OnNode {
        @Override
        void run(LocalCluster cluster) throws IOException {
            cluster.resume(node);
        }
    }

    @Command(name = "cut", mixinStandardHelpOptions = true, description = "Cuts the link between two nodes: nothing that one sends reaches the other.")
    static final class Cut extends OnCluster {
        @Parameters(index = "0", paramLabel = "A", description = "a node's number, from 1")
        int first;

        @Parameters(index = "1", paramLabel = "B", description = "another node's number")
        int second;

        @Option(names = "--one-way", description = "only what A sends to B is lost")
        boolean oneWay;

        @Override
        void run(LocalCluster cluster) throws IOException {
            cluster.cut(first, second, oneWay);
        }
    }

    @Command(name = "heal", mixinStandardHelpOptions = true, description = "Makes all links whole again.")
    static final class Heal extends OnCluster {
        @Override
        void run(LocalCluster cluster) throws IOException {
            cluster.heal();
        }
    }

    @Command(
            name = "cluster",
            mixinStandardHelpOptions = true,
            description = "Runs a cluster on this machine, each node a process of its own, to try it and to break it.",
            subcommands = {
                Up.class, Status.class, Load.class, Add.class, Remove.class, Replace.class, Settle.class, Down.class, Kill.class, Restart.class, Pause.class, Resume.class, Cut.class, Heal.class
            })
    static final class All {}
}
