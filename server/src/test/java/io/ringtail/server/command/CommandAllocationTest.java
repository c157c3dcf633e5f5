package io.ringtail.server.command;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import io.ringtail.engine.record.RecordCursor;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The commands that make up most of any load leave no garbage. */
class CommandAllocationTest {
    private static final int RUNS = 20_000;
    /** What loading classes and the like may take: less than a byte a run. */
    private static final long SLACK_BYTES = 16_000;

    @ParameterizedTest
    @ValueSource(
            strings = {
                "GET k", "SET k value", "SET k value EX 100", "SET k value XX KEEPTTL GET", "SETNX k value",
                "SETEX k 10 value", "GETSET k value", "GETEX k EX 100", "MGET k l m", "MSET k 1 l 2", "APPEND k value",
                "STRLEN k", "GETRANGE k 0 -1", "SETRANGE k 5 value", "INCR k", "DECRBY k 5", "SETBIT k 5 1", "GETBIT k 5",
                "BITCOUNT k 0 -1 BIT", "BITFIELD k INCRBY u8 #1 1", "DEL k", "EXISTS k", "TYPE k", "EXPIRE k 100 NX",
                "PTTL k", "PERSIST k", "COPY k l"
            })
    void noGarbage(String line) {
        Request request = Request.of(CommandTester.words(line).stream()
                .map(word -> word.getBytes(StandardCharsets.ISO_8859_1))
                .toArray(byte[][]::new));
        CommandHandler handler = handler(CommandTester.words(line).getFirst());
        Call call = new Call(new OneValue());
        ReplyWriter reply = new ReplyWriter();
        int mark = reply.mark();
        run(handler, call, request, reply, mark);
        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        run(handler, call, request, reply, mark);
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(SLACK_BYTES);
    }

    private static CommandHandler handler(String name) {
        CommandTable table = new CommandTable();
        DataCommands.register(table);
        for (Command command : table.all()) {
            if (command.name().equalsIgnoreCase(name)) {
                return command.handler();
            }
        }
        throw new AssertionError(name);
    }

    private static void run(CommandHandler handler, Call call, Request request, ReplyWriter reply, int mark) {
        for (int i = 0; i < RUNS; i++) {
            try {
                handler.run(call.begin(request, reply, 0));
            } catch (CommandException e) {
                throw new AssertionError(e);
            }
            reply.rollback(mark);
        }
    }

    /** Data in which each key holds 12345, with and without an expiry by turns, whatever is written. */
    private static final class OneValue implements DataSession {
        private final byte[] value = "-12345-".getBytes(StandardCharsets.US_ASCII);
        private int reads;

        @Override
        public long nowMillis() {
            return 1_000_000;
        }

        @Override
        public boolean read(Key key, Record into) {
            into.clear().setValue(1, 1, reads++ % 2 == 0 ? 0 : 2_000_000, value, 1, 5);
            return true;
        }

        @Override
        public boolean exists(Key key) {
            return reads++ % 2 == 0;
        }

        @Override
        public void write(Key key, byte[] bytes, int offset, int size, long expireAtMillis) {}

        @Override
        public void delete(Key key) {}

        @Override
        public void expire(Key key, long expireAtMillis) {}

        @Override
        public void clearDatabase(int database) {}

        @Override
        public RecordCursor scan(int database, long fromToken, long throughToken) {
            throw new UnsupportedOperationException();
        }

        @Override
        public long countKeys(int database) {
            return 0;
        }

        @Override
        public void allowWaiting(boolean allowed) {}

        @Override
        public boolean mayBlock() {
            return true;
        }

        @Override
        public void enterExclusive() {}

        @Override
        public void exitExclusive() {}

        @Override
        public void awaitExclusive() {}

        @Override
        public long endTurn() {
            return 0;
        }

        @Override
        public void close() {}
    }
}
