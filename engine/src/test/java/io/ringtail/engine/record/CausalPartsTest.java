package io.ringtail.engine.record;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

/** What the parts of a causal record do by themselves: contexts, vectors, counts, ends, and what is read of bytes. */
class CausalPartsTest {
    private static Context floor(long hlc, long actor) {
        return new Context().of(new Record().setTombstone(hlc, actor));
    }

    private static Context changed(long hlc, long actor, int type, boolean adds) {
        return new Context().of(new Record().changeMembers(hlc, actor, type, adds, new Context(), false, 0));
    }

    private static ActorCounts counts(long... actorsHlcsAndSums) {
        ActorCounts counts = new ActorCounts();
        for (int i = 0; i < actorsHlcsAndSums.length; i += 3) {
            counts.append(actorsHlcsAndSums[i], actorsHlcsAndSums[i + 1], actorsHlcsAndSums[i + 2]);
        }
        return counts;
    }

    private static VersionVector vector(long... actorsAndHlcs) {
        VersionVector vector = new VersionVector();
        for (int i = 0; i < actorsAndHlcs.length; i += 2) {
            vector.append(actorsAndHlcs[i], actorsAndHlcs[i + 1]);
        }
        return vector;
    }

    // ---- contexts

    @Test
    void aContextTellsItsFloorAndWhatIsAboveIt() {
        Record record = new Record().setTombstone(7, 3);
        record.addSibling(9, 1, new Context(), new byte[0], 0, 0, 0);
        Context context = new Context().of(record);
        assertThat(context.hasFloor()).isTrue();
        assertThat(context.floorHlc()).isEqualTo(7);
        assertThat(context.floorActor()).isEqualTo(3);
        assertThat(context.vector().isSameAs(vector(1, 9))).isTrue();
        assertThat(context.maxHlc()).isEqualTo(9);
        assertThat(context.maxActor()).isEqualTo(1);
        assertThat(context.clear().hasFloor()).isFalse();
        assertThat(context.clear().isEmpty()).isTrue();
    }

    @Test
    void whoHasSeenBothKnowsWhatEitherKnewAndNothingTwice() {
        Context both = new Context().of(new Record().addSibling(5, 1, new Context(), new byte[0], 0, 0, 0));
        assertThat(both.merge(floor(6, 2)).isSameAs(floor(6, 2))).as("the floor says it all: %s", both).isTrue();
        assertThat(both.merge(floor(6, 1)).floorActor()).as("of one time the greater actor").isEqualTo(2);
    }

    @Test
    void ofTwoTypesThatIsKeptOfWhichTheLatestChangeIs() {
        Context earlier = changed(5, 1, 1, true);
        Context later = changed(6, 2, 2, false);
        assertThat(new Context().copy(earlier).merge(later).type).isEqualTo(2);
        assertThat(new Context().copy(later).merge(earlier).type).isEqualTo(2);
        assertThat(new Context().copy(earlier).merge(new Context()).type).isEqualTo(1 | Context.ADDS);
        assertThat(new Context().merge(earlier).type).isEqualTo(1 | Context.ADDS);
        // Of one version there should be one type; should there be two, both sides choose the same.
        assertThat(changed(5, 1, 2, false).merge(changed(5, 1, 3, false)).type).isEqualTo(3);
        assertThat(changed(5, 1, 3, false).merge(changed(5, 1, 2, false)).type).isEqualTo(3);
        assertThat(changed(5, 1, 3, false).merge(floor(9, 1)).type).as("without members there is none").isZero();
    }

    @Test
    void contextsSayWhatTheyHold() {
        assertThat(new Context()).hasToString("{}");
        assertThat(floor(7, -1)).hasToString("floor 7@18446744073709551615 {}");
        assertThat(changed(5, 1, 2, true)).hasToString("{1:5} type 2 added to, members {1:5}");
        assertThat(changed(5, 1, 2, false)).hasToString("{1:5} type 2 members {1:5}");
        Record counted = new Record().increment(3, 1, 4, 0).increment(5, 2, -1, 0);
        assertThat(new Context().of(counted)).hasToString("{1:3 2:5} counts {1:3=4 2:5=-1}");
    }

    // ---- vectors and counts

