package io.ringtail.server.cli;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.membership.ChangeOutcome;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.server.clients.LocalCluster;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.UnaryOperator;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.api.parallel.Execution;
import org.junit.jupiter.api.parallel.ExecutionMode;

/** Nodes that leave before they stop, alone or all together. */
@Execution(ExecutionMode.CONCURRENT)
class LeavingTest {
    private LocalCluster cluster;

    @AfterEach
    void stop() throws IOException {
        if (cluster != null) {
            cluster.close();
        }
    }

    private void propose(int node, UnaryOperator<Topology> change) {
        ChangeOutcome outcome = cluster.view(node).onControlLoop(answer -> cluster.node(node).membership().propose(change, false, answer));
        assertThat(outcome).isInstanceOf(ChangeOutcome.Decided.class);
    }

    @Test
    void whoCannotHandOverInTimeStaysAndIsToLeaveNoMore(@TempDir Path directory) throws Exception {
        cluster = LocalCluster.start(directory, 2, "partitions", "32");
        propose(1, now -> now.next(now.transition().withPaused(true)));
        assertThat(Leaving.leave(cluster.view(1), Duration.ofMillis(500))).isFalse();
        Topology topology = cluster.node(1).ring().topology();
        assertThat(topology.members()).hasSize(2);
        assertThat(topology.transition().departures()).isEmpty();
    }

    @Test
    void ofAllThatLeaveAtOnceTheLastOneStaysWithWhatThereIs(@TempDir Path directory) throws Exception {
        int nodes = 3;
        cluster = LocalCluster.start(directory, nodes, "partitions", "32");
        List<Future<Boolean>> leaving = new ArrayList<>();
        try (ExecutorService threads = Executors.newFixedThreadPool(nodes)) {
            for (int i = 0; i < nodes; i++) {
                int node = i;
                leaving.add(threads.submit(() -> Leaving.leave(cluster.view(node), Duration.ofSeconds(60))));
            }
        }
        for (Future<Boolean> each : leaving) {
            assertThat(each.get()).isTrue();
        }
        List<Integer> left = new ArrayList<>();
        for (int i = 0; i < nodes; i++) {
            if (cluster.node(i).isMember()) {
                left.add(cluster.node(i).ring().topology().members().size());
            }
        }
        assertThat(left).as("members, as those see it that are").containsExactly(1);
    }
}
