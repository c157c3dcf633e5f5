package io.ringtail.server.command;

import io.ringtail.server.config.Configuration;
import io.ringtail.server.metrics.LatencyEvents;
import io.ringtail.server.metrics.Metrics;
import io.ringtail.server.metrics.SlowLog;
import io.ringtail.server.session.Pause;
import io.ringtail.server.session.Sessions;
import java.util.function.Consumer;

/**
 * What commands about the server itself work on. Made once by the server's assembly; immutable, and each part is safe for concurrent
 * use.
 *
 * @param runId 40 hexadecimal digits that tell this run of the server, and its node in the cluster, from others
 * @param shutdown asked to stop the server; the argument says whether to flush memtables to tables first
 */
public record Services(
        Configuration configuration,
        Sessions sessions,
        Pause pause,
        Metrics metrics,
        SlowLog slowLog,
        LatencyEvents latencyEvents,
        DataSource data,
        CommandTable table,
        String runId,
        Consumer<Boolean> shutdown) {}
