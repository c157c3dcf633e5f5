package io.ringtail.engine.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

/** Bytes that say what no record says, or what another says in fewer words, are refused, and the message tells why. Written by hand: an {@code int} is a byte, a {@code long} is eight. */
class CausalFormatTest {
    private static final int FLOOR_FLAG = 1;
    private static final int EXPIRY_FLAG = 4;
    private static final int MEMBERS_FLAG = 2;
    private static final int TOMBSTONE = 1;
    private static final int FLOOR = 2;
    private static final int LATEST = 4;
    private static final int ENDS = 8;
    private static final int OVER_COUNTS = 16;
    private static final int COLLECTION = 32;

    private static byte[] bytes(Object... parts) {
        ByteBuffer buffer = ByteBuffer.allocate(512);
        for (Object part : parts) {
            if (part instanceof Object[] several) {
                buffer.put(bytes(several));
            } else if (part instanceof Long number) {
                buffer.putLong(number);
            } else {
                buffer.put(((Integer) part).byteValue());
            }
        }
        return Arrays.copyOf(buffer.array(), buffer.position());
    }

    private static Object[] of(Object... parts) {
        return parts;
    }

    private static Causal decode(boolean collection, Object... parts) {
        byte[] bytes = bytes(parts);
        Causal record = new Causal();
        CausalFormat.decode(record, new ByteSource().set(bytes, 0, bytes.length), collection);
        return record;
    }

