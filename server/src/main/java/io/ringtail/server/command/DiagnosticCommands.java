package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.ADMIN;
import static io.ringtail.server.command.CommandFlag.LOADING;
import static io.ringtail.server.command.CommandFlag.NOSCRIPT;
import static io.ringtail.server.command.CommandFlag.NO_MULTI;
import static io.ringtail.server.command.CommandFlag.STALE;
import static io.ringtail.server.command.CommandFlag.WORKER;

import io.ringtail.protocol.ReplyWriter;
import io.ringtail.server.metrics.LatencyEvents;
import io.ringtail.server.metrics.LatencyHistogram;
import io.ringtail.server.metrics.SlowLog;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** {@code SLOWLOG LATENCY MONITOR} and all of {@code MEMORY} but {@code USAGE}: what an operator looks at. Safe for concurrent use. */
final class DiagnosticCommands {
    private static final String GROUP = "server";

    private final Services services;

    private DiagnosticCommands(Services services) {
        this.services = services;
    }

    static void register(CommandTable table, Services services) {
        DiagnosticCommands commands = new DiagnosticCommands(services);
        Command slowlog = table.container("slowlog").docs(GROUP, "2.2.12", "Depends on the subcommand", "About slow commands.", "");
        add(slowlog, "get", -2, commands::slowlogGet, "2.2.12", "Answers the newest slow commands.", "[count]");
        add(slowlog, "len", 2, call -> call.reply().integer(services.slowLog().size()), "2.2.12", "Counts slow commands kept.", "");
        add(slowlog, "reset", 2, commands::slowlogReset, "2.2.12", "Forgets slow commands.", "");
        HelpText.addTo(slowlog);

        Command latency = table.container("latency").docs(GROUP, "2.8.13", "Depends on the subcommand", "About slow events.", "");
        add(latency, "doctor", 2, commands::latencyDoctor, "2.8.13", "Says in words what was slow.", "");
        add(latency, "histogram", -2, commands::latencyHistogram, "7.0.0", "Answers how long commands took.", "[command [command ...]]");
        add(latency, "history", 3, commands::latencyHistory, "2.8.13", "Answers the newest slow events of a kind.", "event");
        add(latency, "latest", 2, commands::latencyLatest, "2.8.13", "Answers the newest slow event of each kind.", "");
        add(latency, "reset", -2, commands::latencyReset, "2.8.13", "Forgets slow events.", "[event [event ...]]");
        HelpText.addTo(latency);

        Command memory = table.container("memory");
        add(memory, "doctor", 2, commands::memoryDoctor, "4.0.0", "Says in words how memory is.", "");
        add(memory, "malloc-stats", 2, commands::memoryMallocStats, "4.0.0", "Describes the Java heap.", "");
        add(memory, "purge", 2, ServerMemory::collect, "4.0.0", "Collects garbage.", "").flags(WORKER);
        add(memory, "stats", 2, commands::memoryStats, "4.0.0", "Answers what memory is used for.", "");

        table.add("monitor", 1, commands::monitor)
                .flags(ADMIN, NOSCRIPT, LOADING, STALE, NO_MULTI)
                .docs(GROUP, "1.0.0", "O(1)", "Shows every command that is run from now on.", "");
    }

    private static Command add(
            Command container, String name, int arity, CommandHandler handler, String since, String summary, String syntax) {
        return container
                .subcommand(name, arity, handler)
                .flags(ADMIN, LOADING, STALE)
                .docs(GROUP, since, "O(N), N entries", summary, syntax);
    }

    private void slowlogGet(Call call) {
        int count = 10;
        if (call.count() == 3) {
            long asked;
            try {
                asked = call.integer(2);
            } catch (CommandException e) {
                throw new CommandException("ERR count should be greater than or equal to -1");
            }
            if (asked < -1) {
                throw new CommandException("ERR count should be greater than or equal to -1");
            }
            count = asked == -1 ? Integer.MAX_VALUE : (int) Math.min(asked, Integer.MAX_VALUE);
        } else if (call.count() > 3) {
            throw new CommandException("ERR wrong number of arguments for 'slowlog|get' command");
        }
        List<SlowLog.Entry> entries = services.slowLog().newest(count);
        ReplyWriter reply = call.reply();
        reply.arrayHeader(entries.size());
        for (SlowLog.Entry entry : entries) {
            reply.arrayHeader(6);
            reply.integer(entry.id());
            reply.integer(entry.unixSeconds());
            reply.integer(entry.durationMicros());
            reply.arrayHeader(entry.arguments().size());
            for (byte[] argument : entry.arguments()) {
                reply.bulk(argument);
            }
            reply.bulk(entry.peer());
            reply.bulk(entry.clientName());
        }
    }

    private void slowlogReset(Call call) {
        services.slowLog().clear();
        call.reply().ok();
    }

    private void latencyLatest(Call call) {
        List<LatencyEvents.Event> events = services.latencyEvents().latest();
        ReplyWriter reply = call.reply();
        reply.arrayHeader(events.size());
        for (LatencyEvents.Event event : events) {
            reply.arrayHeader(4);
            reply.bulk(event.name());
            reply.integer(event.latest().unixSeconds());
            reply.integer(event.latest().millis());
            reply.integer(event.maxMillis());
        }
    }

    private void latencyHistory(Call call) {
        List<LatencyEvents.Sample> samples = services.latencyEvents().history(call.text(2));
        ReplyWriter reply = call.reply();
        reply.arrayHeader(samples.size());
        for (LatencyEvents.Sample sample : samples) {
            reply.arrayHeader(2);
            reply.integer(sample.unixSeconds());
            reply.integer(sample.millis());
        }
    }