    @Test
    void aCopySharesNothing() {
        VersionVector vector = vector(1, 5, 2, 6);
        VersionVector copy = new VersionVector().clear().copy(vector);
        copy.raise(1, 9);
        assertThat(vector.hlc(0)).isEqualTo(5);
        ActorCounts counts = counts(1, 5, 50, 2, 6, 60);
        ActorCounts copied = new ActorCounts().clear().copy(counts);
        copied.raise(1, 9, 90);
        assertThat(counts.sum(0)).isEqualTo(50);
        assertThat(copied.sum(0)).isEqualTo(90);
        Expiries ends = new Expiries();
        ends.add(100, 5, 1);
        Expiries endsCopied = new Expiries().clear().copy(ends);
        endsCopied.add(200, 6, 1);
        assertThat(ends.size()).isEqualTo(1);
        assertThat(endsCopied.size()).isEqualTo(2);
    }

    @Test
    void ofTwoSumsOfOneTimeTheGreaterIsTaken() {
        ActorCounts counts = counts(1, 5, 50);
        counts.raise(1, 5, 40);
        assertThat(counts.sumOf(1)).isEqualTo(50);
        counts.raise(1, 5, 60);
        assertThat(counts.sumOf(1)).isEqualTo(60);
        counts.raise(1, 4, 70);
        assertThat(counts.sumOf(1)).isEqualTo(60);
        counts.raise(1, -1, 30);
        assertThat(counts.sumOf(1)).as("times are unsigned").isEqualTo(30);
    }

    @Test
    void countsAreBeforeAVersionWhenEachIs() {
        assertThat(counts(1, 5, 50).isBefore(6, 1)).isTrue();
        assertThat(counts(1, 5, 50).isBefore(5, 2)).isTrue();
        assertThat(counts(1, 5, 50).isBefore(5, 1)).isFalse();
        assertThat(counts(1, 5, 50, 2, 7, 70).isBefore(6, 1)).isFalse();
        assertThat(counts(1, 7, 50, 2, 5, 70).isBefore(6, 1)).isFalse();
        assertThat(counts().isBefore(1, 1)).isTrue();
    }

    @Test
    void anActorIsNamedOnceHoweverManyThereAre() {
        VersionVector vector = new VersionVector();
        ActorCounts counts = new ActorCounts();
        for (long actor = 40; actor > 0; actor--) {
            vector.raise(actor * 7 % 41, actor);
            counts.raise(actor * 7 % 41, actor, -actor);
            vector.raise(actor * 7 % 41, 1);
        }
        assertThat(vector.size()).isEqualTo(40);
        assertThat(counts.size()).isEqualTo(40);
        for (int i = 0; i < 40; i++) {
            assertThat(vector.actor(i)).isEqualTo(i + 1);
            assertThat(vector.actor(i)).isEqualTo(vector.hlc(i) * 7 % 41);
            assertThat(counts.sum(i)).isEqualTo(-vector.hlc(i));
            assertThat(counts.hlc(i)).isEqualTo(vector.hlc(i));
            assertThat(vector.indexOf(i + 1)).isEqualTo(i);
        }
        assertThat(vector.indexOf(0)).isEqualTo(-1);
        assertThat(vector.indexOf(41)).isEqualTo(-41);
        assertThat(vector.greatest()).isEqualTo(vector.indexOf(40 * 7 % 41));
    }

    // ---- ends and siblings

    @Test
    void endsAreSameWhenAllOfThemAre() {
        Expiries one = new Expiries();
        one.add(100, 5, 1);
        for (long[] other : new long[][] {{101, 5, 1}, {100, 6, 1}, {100, 5, 2}}) {
            Expiries different = new Expiries();
            different.add(other[0], other[1], other[2]);
            assertThat(one.isSameAs(different)).as("%s and %s", one, different).isFalse();
        }
        assertThat(one.isSameAs(new Expiries())).isFalse();
        assertThat(one.isSameAs(new Expiries().copy(one))).isTrue();
    }

    @Test
    void whatTheOtherKnowsAndHasNotGoesAndTheRestKeepsItsOrder() {
        Expiries ends = new Expiries();
        for (long hlc = 1; hlc <= 5; hlc++) {
            ends.add(hlc * 100, hlc, 1);
            ends.add(hlc * 100 + 1, hlc, 2);
        }
        Context known = new Context();
        known.vector().raise(2, 3);
        ends.forgetKnown(known);
        assertThat(ends).hasToString(" ends 501 by 5@2 ends 500 by 5@1 ends 401 by 4@2 ends 400 by 4@1 ends 300 by 3@1 ends 200 by 2@1 ends 100 by 1@1");
        ends.rename(9, 9, 10);
        ends.rename(1, 1, 2);
        assertThat(ends.toString()).endsWith("ends 200 by 2@1 ends 100 by 2@1");
    }

