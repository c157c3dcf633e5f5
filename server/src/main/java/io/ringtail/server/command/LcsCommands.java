package io.ringtail.server.command;

import static io.ringtail.server.command.CommandFlag.READONLY;
import static io.ringtail.server.command.CommandFlag.WORKER;

import io.ringtail.engine.record.Record;
import io.ringtail.protocol.ReplyWriter;
import java.util.Arrays;

/**
 * The longest common subsequence of two values: {@code LCS}. Stateless; the handler is confined to the thread that runs its call.
 *
 * <p>The textbook table of lengths, of which two rows are kept. Of each cell the way back needs only which neighbour was longer: one bit.
 * So the memory is a thirty-second of what Redis takes at the same limit, which is on the table as if each cell were four bytes.
 */
final class LcsCommands {
    private static final CommandException BOTH =
            new CommandException("ERR If you want both the length and indexes, please just use IDX.");
    private static final CommandException TOO_LARGE =
            new CommandException("ERR Insufficient memory, transient memory for LCS exceeds proto-max-bulk-len");

    private static final CommandException NOT_STRINGS = new CommandException("ERR The specified keys must contain string values");

    private LcsCommands() {}

    static void register(CommandTable table) {
        table.add("lcs", -3, LcsCommands::lcs)
                .flags(READONLY, WORKER)
                .keys(1, 2, 1)
                .docs(
                        "string",
                        "7.0.0",
                        "O(N*M), N and M bytes of the values",
                        "Finds the longest sequence of bytes that two values have in common, gaps allowed.",
                        "key1 key2 [LEN] [IDX] [MINMATCHLEN min-match-len] [WITHMATCHLEN]");
    }

    private static void lcs(Call call) {
        boolean length = false;
        boolean indexes = false;
        boolean matchLengths = false;
        long minMatchLength = 0;
        for (int i = 3; i < call.count(); i++) {
            if (call.is(i, "IDX")) {
                indexes = true;
            } else if (call.is(i, "LEN")) {
                length = true;
            } else if (call.is(i, "WITHMATCHLEN")) {
                matchLengths = true;
            } else if (call.is(i, "MINMATCHLEN") && i + 1 < call.count()) {
                i++;
                minMatchLength = Math.max(0, call.integer(i));
            } else {
                throw CommandException.SYNTAX;
            }
        }
        if (length && indexes) {
            throw BOTH;
        }
        byte[] a;
        byte[] b;
        // Both as they are at one moment; the long computation is nobody's hindrance.
        call.data().enterExclusive();
        try {
            a = value(call, 1);
            b = value(call, 2);
        } finally {
            call.data().exitExclusive();
        }
        if ((a.length + 1L) * (b.length + 1L) > call.maxValueSize() / 4) {
            throw TOO_LARGE;
        }
        Table table = new Table(a, b, !length);
        ReplyWriter reply = call.reply();
        if (length) {
            reply.integer(table.length);
        } else if (indexes) {
            Matches matches = new Matches();
            table.walkBack(new byte[table.length], matches);
            reply.mapHeader(2);
            reply.bulk("matches");
            matches.writeTo(reply, minMatchLength, matchLengths);
            reply.bulk("len");
            reply.integer(table.length);
        } else {
            byte[] common = new byte[table.length];
            table.walkBack(common, new Matches());
            reply.bulk(common);
        }
    }

    private static byte[] value(Call call, int index) {
        Record record = call.record();
        if (!call.data().read(call.key(index), record)) {
            return new byte[0];
        }
        if (record.showsCollection()) {
            throw NOT_STRINGS;
        }
        return record.value();
    }

    /** The table: its last length, and for each cell whether the way back goes up. */
    private static final class Table {
        private final byte[] a;
        private final byte[] b;
        private final long[] up;
        final int length;

        Table(byte[] a, byte[] b, boolean keepWay) {
            this.a = a;
            this.b = b;
            up = new long[keepWay ? (int) (((long) a.length * b.length + 63) / 64) : 0];
            int[] above = new int[b.length + 1];
            int[] row = new int[b.length + 1];
            for (int i = 1; i <= a.length; i++) {
                byte c = a[i - 1];
                for (int j = 1; j <= b.length; j++) {
                    if (c == b[j - 1]) {
                        row[j] = above[j - 1] + 1;
                    } else if (above[j] > row[j - 1]) {
                        row[j] = above[j];
                        if (keepWay) {
                            long cell = cell(i, j);
                            up[(int) (cell >>> 6)] |= 1L << cell;
                        }
                    } else {
                        row[j] = row[j - 1];
                    }
                }
                int[] swap = above;
                above = row;
                row = swap;
            }
            length = above[b.length];
        }

        private long cell(int i, int j) {
            return (i - 1L) * b.length + (j - 1);
        }

        /** Fills {@code common} from its end, and reports the stretches both have, last first. */
        void walkBack(byte[] common, Matches matches) {
            int left = common.length;
            int i = a.length;
            int j = b.length;
            while (i > 0 && j > 0) {
                if (a[i - 1] == b[j - 1]) {
                    i--;
                    j--;
                    common[--left] = a[i];
                    matches.match(i, j);
                } else {
                    long cell = cell(i, j);
                    if ((up[(int) (cell >>> 6)] >>> cell & 1) != 0) {
                        i--;
                    } else {
                        j--;
                    }
                }
            }
        }
    }

    /** Stretches of bytes next to each other in both values, met from the end. */
    private static final class Matches {
        /** Start in a, start in b, length; three to a match. */
        private int[] matches = new int[30];

        private int count;

        void match(int a, int b) {
            int last = 3 * (count - 1);
            if (count > 0 && matches[last] == a + 1 && matches[last + 1] == b + 1) {
                matches[last]--;
                matches[last + 1]--;
                matches[last + 2]++;
                return;
            }
            int at = 3 * count++;
            if (at == matches.length) {
                matches = Arrays.copyOf(matches, 2 * at);
            }
            matches[at] = a;
            matches[at + 1] = b;
            matches[at + 2] = 1;
        }

        void writeTo(ReplyWriter reply, long minLength, boolean withLengths) {
            int shown = 0;
            for (int i = 0; i < count; i++) {
                shown += matches[3 * i + 2] >= minLength ? 1 : 0;
            }
            reply.arrayHeader(shown);
            for (int i = 0; i < count; i++) {
                int length = matches[3 * i + 2];
                if (length >= minLength) {
                    reply.arrayHeader(withLengths ? 3 : 2);
                    writeRange(reply, matches[3 * i], length);
                    writeRange(reply, matches[3 * i + 1], length);
                    if (withLengths) {
                        reply.integer(length);
                    }
                }
            }
        }

        private static void writeRange(ReplyWriter reply, int start, int length) {
            reply.arrayHeader(2);
            reply.integer(start);
            reply.integer(start + length - 1L);
        }
    }
}