    private void latencyReset(Call call) {
        int count = 0;
        if (call.count() == 2) {
            count = services.latencyEvents().resetAll();
        }
        for (int i = 2; i < call.count(); i++) {
            count += services.latencyEvents().reset(call.text(i)) ? 1 : 0;
        }
        call.reply().integer(count);
    }

    private void latencyDoctor(Call call) {
        List<LatencyEvents.Event> events = services.latencyEvents().latest();
        StringBuilder text = new StringBuilder();
        if (events.isEmpty()) {
            text.append("No event was slower than latency-monitor-threshold, or it is 0 and none is watched.\n");
        }
        for (LatencyEvents.Event event : events) {
            List<LatencyEvents.Sample> samples = services.latencyEvents().history(event.name());
            double mean = samples.stream().mapToLong(LatencyEvents.Sample::millis).average().orElse(0);
            text.append(event.name()).append(": ").append(samples.size()).append(" slow events, ")
                    .append(Math.round(mean)).append(" ms on average, ")
                    .append(event.maxMillis()).append(" ms at worst.\n");
        }
        call.reply().verbatim("txt", text.toString());
    }

    private void latencyHistogram(Call call) {
        Map<Command, LatencyHistogram> found = new LinkedHashMap<>();
        if (call.count() == 2) {
            services.table().indexed().forEach(command -> addHistogram(found, command));
        }
        for (int i = 2; i < call.count(); i++) {
            Command command = services.table().find(call.text(i));
            if (command != null) {
                addHistogram(found, command);
                command.subcommands().values().forEach(subcommand -> addHistogram(found, subcommand));
            }
        }
        ReplyWriter reply = call.reply();
        reply.mapHeader(found.size());
        found.forEach((command, histogram) -> {
            reply.bulk(command.fullName());
            reply.mapHeader(2);
            reply.bulk("calls");
            reply.integer(histogram.count());
            reply.bulk("histogram_usec");
            List<long[]> steps = steps(histogram);
            reply.mapHeader(steps.size());
            for (long[] step : steps) {
                reply.integer(step[0]);
                reply.integer(step[1]);
            }
        });
    }

    private void addHistogram(Map<Command, LatencyHistogram> found, Command command) {
        LatencyHistogram histogram = services.metrics().histogram(command.index());
        if (histogram.count() > 0) {
            found.put(command, histogram);
        }
    }

    /** Powers of two of microseconds, and how many took no longer; from the first that is not empty to the first that has all. */
    private static List<long[]> steps(LatencyHistogram histogram) {
        List<long[]> steps = new ArrayList<>();
        long total = histogram.count();
        long before = 0;
        for (long micros = 1; micros < 1L << 40 && before < total; micros *= 2) {
            long count = histogram.countUpTo(micros * 1000);
            if (count > before) {
                steps.add(new long[] {micros, count});
                before = count;
            }
        }
        return steps;
    }

    private void memoryDoctor(Call call) {
        ServerMemory now = ServerMemory.now(services.data().statistics());
        double heapShare = (double) now.heapUsedBytes() / Math.max(1, now.heapMaxBytes());
        String heap = heapShare > 0.9
                ? "The Java heap is nearly full (" + Math.round(heapShare * 100) + " %): give it more memory-limit."
                : "The Java heap is fine (" + Math.round(heapShare * 100) + " % of its limit).";
        call.reply().verbatim("txt", heap + "\n");
    }

    private void memoryMallocStats(Call call) {
        ServerMemory now = ServerMemory.now(services.data().statistics());
        call.reply()
                .verbatim(
                        "txt",
                        "heap used " + now.heapUsedBytes() + " committed " + now.heapCommittedBytes() + " max "
                                + now.heapMaxBytes() + "\ndirect buffers " + now.directBytes() + "\nmapped files "
                                + now.mappedBytes() + "\n");
    }

    private void memoryStats(Call call) {
        DataStatistics data = services.data().statistics();
        ServerMemory now = ServerMemory.now(data);
        Map<String, Long> numbers = new LinkedHashMap<>();
        numbers.put("peak.allocated", ServerMemory.peakBytes());
        numbers.put("total.allocated", now.usedBytes());
        numbers.put("startup.allocated", ServerMemory.startBytes());
        numbers.put("clients.normal", clientBytes());
        numbers.put("memtable.allocated", data.memtableBytes());
        numbers.put("cache.allocated", data.cacheBytes());
        numbers.put("index.allocated", data.indexBytes());
        numbers.put("heap.used", now.heapUsedBytes());
        numbers.put("heap.max", now.heapMaxBytes());
        numbers.put("direct.allocated", now.directBytes());
        numbers.put("dataset.bytes", data.memtableBytes() + data.tableBytes());
        numbers.put("resident", now.residentBytes());
        ReplyWriter reply = call.reply();
        reply.mapHeader(numbers.size());
        numbers.forEach((name, value) -> {
            reply.bulk(name);
            reply.integer(value);
        });
    }

    private long clientBytes() {
        long bytes = 0;
        for (var session : services.sessions().all()) {
            bytes += session.connection().queryCapacityBytes() + session.connection().outputBytes();
        }
        return bytes;
    }

    private void monitor(Call call) {
        services.sessions().startMonitor(call.session());
        call.reply().ok();
    }
}