    @Test
    void siblingsSayWhatTheyAre() {
        byte[] bytes = "xvaluex".getBytes(StandardCharsets.US_ASCII);
        Record record = new Record().addSibling(9, 1, new Context(), bytes, 1, 5, 70);
        Sibling value = record.causal().sibling(0);
        assertThat(value).hasToString("9@1 5 bytes ends 70 by 9@1");
        assertThat(new String(value.valueArray(), value.valueOffset(), value.valueSize(), StandardCharsets.US_ASCII)).isEqualTo("value");
        assertThat(value.isCollection()).isFalse();
        assertThat(value.supersededCounts().isEmpty()).isTrue();
        assertThat(new Record().addTombstone(9, 1, new Context()).causal().sibling(0)).hasToString("9@1 tombstone");
        Record counted = new Record().increment(3, 1, 4, 0);
        counted.addSibling(5, 2, new Context().of(counted), bytes, 1, 5, 0);
        assertThat(counted.causal().sibling(0)).hasToString("5@2 5 bytes over counts {1:3=4}");
        assertThat(counted.causal().sibling(0).supersededCounts().sumOf(1)).isEqualTo(4);
        Sibling collection = new Record().changeMembers(5, 1, 2, true, new Context(), true, 0).causal().sibling(0);
        assertThat(collection).hasToString("5@1 collection");
        assertThat(collection.isCollection()).isTrue();
    }

    @Test
    void ofOneDotADeletionBeatsAValueAndGreaterBytesBeatSmaller() {
        Context known = new Context();
        Record small = new Record().addSibling(5, 1, known, new byte[] {1}, 0, 1, 0);
        Record great = new Record().addSibling(5, 1, known, new byte[] {-1}, 0, 1, 0);
        Record deleted = new Record().addTombstone(5, 1, known);
        assertThat(RandomRecords.copy(small).merge(great).causal().sibling(0).value()).containsExactly(-1);
        assertThat(RandomRecords.copy(great).merge(small).causal().sibling(0).value()).containsExactly(-1);
        assertThat(RandomRecords.copy(great).merge(deleted).causal().sibling(0).isTombstone()).isTrue();
        assertThat(RandomRecords.copy(deleted).merge(great).causal().sibling(0).isTombstone()).isTrue();
    }

    // ---- whole records

    private static Record sibling(Record over, long hlc, long actor, Context seen) {
        return over.addSibling(hlc, actor, seen, new byte[0], 0, 0, 0);
    }

    private static Record number(long hlc, long actor) {
        return new Record().addSibling(hlc, actor, new Context(), new byte[] {'5'}, 0, 1, 0);
    }

    @Test
    void anEventIsHeldAsLongAsSomethingOfItIsThere() {
        Record record = number(10, 1);
        record.expire(11, 2, 100).increment(12, 3, 5, 0).merge(new Record().setExpiry(2, 9, 50));
        Causal causal = record.causal();
        assertThat(causal.holds(10, 1)).as("a sibling").isTrue();
        assertThat(causal.holds(11, 2)).as("an end").isTrue();
        assertThat(causal.holds(12, 3)).as("a count").isTrue();
        assertThat(causal.holds(2, 9)).as("an expiry").isTrue();
        for (long[] other : new long[][] {{10, 2}, {11, 1}, {12, 1}, {11, 3}, {13, 3}, {2, 1}, {3, 9}}) {
            assertThat(causal.holds(other[0], other[1])).as("%d@%d in %s", other[0], other[1], record).isFalse();
        }
        Record header = new Record().changeMembers(10, 1, 1, true, new Context(), true, 0);
        assertThat(header.causal().holds(10, 1)).as("a change").isTrue();
        assertThat(header.causal().holds(9, 1)).as("a cleared one").isFalse();
        Record deleted = RandomRecords.copy(header).addTombstone(11, 2, new Context().of(header));
        assertThat(deleted.causal().holds(10, 1)).isFalse();
        assertThat(deleted.causal().holds(11, 2)).isTrue();
    }