    private static void refused(String why, Object... parts) {
        assertThatThrownBy(() -> decode(false, parts)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(why);
    }

    private static void refusedHeader(String why, Object... parts) {
        assertThatThrownBy(() -> decode(true, parts)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(why);
    }

    private static Context context(Object... parts) {
        byte[] bytes = bytes(parts);
        return new Context().decode(bytes, 0, bytes.length);
    }

    private static void refusedContext(String why, Object... parts) {
        assertThatThrownBy(() -> context(parts)).isInstanceOf(IllegalArgumentException.class).hasMessageContaining(why);
    }

    /** Actor 1 through 10, actor 2 through 20. */
    private static final Object[] VECTOR = of(2, 1L, 10L, 2L, 20L);
    private static final Object[] NO_COUNTS = of(0);
    /** Written by actor 2 at 20, the latest of its times. */
    private static final Object[] LATEST_OF_2 = of(LATEST, 1, 0);

    @Test
    void aRecordIsReadAsItWasWritten() {
        Causal record = decode(false, 0, VECTOR, of(1, 0, 10L, 7L), 2, LATEST_OF_2, of(ENDS | OVER_COUNTS, 0, 9L, 1, 100L, 0, 9L, 1, 0, 5L, 3L, 1, 42));
        assertThat(record.siblingCount()).isEqualTo(2);
        assertThat(record.sibling(1)).hasToString("9@1 1 bytes ends 100 by 9@1 over counts {1:5=3}");
        assertThat(record.context.counts.sumOf(1)).isEqualTo(7);
    }

    @Test
    void whatIsReadAgainIsAllThatIsThere() {
        byte[] bytes = bytes(0, VECTOR, NO_COUNTS, 1, LATEST_OF_2);
        Causal record = decode(false, 0, of(1, 9L, 90L), NO_COUNTS, 1, of(LATEST, 0, 0));
        CausalFormat.decode(record, new ByteSource().set(bytes, 0, bytes.length), false);
        assertThat(record).hasToString("{1:10 2:20} [20@2 0 bytes]");
        Context context = context(1, FLOOR_FLAG, 30L, 3L, 0, 0);
        byte[] other = bytes(1, 0, VECTOR, NO_COUNTS);
        assertThat(context.decode(other, 0, other.length)).hasToString("{1:10 2:20}");
    }

    @Test
    void flagsThatNobodyHasGivenAMeaning() {
        refused("flags", 2, VECTOR, NO_COUNTS, 1, LATEST_OF_2);
        refused("flags of a sibling", 0, VECTOR, NO_COUNTS, 1, 64 | LATEST, 1, 0);
        refusedContext("format", 2, 0, VECTOR, NO_COUNTS);
        refusedContext("flags", 1, 4, VECTOR, NO_COUNTS);
        refusedContext("too many", 1, 0, VECTOR, NO_COUNTS, 0);
        refused("too many", 0, VECTOR, NO_COUNTS, 1, LATEST_OF_2, 0);
    }

    @Test
    void actorsAscendAndNoneIsBelowTheFloor() {
        refused("actors out of order", 0, 2, 2L, 20L, 1L, 10L, 0, 0);
        refused("actors out of order", 0, 2, 2L, 10L, 2L, 20L, 0, 0);
        refused("floor covers", FLOOR_FLAG, 10L, 1L, VECTOR, NO_COUNTS, 0);
        assertThat(decode(false, FLOOR_FLAG, 9L, 5L, VECTOR, NO_COUNTS, 0).context.vector.size()).isEqualTo(2);
    }

    @Test
    void countsAreKnownAndAscend() {
        refused("counts out of order", 0, VECTOR, of(2, 1, 20L, 1L, 0, 10L, 1L), 0);
        refused("counts out of order", 0, VECTOR, of(2, 1, 19L, 1L, 1, 20L, 1L), 0);
        refused("outside the context", 0, VECTOR, of(1, 0, 11L, 1L), 0);
        refused("outside the context", FLOOR_FLAG, 5L, 5L, VECTOR, of(1, 0, 5L, 1L), 0);
        refused("at most 1", 0, VECTOR, of(1, 2, 5L, 1L), 0);
        assertThat(decode(false, 0, VECTOR, of(1, 0, 10L, 1L), 0).context.counts.sumOf(1)).isEqualTo(1);
    }

    @Test
    void siblingsAreKnownAndComeLatestFirst() {
        refused("siblings out of order", 0, VECTOR, NO_COUNTS, 2, of(0, 0, 8L, 0), of(0, 0, 9L, 0));
        refused("siblings out of order", 0, VECTOR, NO_COUNTS, 2, of(0, 0, 8L, 0), of(0, 0, 8L, 0));
        refused("outside the context", 0, VECTOR, NO_COUNTS, 1, of(0, 0, 11L, 0));
        refused("latest time said twice", 0, VECTOR, NO_COUNTS, 1, of(0, 0, 10L, 0));
        refused("outside the context", FLOOR_FLAG, 5L, 5L, VECTOR, NO_COUNTS, 1, of(0, 0, 5L, 0));
    }

    @Test
    void theFloorsSiblingNeedsAFloorAndSaysNoMoreThanItsEnds() {
        refused("a floor's sibling", 0, VECTOR, NO_COUNTS, 1, of(FLOOR, 0));
        refused("a floor's sibling", FLOOR_FLAG, 5L, 5L, VECTOR, NO_COUNTS, 1, of(FLOOR | LATEST, 0));
        refused("a floor's sibling", FLOOR_FLAG, 5L, 5L, VECTOR, NO_COUNTS, 1, of(FLOOR | OVER_COUNTS, 0, 0));
        Causal ends = decode(false, FLOOR_FLAG, 5L, 5L, VECTOR, NO_COUNTS, 1, of(FLOOR | ENDS, 1, 100L, 0, 7L, 0));
        assertThat(ends.sibling(0)).hasToString("5@5 0 bytes ends 100 by 7@1");
    }

    @Test
    void endsAreLaterThanWhatEndsAndComeLatestFirst() {
        refused("no ends", 0, VECTOR, NO_COUNTS, 1, of(ENDS | LATEST, 1, 0, 0));
        refused("older than what ends", 0, VECTOR, NO_COUNTS, 1, of(ENDS, 0, 8L, 1, 100L, 0, 7L, 0));
        refused("ends out of order", 0, VECTOR, NO_COUNTS, 1, of(ENDS, 0, 8L, 2, 100L, 0, 9L, 200L, 0, 10L, 0));
        refused("ends out of order", 0, VECTOR, NO_COUNTS, 1, of(ENDS, 0, 8L, 2, 100L, 0, 9L, 200L, 0, 9L, 0));
        refused("outside the context", 0, VECTOR, NO_COUNTS, 1, of(ENDS, 0, 8L, 1, 100L, 0, 11L, 0));
        refused("an end that is void", EXPIRY_FLAG, 50L, 9L, 1L, VECTOR, NO_COUNTS, 1, of(ENDS, 0, 8L, 1, 100L, 0, 9L, 0));
        Causal both = decode(false, EXPIRY_FLAG, 50L, 9L, 1L, VECTOR, NO_COUNTS, 1, of(ENDS, 0, 8L, 1, 100L, 0, 10L, 0));
        assertThat(both).hasToString("{1:10 2:20} expires 50 by 9 [8@1 0 bytes ends 100 by 10@1]");
    }

    @Test
    void countsThatWereSupersededAreOlderThanTheWrite() {
        refused("counts superseded", 0, VECTOR, NO_COUNTS, 1, of(OVER_COUNTS, 0, 8L, 0, 0));
        refused("counts superseded", 0, VECTOR, NO_COUNTS, 1, of(OVER_COUNTS, 0, 8L, 1, 0, 8L, 3L, 0));
        refused("counts superseded", 0, VECTOR, NO_COUNTS, 1, of(OVER_COUNTS, 0, 8L, 1, 0, 9L, 3L, 0));
    }

    @Test
    void anExpiryIsNotOlderThanTheFloor() {
        refused("an expiry that is void", FLOOR_FLAG | EXPIRY_FLAG, 9L, 5L, 50L, 9L, 4L, VECTOR, NO_COUNTS, 0);
        assertThat(decode(false, FLOOR_FLAG | EXPIRY_FLAG, 9L, 5L, 50L, 9L, 5L, VECTOR, NO_COUNTS, 0).hasExpiry).isTrue();
        assertThat(decode(false, EXPIRY_FLAG, 50L, 0L, 0L, VECTOR, NO_COUNTS, 0).hasExpiry).isTrue();
    }

    @Test
    void aRegisterIsWrittenAsOne() {
        refused("a register in disguise", 0, 0, 0, 0);
        refused("a register in disguise", EXPIRY_FLAG, 50L, 9L, 1L, 0, 0, 0);
        refused("a register in disguise", FLOOR_FLAG, 9L, 5L, 0, 0, 1, of(FLOOR | TOMBSTONE));
        assertThat(decode(false, FLOOR_FLAG, 9L, 5L, 0, 0, 0).siblingCount()).as("a floor of which the value is gone").isZero();
    }

    @Test
    void aCollectionHasATypeAndMembersAndClearsWhatIsKnown() {
        Object[] members = of(1, 2L, 20L);
        refusedHeader("without a type or members", 0, VECTOR, NO_COUNTS, 0, members, 0, 0);
        refusedHeader("without a type or members", 0, VECTOR, NO_COUNTS, 0x80, members, 0, 0);
        refusedHeader("without a type or members", 0, VECTOR, NO_COUNTS, 1, of(0), 0, 0);
        refusedHeader("not known", 0, VECTOR, NO_COUNTS, 1, members, of(1, 2L, 21L), 0);
        refusedHeader("not known", 0, VECTOR, NO_COUNTS, 1, members, of(1, 1L, 5L), 0);
        refusedHeader("that no member began", 0, VECTOR, NO_COUNTS, 1, members, 0, 1, of(COLLECTION, 0, 9L));
        refusedHeader("that no member began", 0, VECTOR, NO_COUNTS, 1, members, 0, 1, of(COLLECTION | TOMBSTONE | LATEST, 1));
        Causal header = decode(true, 0, VECTOR, NO_COUNTS, 0x81, members, of(1, 2L, 19L), 1, of(COLLECTION | LATEST, 1));
        assertThat(header).hasToString("{1:10 2:20} type 1 added to, members {2:20} cleared {2:19} [20@2 collection]");
        refusedContext("without a type or members", 1, MEMBERS_FLAG, VECTOR, NO_COUNTS, 0, members);
        assertThat(context(1, MEMBERS_FLAG, VECTOR, NO_COUNTS, 1, members)).hasToString("{1:10 2:20} type 1 members {2:20}");
    }

    @Test
    void whatIsWrittenSaysHowLongItIs() {
        byte[] target = new byte[200];
        Record header = new Record().changeMembers(5, 1, 1, true, new Context(), true, 0);
        assertThat(header.encode(target, 7)).isEqualTo(header.size());
        Context context = new Context().of(header);
        assertThat(context.encode(target, 7)).isEqualTo(context.size());
        assertThat(new Context().decode(target, 7, context.size()).isSameAs(context)).isTrue();
    }
}
