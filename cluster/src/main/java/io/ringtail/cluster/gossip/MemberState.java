package io.ringtail.cluster.gossip;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import java.util.Set;
import java.util.TreeSet;

/**
 * What a node said of itself at one moment. The one with the greater (incarnation, heartbeat) is the newer; a node
 * never says two things of one version, so two states of a member of the same version are the same state. Immutable.
 *
 * <pre>
 *   id · incarnation · heartbeat · wall clock · epoch                  base-128 numbers, low bits first
 *   keys · bytes · hints waiting · operations per second               likewise
 *   refuses writes (1)
 *   from version 2 of the protocol on: load · settled                  {@link NodeLoad}, {@link Settled}
 *   count of suspects, each id (8), ascending
 * </pre>
 *
 * @param id of the member
 * @param incarnation greater after each start of the node; milliseconds of the wall clock at its start will do, since
 *     a node that hears of a greater one of its own goes beyond it
 * @param heartbeat how many periods it had counted when it said this; its heartbeat goes on without a new state
 * @param wallMillis its clock when it said this
 * @param report what else it said
 * @param suspects the members it has not heard of for too long, at most {@value #MAX_SUSPECTS}
 */
public record MemberState(
        long id, long incarnation, long heartbeat, long wallMillis, SelfReport report, Set<Long> suspects) {
    /** Suspects in one state. */
    public static final int MAX_SUSPECTS = 1_024;
    /** No incarnation or heartbeat reaches it, however long a node lives. */
    public static final long MAX_COUNT = 1L << 56;

    private static final long MAX_ID = (1L << 48) - 1;
    private static final int FIGURES = 5;
    private static final int FIXED_SIZE_LIMIT = 9 * Numbers.SIZE_LIMIT + 3 + NodeLoad.SIZE_LIMIT + Settled.SIZE_LIMIT;
    /** From this version of the protocol on nodes tell their load, and how far their data are settled. */
    private static final int LOAD_VERSION = 2;

    public MemberState {
        if (id <= 0 || id > MAX_ID || !isCount(incarnation) || !isCount(heartbeat)) {
            throw new IllegalArgumentException(
                    "member " + id + " of incarnation " + incarnation + " and heartbeat " + heartbeat);
        }
        if (suspects.size() > MAX_SUSPECTS) {
            throw new IllegalArgumentException(suspects.size() + " suspects, the limit is " + MAX_SUSPECTS);
        }
        suspects = Set.copyOf(suspects);
    }

    /** Whether it was said after the other, of the same member. */
    public boolean isNewerThan(MemberState other) {
        return incarnation != other.incarnation ? incarnation > other.incarnation : heartbeat > other.heartbeat;
    }

    private static boolean isCount(long value) {
        return value >= 0 && value < MAX_COUNT;
    }

    /** The newer of two states of a member. */
    public static MemberState merge(MemberState a, MemberState b) {
        return b.isNewerThan(a) ? b : a;
    }

    /** As many bytes as it may take, or a few more. */
    int sizeLimit() {
        return FIXED_SIZE_LIMIT + Long.BYTES * suspects.size();
    }

    /** @param version of the protocol that who reads it speaks */
    void write(MessageWriter out, int version) {
        Numbers.write(out, id);
        Numbers.write(out, incarnation);
        Numbers.write(out, heartbeat);
        Numbers.write(out, wallMillis);
        Numbers.write(out, report.epoch());
        Numbers.write(out, report.keys());
        Numbers.write(out, report.bytes());
        Numbers.write(out, report.hintsWaiting());
        Numbers.write(out, report.operationsPerSecond());
        out.writeBoolean(report.refusesWrites());
        if (version >= LOAD_VERSION) {
            report.load().write(out);
            report.settled().write(out);
        }
        out.writeVarint(suspects.size());
        for (long suspect : new TreeSet<>(suspects)) {
            out.writeLong(suspect);
        }
    }

    /** @param version of the protocol that who wrote it spoke */
    static MemberState read(MessageReader in, int version) {
        long id = Numbers.read(in);
        long incarnation = Numbers.read(in);
        long heartbeat = Numbers.read(in);
        long wallMillis = Numbers.read(in);
        long[] figures = new long[FIGURES];
        for (int i = 0; i < FIGURES; i++) {
            figures[i] = Numbers.read(in);
        }
        boolean refusesWrites = in.readBoolean();
        NodeLoad load = version >= LOAD_VERSION ? NodeLoad.read(in) : NodeLoad.UNKNOWN;
        Settled settled = version >= LOAD_VERSION ? Settled.read(in) : Settled.NOTHING;
        SelfReport report = SelfReport.received(figures, refusesWrites, load, settled);
        if (id <= 0 || id > MAX_ID || !isCount(incarnation) || !isCount(heartbeat)) {
            throw new MalformedMessageException(
                    "state of member " + id + " of incarnation " + incarnation + " and heartbeat " + heartbeat);
        }
        return new MemberState(id, incarnation, heartbeat, wallMillis, report, readSuspects(in));
    }

    private static Set<Long> readSuspects(MessageReader in) {
        int count = in.readVarint(Math.min(MAX_SUSPECTS, in.remaining() / Long.BYTES));
        Long[] suspects = new Long[count];
        long last = 0;
        for (int i = 0; i < count; i++) {
            long suspect = in.readLong();
            if (suspect <= last || suspect > MAX_ID) {
                throw new MalformedMessageException("suspect " + suspect + " after " + last);
            }
            suspects[i] = suspect;
            last = suspect;
        }
        return Set.of(suspects);
    }
}