    @Test
    void anExpiryIsHiddenWhenItWouldEndNothing() {
        Record record = sibling(new Record(), 10, 1, new Context());
        assertThat(record.causal().hidesExpiry(9, 1)).as("all is later").isTrue();
        assertThat(record.causal().hidesExpiry(10, 0)).isTrue();
        assertThat(record.causal().hidesExpiry(10, 1)).isFalse();
        assertThat(record.causal().hidesExpiry(11, 1)).isFalse();
        record.expire(15, 1, 100);
        assertThat(record.causal().hidesExpiry(14, 1)).as("it has a later end").isTrue();
        assertThat(record.causal().hidesExpiry(15, 1)).isFalse();
        record.merge(new Record().setExpiry(20, 5, 100));
        assertThat(record.causal().hidesExpiry(19, 1)).as("a later one is there").isTrue();
        assertThat(record.causal().hidesExpiry(20, 4)).isTrue();
        assertThat(record.causal().hidesExpiry(20, 5)).isFalse();
        Record floor = sibling(new Record().setTombstone(5, 1), 10, 1, new Context());
        assertThat(floor.causal().hidesExpiry(4, 1)).isTrue();
        assertThat(floor.causal().hidesExpiry(5, 1)).as("what the floor's own write said of its end").isFalse();
        Record nothing = RandomRecords.copy(record).addTombstone(30, 1, new Context().of(record));
        assertThat(nothing.causal().clear().hidesExpiry(1, 1)).as("nothing hides nothing").isFalse();
    }

    @Test
    void theGreatestVersionIsThatOfWhateverCameLast() {
        Record record = sibling(new Record(), 10, 7, new Context());
        assertThat(RandomRecords.copy(record).merge(new Record().setExpiry(9, 8, 50)).maxActor()).isEqualTo(7);
        assertThat(RandomRecords.copy(record).merge(new Record().setExpiry(10, 6, 50)).maxActor()).isEqualTo(7);
        Record expiring = RandomRecords.copy(record).merge(new Record().setExpiry(10, 8, 50));
        assertThat(expiring.maxActor()).isEqualTo(8);
        assertThat(expiring.maxHlc()).isEqualTo(10);
        expiring.merge(new Record().setExpiry(11, 6, 50));
        assertThat(expiring.maxActor()).isEqualTo(6);
        assertThat(expiring.maxHlc()).isEqualTo(11);
    }

    @Test
    void aRecordSaysWhatItHolds() {
        Record record = sibling(new Record(), 10, 1, new Context()).merge(new Record().setExpiry(11, 2, 50));
        assertThat(record.causal()).hasToString("{1:10} expires 50 by 11 [10@1 0 bytes]");
        Record header = new Record().changeMembers(10, 1, 1, true, new Context(), true, 0);
        assertThat(header.causal()).hasToString("{1:10} type 1 added to, members {1:10} cleared {1:9} [10@1 collection]");
        assertThat(header.causal().clear()).hasToString("{}");
    }

    @Test
    void recordsAreSameWhenEachPartIs() {
        Record one = sibling(new Record(), 10, 1, new Context()).merge(new Record().setExpiry(11, 2, 50));
        assertThat(one.causal().isSameAs(RandomRecords.copy(one).causal())).isTrue();
        for (Record other : new Record[] {
            sibling(new Record(), 10, 1, new Context()).merge(new Record().setExpiry(11, 2, 51)),
            sibling(new Record(), 10, 1, new Context()).merge(new Record().setExpiry(12, 2, 50)),
            sibling(new Record(), 10, 1, new Context()).merge(new Record().setExpiry(11, 3, 50)),
            sibling(new Record(), 10, 1, new Context()),
            new Record().addTombstone(10, 1, new Context()).merge(new Record().setExpiry(11, 2, 50))
        }) {
            assertThat(one.causal().isSameAs(other.causal())).as("%s and %s", one, other).isFalse();
        }
    }

    @Test
    void whatIsGivenALaterTimeIsTheSameChangeOfMembers() {
        Record header = new Record().changeMembers(10, 1, 1, true, new Context(), true, 0);
        assertThat(RandomRecords.copy(header).reversion(20).causal()).hasToString("{1:20} type 1 added to, members {1:20} cleared {1:9} [20@1 collection]");
        Record expiring = sibling(new Record(), 10, 1, new Context()).merge(new Record().setExpiry(11, 2, 50)).reversion(20);
        assertThat(expiring.causal()).hasToString("{1:10} expires 50 by 20 [10@1 0 bytes]");
    }

