package io.ringtail.server.failover;

import static org.assertj.core.api.Assertions.assertThat;

import io.lettuce.core.resource.ClientResources;
import io.lettuce.core.resource.DefaultClientResources;
import io.ringtail.server.process.ClusterProcesses;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/** Clients of both libraries that count up a few counters, each through every node in turn. Confined to the test's thread but for the clients, which have threads of their own. */
final class Counting {
    private static final int CLIENTS = 6;
    private static final int STEPS = 300;
    private static final int COUNTERS = 4;

    private Counting() {}

    /** Counts, and checks that no step was lost and none was counted twice. */
    static void check(ClusterProcesses cluster, long seed) throws Exception {
        ClientResources resources = DefaultClientResources.builder().ioThreadPoolSize(2).computationThreadPoolSize(2).build();
        try (ExecutorService threads = Executors.newCachedThreadPool()) {
            List<Future<?>> done = new ArrayList<>();
            for (int client = 0; client < CLIENTS; client++) {
                int number = client;
                done.add(threads.submit(() -> {
                    count(cluster, resources, number, seed);
                    return null;
                }));
            }
            for (Future<?> each : done) {
                each.get();
            }
            long sum = 0;
            for (int counter = 0; counter < COUNTERS; counter++) {
                sum += Long.parseLong(cluster.text(counter, "GET", "counter:" + counter));
            }
            assertThat(sum).as("-Dringtail.seed=" + seed).isEqualTo((long) CLIENTS * STEPS);
        } finally {
            boolean ignored = resources.shutdown(0, 1, TimeUnit.SECONDS).await(5, TimeUnit.SECONDS);
        }
    }

    /** Each client sees a counter only grow, whichever node it asks. */
    private static void count(ClusterProcesses cluster, ClientResources resources, int number, long seed) throws Exception {
        SplittableRandom random = new SplittableRandom(seed + number);
        List<LoadClient> clients = new ArrayList<>();
        try {
            for (int node = 0; node < cluster.size(); node++) {
                clients.add(number % 2 == 0
                        ? LoadClient.jedis(cluster.address(node), 10_000)
                        : LoadClient.lettuce(resources, cluster.address(node), 10_000));
            }
            long[] seen = new long[COUNTERS];
            for (int step = 0; step < STEPS; step++) {
                int counter = random.nextInt(COUNTERS);
                long value = clients.get(random.nextInt(clients.size())).incr("counter:" + counter);
                assertThat(value).isGreaterThan(seen[counter]);
                seen[counter] = value;
            }
        } finally {
            clients.forEach(LoadClient::close);
        }
    }
}
