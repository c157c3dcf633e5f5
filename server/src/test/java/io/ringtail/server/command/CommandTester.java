package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufInputStream;
import io.netty.buffer.UnpooledByteBufAllocator;
import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/** Runs commands against a {@link HeapDataSession}, and shows their replies as {@link RespText} does. */
final class CommandTester {
    final HeapDataSession data = new HeapDataSession();
    final Call call;
    final Map<String, Command> commands;
    int protocolVersion = 2;
    int database;

    CommandTester() {
        this(null);
    }

    /** @param session what commands are run against in place of the model; null for that */
    CommandTester(@Nullable DataSession session) {
        call = new Call(session == null ? data : session);
        CommandTable table = new CommandTable();
        DataCommands.register(table);
        commands = table.all().stream().collect(Collectors.toMap(Command::name, Function.identity()));
    }

    /** Runs the words of a line; a word may stand in double quotes, where {@code \xNN} is a byte. */
    String run(String line) {
        return run(words(line));
    }

    String run(List<String> words) {
        Request request = Request.of(
                words.stream().map(word -> word.getBytes(StandardCharsets.ISO_8859_1)).toArray(byte[][]::new));
        ReplyWriter reply = new ReplyWriter();
        reply.protocolVersion(protocolVersion);
        int mark = reply.mark();
        data.beginCommand();
        int writes = data.writes();
        try {
            command(words).handler().run(call.begin(request, reply, database));
        } catch (CommandException e) {
            assertThat(data.writes()).as("writes of a command that failed").isEqualTo(writes);
            reply.rollback(mark);
            reply.error(String.valueOf(e.getMessage()));
        }
        ByteBuf wire = reply.drain(UnpooledByteBufAllocator.DEFAULT);
        assertThat(wire).as("reply to " + words).isNotNull();
        try (ByteBufInputStream in = new ByteBufInputStream(wire, true)) {
            String text = RespText.read(in);
            assertThat(in.available()).as("bytes after the reply").isZero();
            return text;
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Command command(List<String> words) {
        Command command = commands.get(words.get(0).toLowerCase(Locale.ROOT));
        if (command == null) {
            throw new CommandException("ERR unknown command '" + words.get(0) + "'");
        }
        String name = command.name();
        if (words.size() > 1 && !command.subcommands().isEmpty()) {
            Command subcommand = command.subcommands().get(words.get(1).toLowerCase(Locale.ROOT));
            if (subcommand != null) {
                command = subcommand;
                name = name + "|" + subcommand.name();
            }
        }
        int arity = command.arity();
        if (arity >= 0 ? words.size() != arity : words.size() < -arity) {
            throw new CommandException("ERR wrong number of arguments for '" + name + "' command");
        }
        return command;
    }

    /** Asserts, pair after pair, that a line is answered so. */
    void expect(String... linesAndReplies) {
        for (int i = 0; i < linesAndReplies.length; i += 2) {
            assertThat(run(linesAndReplies[i])).as(linesAndReplies[i]).isEqualTo(linesAndReplies[i + 1]);
        }
    }

    static List<String> words(String line) {
        List<String> words = new ArrayList<>();
        int at = 0;
        while (at < line.length()) {
            if (line.charAt(at) == ' ') {
                at++;
            } else if (line.charAt(at) == '"') {
                StringBuilder word = new StringBuilder();
                for (at++; line.charAt(at) != '"'; at++) {
                    if (line.startsWith("\\x", at)) {
                        word.append((char) Integer.parseInt(line.substring(at + 2, at + 4), 16));
                        at += 3;
                    } else {
                        word.append(line.charAt(at));
                    }
                }
                words.add(word.toString());
                at++;
            } else {
                int end = line.indexOf(' ', at);
                end = end < 0 ? line.length() : end;
                words.add(line.substring(at, end));
                at = end;
            }
        }
        return words;
    }
}