    @Test
    void whatIsForgottenOfAHeaderIsForgottenOfAllItsParts() {
        Record header = new Record().changeMembers(10, 1, 1, true, new Context(), true, 0);
        header.changeMembers(20, 2, 1, true, new Context().of(header), false, 0);
        assertThat(RandomRecords.copy(header).forgetThrough(9).causal()).hasToString("{1:10} type 1 added to, members {1:10 2:20} cleared {2:19} [10@1 collection]");
        assertThat(RandomRecords.copy(header).forgetThrough(10).causal()).hasToString("{} type 1 added to, members {2:20} cleared {2:19}");
        assertThat(RandomRecords.copy(header).forgetThrough(20).isEmpty()).isTrue();
    }

    @Test
    void thoseArePrunedWhoseLastEventIsTheOldestAndOfWhomNothingIsLeft() {
        Record record = new Record();
        for (long actor : new long[] {3, 1, 4, 2, 5}) {
            sibling(record, record.maxHlc() + 10, actor, new Context().of(record));
        }
        assertThat(RandomRecords.copy(record).prune(5).causal()).hasToString("{1:20 2:40 3:10 4:30 5:50} [50@5 0 bytes]");
        assertThat(RandomRecords.copy(record).prune(4).causal()).hasToString("{1:20 2:40 4:30 5:50} [50@5 0 bytes]");
        assertThat(RandomRecords.copy(record).prune(2).causal()).hasToString("{2:40 5:50} [50@5 0 bytes]");
        assertThat(RandomRecords.copy(record).prune(0).causal()).hasToString("{5:50} [50@5 0 bytes]");
        // The oldest has an end, the next a count.
        Record needed = number(10, 1).expire(11, 2, 100).increment(12, 3, 1, 0);
        assertThat(RandomRecords.copy(needed).prune(0).causal().context().vector().size()).isEqualTo(3);
    }

    @Test
    void anEndVoidsAllThatWasChangedThroughItsMillisecond() {
        Record header = new Record().changeMembers(5, 1, 1, true, new Context(), true, 0);
        long lastOfEnd = (1000L << 16) + 0xFFFF;
        Record ending = RandomRecords.copy(header).expire(6, 1, 1000, 0);
        Record before = RandomRecords.copy(header).changeMember(lastOfEnd, 2, 1).merge(ending);
        assertThat(before.causal().latestChange(999)).isNotNegative();
        assertThat(before.causal().latestChange(1000)).isEqualTo(-1);
        Record after = RandomRecords.copy(header).changeMember(lastOfEnd + 1, 2, 1).merge(ending);
        assertThat(after.causal().latestChange(1000)).isEqualTo(1);
        // An end so far away that hybrid time does not come to it voids all there is.
        for (long far : new long[] {1L << 48, 1L << 50, Long.MAX_VALUE}) {
            Record never = RandomRecords.copy(header).changeMember(1L << 60, 2, 1).expire((1L << 60) + 1, 1, far, 0);
            assertThat(never.causal().latestChange(far - 1)).isNotNegative();
            assertThat(never.causal().latestChange(far)).as("ends at %d", far).isEqualTo(-1);
        }
        long last = (1L << 48) - 1;
        Record stays = RandomRecords.copy(header).expire(6, 1, last, 0).merge(RandomRecords.copy(header).changeMember(-1, 2, 1));
        assertThat(stays.causal().latestChange(last)).as("it is of that last millisecond").isEqualTo(-1);
    }

    @Test
    void anExpiryOfASetWhoseBeginningOthersHaveDeletedBeginsItAgain() {
        Record header = new Record().changeMembers(10, 1, 1, true, new Context(), true, 0);
        Record deleted = RandomRecords.copy(header).addTombstone(12, 2, new Context().of(header));
        Record meanwhile = RandomRecords.copy(header).changeMembers(11, 3, 1, true, new Context().of(header), false, 0);
        Record both = deleted.merge(meanwhile);
        assertThat(both.causal().hasExpiryUpdate()).isFalse();
        Record ending = RandomRecords.copy(both).expire(20, 4, 100, 50);
        assertThat(ending.causal()).hasToString(
                "{1:10 2:12 4:20} type 1 members {1:10 3:11 4:20} cleared {1:10 3:10 4:19} [20@4 collection ends 100 by 20@4] [12@2 tombstone]");
        assertThat(ending.expireAtMillis()).isEqualTo(100);
        Record again = RandomRecords.copy(ending).expire(30, 4, 200, 50);
        assertThat(again.causal()).hasToString(
                "{1:10 2:12 4:30} type 1 members {1:10 3:11 4:20} cleared {1:10 3:10 4:19} [20@4 collection ends 200 by 30@4] [12@2 tombstone]");
    }

