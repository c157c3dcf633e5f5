package io.ringtail.cluster.register;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;

/**
 * The number of one attempt to decide, unlike that of every other: a round, and who attempts. Immutable.
 *
 * @param round from 1; 0 in {@link #NONE} only
 * @param memberId of the proposer
 */
public record Ballot(long round, long memberId) implements Comparable<Ballot> {
    /** Before all others. */
    public static final Ballot NONE = new Ballot(0, 0);

    /** Beyond it somebody is making rounds up: at one a nanosecond it takes centuries. */
    static final long MAX_ROUND = Long.MAX_VALUE / 2;

    @Override
    public int compareTo(Ballot other) {
        int byRound = Long.compare(round, other.round);
        return byRound != 0 ? byRound : Long.compare(memberId, other.memberId);
    }

    public boolean isBefore(Ballot other) {
        return compareTo(other) < 0;
    }

    public void write(MessageWriter out) {
        out.writeLong(round).writeLong(memberId);
    }

    public static Ballot read(MessageReader in) {
        long round = in.readLong();
        if (round < 0 || round > MAX_ROUND) {
            throw new MalformedMessageException("ballot of round " + round);
        }
        return new Ballot(round, in.readLong());
    }
}