    @Test
    void whoChangesMembersTakesThePlaceOfDeletionsAndKeepsTheBeginning() {
        Record header = new Record().changeMembers(10, 1, 1, true, new Context(), true, 0);
        Record both = RandomRecords.copy(header).merge(new Record().addTombstone(12, 2, new Context()));
        Record changed = RandomRecords.copy(both).changeMembers(20, 3, 1, false, new Context().of(both), false, 0);
        assertThat(changed.causal()).hasToString("{1:10 2:12 3:20} type 1 members {1:10 3:20} cleared {1:9 3:19} [10@1 collection]");
        Record only = RandomRecords.copy(header).changeMembers(20, 3, 1, true, new Context().of(header), false, 0);
        assertThat(only.causal()).as("who finds nothing but the beginning writes none").hasToString(
                "{1:10} type 1 added to, members {1:10 3:20} cleared {1:9 3:19} [10@1 collection]");
        Record anew = RandomRecords.copy(header).changeMembers(20, 3, 1, true, new Context().of(header), true, 0);
        assertThat(anew.causal()).hasToString("{1:10 3:20} type 1 added to, members {1:10 3:20} cleared {1:10 3:19} [20@3 collection]");
        // Over counts too, which the new one does not hold.
        Record counted = new Record().increment(5, 1, 3, 0);
        Record over = RandomRecords.copy(counted).changeMembers(20, 3, 1, true, new Context().of(counted), true, 0);
        assertThat(over.causal().sibling(0).supersededCounts().sumOf(1)).isEqualTo(3);
    }

    @Test
    void nothingIsWrittenThatIsNotLaterThanAllThatIsThere() {
        Record record = sibling(new Record(), 10, 1, new Context());
        for (long hlc : new long[] {9, 10}) {
            assertThatThrownBy(() -> sibling(RandomRecords.copy(record), hlc, 2, new Context())).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> sibling(new Record(), hlc, 2, new Context().of(record))).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> RandomRecords.copy(record).changeMember(hlc, 2, 1)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> RandomRecords.copy(record).changeMembers(hlc, 2, 1, true, new Context(), false, 0))
                    .isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> RandomRecords.copy(record).expire(hlc, 2, 100)).isInstanceOf(IllegalArgumentException.class);
            assertThatThrownBy(() -> RandomRecords.copy(record).increment(hlc, 2, 1, 0)).isInstanceOf(IllegalArgumentException.class);
        }
    }

    // ---- bytes

    @Test
    void bytesThatEndTooEarlyOrTooLateAreRefusedInWords() {
        byte[] bytes = {9, 1, 2, 3, 9};
        ByteSource source = new ByteSource().set(bytes, 1, 3);
        assertThat(source.offset()).isEqualTo(1);
        assertThat(source.u8()).isEqualTo(1);
        assertThat(source.offset()).isEqualTo(2);
        assertThatThrownBy(() -> source.skip(3)).isInstanceOf(IllegalArgumentException.class).hasMessage("3 bytes wanted, 2 left");
        assertThatThrownBy(source::i64).isInstanceOf(IllegalArgumentException.class).hasMessage("8 bytes wanted, 2 left");
        assertThatThrownBy(source::requireEnd).isInstanceOf(IllegalArgumentException.class).hasMessage("2 bytes too many");
        assertThat(source.skip(2)).isEqualTo(2);
        source.requireEnd();
        assertThat(source.bytes()).isSameAs(bytes);
    }

    @Test
    void decimalsAreNumbersOfRedisAndNothingElse() {
        for (String number : new String[] {"0", "7", "-3", "9223372036854775807", "-9223372036854775808"}) {
            assertThat(isLong(number)).as(number).isTrue();
        }
        for (String other : new String[] {"", "-", "-0", "01", "+1", " 1", "1 ", "1a", "a", ":", "/", "9223372036854775808", "-9223372036854775809", "99999999999999999999", "18446744073709551617"}) {
            assertThat(isLong(other)).as(other).isFalse();
        }
    }

    private static boolean isLong(String text) {
        byte[] bytes = ("x" + text + "5").getBytes(StandardCharsets.US_ASCII);
        return Decimal.isLong(bytes, 1, text.length());
    }
}
