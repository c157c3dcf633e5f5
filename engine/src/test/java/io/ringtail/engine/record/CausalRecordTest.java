package io.ringtail.engine.record;

import static io.ringtail.engine.record.RandomRecords.copy;
import static io.ringtail.engine.record.RandomRecords.encoded;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** What somebody who keeps conflicts can rely on, one behaviour a test. */
class CausalRecordTest {
    private static final Context NOTHING = new Context();

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }

    private static Record write(Record over, long hlc, long actor, Context seen, String value) {
        return copy(over).addSibling(hlc, actor, seen, bytes(value), 0, bytes(value).length, 0);
    }

    private static Context seen(Record record) {
        return new Context().of(record);
    }

    private static List<String> siblings(Record record) {
        List<String> values = new ArrayList<>();
        for (int i = 0; i < record.causal().siblingCount(); i++) {
            Sibling sibling = record.causal().sibling(i);
            values.add(sibling.isTombstone() ? "deleted" : new String(sibling.value(), StandardCharsets.UTF_8));
        }
        return values;
    }

    private static String shown(Record record) {
        return new String(record.value(), StandardCharsets.UTF_8);
    }

    @Test
    void writesThatHaveNotSeenEachOtherStaySideBySideUntilOneSeesBoth() {
        Record left = write(new Record(), 10, 1, NOTHING, "left");
        Record right = write(new Record(), 11, 2, NOTHING, "right");
        Record both = copy(left).merge(right);
        assertThat(siblings(both)).containsExactly("right", "left");
        assertThat(shown(both)).isEqualTo("right");
        Record resolved = write(both, 12, 1, seen(both), "resolved");
        assertThat(siblings(resolved)).containsExactly("resolved");
        assertThat(siblings(copy(left).merge(resolved).merge(right))).containsExactly("resolved");
    }

    @Test
    void aWriteSupersedesWhatItsContextSawAndNothingElse() {
        Record first = write(new Record(), 10, 1, NOTHING, "first");
        Context old = seen(first);
        Record second = write(first, 11, 1, seen(first), "second");
        Record stale = write(second, 12, 1, old, "stale");
        assertThat(siblings(stale)).containsExactly("stale", "second");
    }

    @Test
    void aContextKnowsWhatItsReaderSawThoughTheReplicaThatWritesDoesNot() {
        Record elsewhere = write(new Record(), 10, 1, NOTHING, "elsewhere");
        Record here = write(new Record(), 11, 2, seen(elsewhere), "here");
        assertThat(siblings(here.merge(elsewhere))).containsExactly("here");
    }

    @Test
    void whatIsWrittenWhileAnotherDeletesStaysVisible() {
        Record value = write(new Record(), 10, 1, NOTHING, "value");
        Record deleted = copy(value).addTombstone(12, 2, seen(value));
        Record written = write(value, 11, 1, seen(value), "written");
        Record both = copy(deleted).merge(written);
        assertThat(siblings(both)).containsExactly("deleted", "written");
        assertThat(both.isLive(0)).isTrue();
        assertThat(shown(both)).isEqualTo("written");
        assertThat(copy(deleted).isLive(0)).isFalse();
        assertThat(copy(deleted).isTombstone()).isTrue();
    }

    @Test
    void aLastWriteWinsWriteVoidsAllThatIsOlderAndIsVoidOnceAReaderHasWrittenOverIt() {
        Record siblings = write(new Record(), 10, 1, NOTHING, "a").merge(write(new Record(), 20, 2, NOTHING, "b")).detach();
        Record between = new Record().setValue(15, 9, 0, bytes("last"), 0, 4);
        Record mixed = copy(siblings).merge(between);
        assertThat(siblings(mixed)).containsExactly("b", "last");
        Record over = write(mixed, 21, 1, seen(mixed), "over");
        assertThat(siblings(copy(over).merge(between).merge(siblings))).containsExactly("over");
        Record after = new Record().setValue(30, 9, 0, bytes("after"), 0, 5);
        Record plain = copy(over).merge(after);
        assertThat(plain.isCausal()).isFalse();
        assertThat(encoded(plain)).isEqualTo(encoded(after));
    }

    @Test
    void anExpiredSiblingGivesWayToOneThatIsNot() {
        Record ending = new Record().addSibling(20, 1, NOTHING, bytes("ending"), 0, 6, 100);
        Record both = copy(ending).merge(write(new Record(), 10, 2, NOTHING, "staying"));
        assertThat(both.isLive(99)).isTrue();
        assertThat(shown(both)).isEqualTo("ending");
        assertThat(both.expireAtMillis()).isEqualTo(100);
        assertThat(both.isLive(100)).isTrue();
        assertThat(shown(both)).isEqualTo("staying");
        assertThat(both.expireAtMillis()).isZero();
        assertThat(both.lastEndMillis()).isZero();
        assertThat(ending.isLive(100)).isFalse();
        assertThat(ending.isExpired(100)).isTrue();
        assertThat(ending.lastEndMillis()).isEqualTo(100);
    }

    @Test
    void anEndThatIsSetDoesNotBringBackASiblingThatHasEnded() {
        Record ended = new Record().addSibling(20, 1, NOTHING, bytes("ended"), 0, 5, 100);
        Record both = copy(ended).merge(write(new Record(), 10, 2, NOTHING, "staying"));
        assertThat(shown(copy(both).expire(21, 2, 500, 99))).isEqualTo("ended");
        both.expire(21, 2, 500, 100);
        assertThat(both.isLive(100)).isTrue();
        assertThat(shown(both)).isEqualTo("staying");
        assertThat(both.expireAtMillis()).isEqualTo(500);
        assertThat(both.causal().endMillis(0)).isEqualTo(100);
    }

    @Test
    void ofEndsSetAtTheSameTimeTheLaterHoldsAndPersistIsTheLatest() {
        Record value = new Record().addSibling(10, 1, NOTHING, bytes("v"), 0, 1, 50);
        Record soon = copy(value).expire(11, 1, 100);
        Record late = copy(value).expire(12, 2, 200);
        Record never = copy(value).expire(13, 3, 0);
        assertThat(copy(soon).merge(late).expireAtMillis()).isEqualTo(200);
        assertThat(copy(late).merge(soon).merge(never).expireAtMillis()).isZero();
        Record both = copy(soon).merge(never);
        assertThat(copy(both).expire(14, 1, 70).merge(never).merge(late).expireAtMillis()).isEqualTo(200);
        assertThat(copy(both).expire(14, 1, 70).merge(never).merge(value).expireAtMillis()).isEqualTo(70);
        // An end does not carry an old value over one that was written at the same time.
        Record overwritten = write(value, 15, 2, seen(value), "new");
        assertThat(siblings(copy(late).merge(overwritten))).containsExactly("new");
        assertThat(copy(late).merge(overwritten).expireAtMillis()).isZero();
    }

    @Test
    void noIncrementIsLost() {
        Record start = write(new Record(), 10, 1, NOTHING, "5");
        Record one = copy(start).increment(11, 1, 3, 0);
        Record other = copy(start).increment(12, 2, -1, 0).increment(13, 2, -1, 0);
        Record both = copy(one).merge(other);
        assertThat(shown(both)).isEqualTo("6");
        assertThat(both.hlc()).isEqualTo(13);
        assertThat(both.isTombstone()).isFalse();
        Record set = write(one, 14, 3, seen(one), "100");
        assertThat(shown(set)).isEqualTo("100");
        // Who set it had not seen the two decrements.
        assertThat(shown(copy(set).merge(other))).isEqualTo("98");
        assertThat(shown(copy(set).merge(other).increment(15, 1, 1, 0))).isEqualTo("99");
    }

    @Test
    void aCounterThatIsDeletedShowsWhatWasCountedMeanwhile() {
        Record counter = new Record().increment(10, 1, 5, 0);
        assertThat(shown(counter)).isEqualTo("5");
        Record deleted = copy(counter).addTombstone(11, 2, seen(counter));
        assertThat(deleted.isLive(0)).isFalse();
        Record meanwhile = copy(counter).increment(12, 1, 2, 0);
        Record both = copy(deleted).merge(meanwhile);
        assertThat(both.isLive(0)).isTrue();
        assertThat(both.isTombstone()).isFalse();
        assertThat(shown(both)).isEqualTo("2");
        assertThat(shown(copy(deleted).increment(13, 2, 7, 0))).isEqualTo("7");
    }

    @Test
    void aCounterEndsWithItsNumberAndBeginsAnewAfterwards() {
        Record counter = new Record().increment(10, 1, 5, 0).expire(11, 1, 100).increment(12, 1, 1, 50);
        assertThat(counter.isLive(99)).isTrue();
        assertThat(shown(counter)).isEqualTo("6");
        assertThat(counter.isLive(100)).isFalse();
        assertThat(shown(copy(counter).increment(13, 1, 1, 100))).isEqualTo("1");
        assertThat(copy(counter).increment(13, 1, 1, 100).isLive(100)).isTrue();
        assertThat(copy(counter).bury().isLive(100)).isFalse();
    }

    @Test
    void countsThatDoNotFitShowTheNearestNumber() {
        Record top = write(new Record(), 10, 1, NOTHING, Long.toString(Long.MAX_VALUE));
        assertThat(shown(copy(top).increment(11, 1, 1, 0))).isEqualTo(Long.toString(Long.MAX_VALUE));
        Record bottom = write(new Record(), 10, 1, NOTHING, Long.toString(Long.MIN_VALUE));
        assertThat(shown(copy(bottom).increment(11, 1, -5, 0))).isEqualTo(Long.toString(Long.MIN_VALUE));
        assertThat(shown(copy(bottom).increment(11, 1, 5, 0))).isEqualTo(Long.toString(Long.MIN_VALUE + 5));
        assertThat(shown(copy(top).increment(11, 1, -1, 0).increment(12, 2, Long.MIN_VALUE, 0))).isEqualTo("-2");
    }

    @Test
    void aWordIsNotCountedUpon() {
        for (String word : List.of("word", "", "-", "+1", "01", "-0", "1 ", "9223372036854775808", "99999999999999999999")) {
            Record record = write(new Record(), 10, 1, NOTHING, word);
            assertThatThrownBy(() -> record.increment(11, 1, 1, 0)).as(word).isInstanceOf(IllegalArgumentException.class);
            assertThat(shown(record)).isEqualTo(word);
        }
        Record number = new Record().increment(10, 1, 1, 0);
        assertThat(shown(write(number, 11, 2, NOTHING, "word"))).isEqualTo("word");
    }

    @Test
    void aWriteThatIsNotLaterThanAllThatIsKnownIsRefused() {
        Record record = write(new Record(), 10, 1, NOTHING, "v");
        assertThatThrownBy(() -> write(record, 10, 2, seen(record), "w")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> write(new Record(), 9, 2, seen(record), "w")).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> copy(record).increment(10, 1, 1, 0)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> copy(record).expire(10, 1, 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new Record().causal()).isInstanceOf(IllegalStateException.class);
    }

    @Test
    void aWriteIsHiddenFromWhoHasSeenItSuperseded() {
        Record first = write(new Record(), 10, 1, NOTHING, "first");
        Record second = write(first, 11, 2, seen(first), "second");
        assertThat(first.isHiddenBy(second)).isTrue();
        assertThat(first.isHiddenBy(first)).isFalse();
        assertThat(second.isHiddenBy(first)).isFalse();
        assertThat(write(new Record(), 12, 3, NOTHING, "other").isHiddenBy(second)).isFalse();
        assertThat(first.isHiddenBy(new Record().setTombstone(20, 1))).isTrue();
        assertThat(first.isHiddenBy(new Record().setTombstone(9, 1))).isFalse();
        assertThat(new Record().setTombstone(9, 3).isHiddenBy(second)).as("not known, but what is later would be shown").isTrue();
        assertThat(new Record().setTombstone(second.maxHlc() + 1, 3).isHiddenBy(second)).isFalse();
        // What an actor has written is all known once something later of it is.
        assertThat(new Record().setTombstone(9, 1).isHiddenBy(second)).isTrue();
        Record counted = write(first, 11, 2, seen(first), "1").increment(12, 1, 1, 0);
        assertThat(counted.isHiddenBy(counted)).isFalse();
        assertThat(counted.isHiddenBy(copy(counted).increment(13, 1, 1, 0))).isTrue();
        Record ended = copy(second).expire(12, 1, 99);
        assertThat(ended.isHiddenBy(ended)).isFalse();
        assertThat(ended.isHiddenBy(copy(ended).expire(13, 2, 98))).isTrue();
        assertThat(new Record().setExpiry(11, 1, 5).isHiddenBy(second)).isTrue();
        assertThat(new Record().setExpiry(12, 1, 5).isHiddenBy(second)).isFalse();
        assertThat(new Record().setExpiry(12, 1, 5).isHiddenBy(copy(second).expire(13, 2, 98))).isTrue();
    }

    @Test
    void tellsWhenTheFirstAndTheLastOfItEndAndWhetherThatWasSaidLater() {
        Record ending = new Record().addSibling(10, 1, NOTHING, bytes("a"), 0, 1, 50);
        assertThat(ending.hasExpiryUpdate()).isFalse();
        Record both = copy(ending).merge(new Record().addSibling(11, 2, NOTHING, bytes("b"), 0, 1, 80));
        assertThat(both.firstEndMillis()).isEqualTo(50);
        assertThat(both.lastEndMillis()).isEqualTo(80);
        assertThat(both.hasExpiryUpdate()).isFalse();
        assertThat(copy(both).expire(12, 1, 90).hasExpiryUpdate()).isTrue();
        assertThat(copy(both).expire(12, 1, 90).firstEndMillis()).isEqualTo(90);
        assertThat(copy(both).merge(new Record().setExpiry(12, 3, 70)).hasExpiryUpdate()).isTrue();
        assertThat(copy(both).merge(new Record().setExpiry(12, 3, 70)).lastEndMillis()).isEqualTo(70);
        Record together = new Record().setValue(9, 1, 70, bytes("v"), 0, 1);
        assertThat(copy(ending).merge(together).hasExpiryUpdate()).isFalse();
        Record deleted = copy(both).merge(new Record().addTombstone(13, 3, NOTHING));
        assertThat(deleted.firstEndMillis()).isEqualTo(50);
        assertThat(deleted.lastEndMillis()).isEqualTo(80);
        assertThat(copy(both).bury().isTombstone()).isTrue();
        assertThat(copy(both).bury().causal().siblingCount()).isEqualTo(2);
    }

    @Test
    void aLastWriteWinsExpiryIsHiddenByWhatIsLaterAndEndsWhatIsNot() {
        Record value = write(new Record(), 10, 1, NOTHING, "v");
        Record mixed = copy(value).merge(new Record().setTombstone(5, 9));
        assertThat(new Record().setExpiry(4, 9, 50).isHiddenBy(mixed)).isTrue();
        assertThat(new Record().setExpiry(10, 1, 50).isHiddenBy(mixed)).isFalse();
        Record ended = copy(mixed).merge(new Record().setExpiry(12, 9, 50));
        assertThat(new Record().setExpiry(11, 9, 60).isHiddenBy(ended)).isTrue();
        assertThat(new Record().setExpiry(12, 9, 50).isHiddenBy(ended)).isFalse();
        assertThat(ended.maxHlc()).isEqualTo(12);
        assertThat(ended.maxActor()).isEqualTo(9);
        assertThat(ended.isHiddenBy(ended)).isFalse();
        assertThat(copy(ended).reversion(20).expiryHlc()).isEqualTo(20);
        assertThat(copy(ended).forgetThrough(11).isEmpty()).isFalse();
        assertThat(copy(ended).forgetThrough(12).isEmpty()).isTrue();
        assertThat(new Record().setExpiry(1, 1, 5).isHiddenBy(new Record().changeMember(2, 1, Record.TYPE_SET))).isFalse();
        Record same = copy(value).merge(new Record().setExpiry(12, 9, 50)).merge(new Record().setExpiry(12, 9, 60));
        assertThat(same.expireAtMillis()).isEqualTo(60);
    }

    @Test
    void anEndCanBeSetOnWhatWasCountedAfterTheNumberWasForgotten() {
        Record counter = new Record().increment(10, 1, 5, 0).increment(20, 1, 2, 0).forgetThrough(15);
        assertThat(counter.causal().siblingCount()).isZero();
        assertThat(shown(counter)).isEqualTo("7");
        Record ending = copy(counter).expire(21, 1, 100);
        assertThat(ending.isLive(99)).isTrue();
        assertThat(shown(ending)).isEqualTo("7");
        assertThat(ending.isLive(100)).isFalse();
    }

    @Test
    void ofALateCopyOnlyWhatIsHeldOrNewStays() {
        Record old = write(new Record(), 10, 1, NOTHING, "old");
        Record held = write(new Record(), 20, 2, NOTHING, "held");
        Record late = copy(old).merge(held).merge(write(new Record(), 31, 3, NOTHING, "new"));
        assertThat(siblings(copy(late).dropUnlessHeld(30, held))).containsExactly("new", "held");
        assertThat(siblings(copy(late).dropUnlessHeld(31, held))).containsExactly("held");
        assertThat(siblings(copy(late).dropUnlessHeld(9, held))).containsExactly("new", "held", "old");
        assertThat(siblings(copy(late).dropUnlessHeld(30, held).merge(old))).containsExactly("new", "held");
        Record versions = new Record().versionsOf(late);
        assertThat(siblings(versions)).containsExactly("", "", "");
        assertThat(versions.maxHlc()).isEqualTo(31);
        assertThat(siblings(late)).containsExactly("new", "held", "old");
    }

    @Test
    void endsThatSomebodyHasReplacedGoAndTheOthersStayAsTheyWere() {
        Expiries ends = new Expiries();
        ends.add(20, 2, 2);
        ends.add(10, 1, 1);
        ends.add(30, 3, 3);
        Context known = new Context();
        known.vector.raise(3, 3);
        ends.forgetKnown(known);
        assertThat(ends.toString()).isEqualTo(" ends 20 by 2@2 ends 10 by 1@1");
        known.vector.raise(2, 2);
        Expiries others = new Expiries();
        others.add(25, 2, 2);
        others.add(40, 4, 4);
        ends.merge(new Context(), others, known);
        assertThat(ends.toString()).isEqualTo(" ends 40 by 4@4 ends 25 by 2@2 ends 10 by 1@1");
        assertThat(ends.holding()).isZero();
        ends.dropThrough(1, 1);
        assertThat(ends.size()).isEqualTo(2);
    }

    @Test
    void forgettingThroughATimeForgetsChangesOfMembersToo() {
        Record set = new Record().changeMember(10, 1, Record.TYPE_SET).changeMember(20, 2, Record.TYPE_SET);
        set.addTombstone(21, 3, seen(set));
        Record half = copy(set).forgetThrough(10);
        assertThat(half.causal().context().members().size()).isEqualTo(1);
        assertThat(half.causal().cleared().size()).isEqualTo(1);
        assertThat(half.causal().cleared().covers(20, 2)).isTrue();
        assertThat(copy(set).forgetThrough(20).isCollection()).isFalse();
        assertThat(copy(set).forgetThrough(20).isTombstone()).isTrue();
        assertThat(copy(set).forgetThrough(21).isEmpty()).isTrue();
        assertThatThrownBy(() -> copy(set).changeMember(21, 1, Record.TYPE_SET)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void itsSmallestTimeIsThatOfTheOldestThingItBringsToLight() {
        Record first = write(new Record(), 10, 1, NOTHING, "5");
        Record both = write(first, 12, 2, NOTHING, "6");
        assertThat(both.minHlc()).isEqualTo(10);
        Record over = write(both, 20, 3, seen(both), "7");
        assertThat(over.minHlc()).isEqualTo(20);
        Record counted = copy(over).increment(21, 1, 1, 0);
        counted = write(counted, 22, 2, seen(counted), "8");
        assertThat(counted.minHlc()).isEqualTo(21);
        assertThat(counted.maxHlc()).isEqualTo(22);
        assertThat(counted.merge(new Record().setExpiry(4, 1, 9)).minHlc()).isEqualTo(4);
        assertThat(new Record().setValue(8, 1, 0, bytes("v"), 0, 1).merge(new Record().setExpiry(9, 1, 5)).minHlc()).isEqualTo(8);
        assertThat(new Record().setExpiry(9, 1, 5).minHlc()).isEqualTo(9);
    }

    @Test
    void aLaterVersionOfAWriteIsTheSameWriteAtALaterTime() {
        Record first = write(new Record(), 10, 1, NOTHING, "first");
        Record second = write(first, 11, 2, NOTHING, "second");
        Record revised = copy(second).reversion(20);
        assertThat(revised.maxHlc()).isEqualTo(20);
        assertThat(revised.maxActor()).isEqualTo(2);
        assertThat(revised.causal().sibling(0).hlc()).isEqualTo(20);
        assertThat(encoded(revised)).isEqualTo(encoded(write(first, 20, 2, NOTHING, "second")));
        Record counted = write(new Record(), 10, 1, NOTHING, "1");
        assertThat(encoded(copy(counted).increment(11, 1, 1, 0).reversion(20))).isEqualTo(encoded(copy(counted).increment(20, 1, 1, 0)));
        assertThat(encoded(copy(counted).expire(11, 1, 7).reversion(20))).isEqualTo(encoded(copy(counted).expire(20, 1, 7)));
    }

    @Test
    void aPrunedContextMayBringBackWhatWasSupersededAndLosesNothing() {
        Record record = new Record();
        for (int actor = 1; actor <= 5; actor++) {
            record = write(record, 10 + actor, actor, seen(record), "by " + actor);
        }
        Record concurrent = write(new Record(), 9, 7, NOTHING, "concurrent");
        Record pruned = copy(record).merge(concurrent).prune(2);
        assertThat(pruned.causal().actorCount()).isEqualTo(2);
        assertThat(siblings(pruned)).containsExactly("by 5", "concurrent");
        assertThat(copy(pruned).prune(0).causal().actorCount()).isEqualTo(2);
        assertThat(siblings(copy(pruned).merge(record))).containsExactly("by 5", "concurrent");
        assertThat(siblings(copy(pruned).merge(write(new Record(), 11, 1, NOTHING, "by 1")))).containsExactly("by 5", "by 1", "concurrent");
        Record counted = new Record().increment(10, 1, 1, 0).increment(11, 2, 1, 0);
        assertThat(copy(counted).prune(1).causal().context().counts().size()).isEqualTo(2);
    }

    @Test
    void moreThanIsReadIsRefusedAndMergingLosesNone() {
        Record many = new Record();
        for (int actor = 1; actor <= 300; actor++) {
            many.merge(write(new Record(), 10, actor, NOTHING, "v" + actor)).detach();
        }
        assertThat(many.causal().siblingCount()).isEqualTo(300);
        assertThat(many.causal().actorCount()).isEqualTo(300);
        assertThat(copy(many).causal().siblingCount()).isEqualTo(300);
        for (int actor = 301; actor <= CausalFormat.MAX_COUNT + 1; actor++) {
            many.merge(write(new Record(), 10, actor, NOTHING, ""));
        }
        assertThatThrownBy(() -> copy(many)).isInstanceOf(IllegalArgumentException.class);
    }

    private static Record member(Record over, long hlc, long actor) {
        return write(over, hlc, actor, seen(over), "");
    }

    @Test
    void aSetThatIsDeletedKeepsTheMembersThatWereAddedMeanwhile() {
        Record header = new Record().changeMember(10, 1, Record.TYPE_SET);
        Record member = member(new Record(), 10, 1);
        assertThat(header.isCollection()).isTrue();
        assertThat(header.hasMember(member, 0)).isTrue();
        Record deleted = copy(header).addTombstone(12, 2, seen(header));
        assertThat(deleted.hasMember(member, 0)).isFalse();
        assertThat(deleted.isTombstone()).isTrue();
        // Somebody else adds one, and one again that is there, without having heard of it.
        Record meanwhile = copy(header).changeMember(11, 3, Record.TYPE_SET).changeMember(13, 3, Record.TYPE_SET);
        Record other = member(new Record(), 11, 3);
        Record again = member(member, 13, 3);
        Record both = copy(deleted).merge(meanwhile);
        assertThat(both.hasMember(other, 0)).isTrue();
        assertThat(both.hasMember(again, 0)).isTrue();
        assertThat(both.hasMember(member, 0)).isFalse();
        assertThat(both.causal().type()).isEqualTo(Record.TYPE_SET);
        assertThat(encoded(copy(meanwhile).merge(deleted))).isEqualTo(encoded(both));
        assertThat(meanwhile.isHiddenBy(both)).isFalse();
        assertThat(header.isHiddenBy(deleted)).isFalse();
    }

    @Test
    void removingAMemberRemovesWhatWasSeenOfIt() {
        Record header = new Record().changeMember(10, 1, Record.TYPE_SET).changeMember(12, 2, Record.TYPE_SET);
        Record added = member(new Record(), 10, 1);
        Record removed = copy(added).addTombstone(12, 2, seen(added));
        assertThat(header.hasMember(removed, 0)).isFalse();
        Record addedAgain = member(added, 11, 3);
        Record both = new Record().changeMember(10, 1, Record.TYPE_SET).changeMember(11, 3, Record.TYPE_SET).merge(header);
        assertThat(both.hasMember(copy(removed).merge(addedAgain), 0)).isTrue();
    }

    @Test
    void aLastWriteWinsWriteVoidsMembersThatAreOlder() {
        Record header = new Record().changeMember(10, 1, Record.TYPE_SET);
        Record over = new Record().setValue(20, 9, 0, bytes("string"), 0, 6);
        Record both = copy(header).merge(over);
        assertThat(encoded(both)).isEqualTo(encoded(over));
        assertThat(both.hasMember(member(new Record(), 10, 1), 0)).isFalse();
        assertThat(both.hasMember(member(new Record(), 21, 1), 0)).as("of which the header does not know").isFalse();
        assertThat(copy(both).changeMember(21, 1, Record.TYPE_SET).hasMember(member(new Record(), 21, 1), 0)).isTrue();
        assertThat(both.hasMember(new Record().setValue(21, 1, 30, bytes(""), 0, 0), 30)).isFalse();
        assertThatThrownBy(() -> new Record().changeMember(1, 1, 0)).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aClientsContextVoidsMembersThatTheReplicaHasNotHeardOf() {
        Record header = new Record().changeMember(10, 1, Record.TYPE_SET);
        byte[] context = new byte[seen(header).size()];
        seen(header).encode(context, 0);
        Record elsewhere = new Record().addTombstone(11, 2, new Context().decode(context, 0, context.length));
        assertThat(elsewhere.isCollection()).isTrue();
        assertThat(copy(header).merge(elsewhere).hasMember(member(new Record(), 10, 1), 0)).isFalse();
    }

    @Test
    void aSetThatBeginsWhereAnotherWasForgottenHasNoneOfItsMembers() {
        Record old = member(new Record(), 10, 1);
        Record older = member(new Record(), 9, 2);
        // A set, a string over it, its deletion, and compaction: nothing of the header is left.
        Record header = new Record().changeMembers(20, 1, Record.TYPE_SET, true, NOTHING, true, 0);
        Record added = member(new Record(), 20, 1);
        assertThat(header.hasMember(added, 0)).isTrue();
        assertThat(header.hasMember(old, 0)).isFalse();
        Record changed = copy(header).changeMembers(21, 2, Record.TYPE_SET, true, seen(header), false, 0);
        assertThat(changed.hasMember(older, 0)).isFalse();
        assertThat(changed.hasMember(member(new Record(), 21, 2), 0)).isTrue();
        assertThat(changed.hasMember(added, 0)).isTrue();
    }

    @Test
    void anEndVoidsWhatIsOlderAndNothingElse() {
        long end = 1000;
        Record header = new Record().changeMembers(10, 1, Record.TYPE_SET, true, NOTHING, true, 0);
        Record ending = copy(header).expire(11, 1, end, 0);
        assertThat(ending.isLive(999)).isTrue();
        assertThat(ending.expireAtMillis()).isEqualTo(end);
        assertThat(ending.isLive(end)).isFalse();
        assertThat(ending.hasMember(member(new Record(), 10, 1), end)).isFalse();
        // Two add after the end: one who does not know of it, and one who begins anew.
        long late = end + 5 << 16;
        Record unaware = copy(header).changeMembers(late, 2, Record.TYPE_SET, true, seen(header), false, end + 5);
        Record both = copy(ending).merge(unaware);
        assertThat(both.isLive(end + 6)).isTrue();
        assertThat(both.showsCollection()).isTrue();
        assertThat(both.expireAtMillis()).isZero();
        assertThat(both.hasMember(member(new Record(), late, 2), end + 6)).isTrue();
        assertThat(both.hasMember(member(new Record(), 10, 1), end + 6)).isFalse();
        Record anew = copy(ending).changeMembers(late + 1, 3, Record.TYPE_SET, true, seen(ending), true, end + 5);
        Record all = copy(anew).merge(both);
        assertThat(all.hasMember(member(new Record(), late, 2), end + 6)).isTrue();
        assertThat(all.hasMember(member(new Record(), late + 1, 3), end + 6)).isTrue();
        assertThat(all.hasMember(member(new Record(), 10, 1), end + 6)).isFalse();
        // An end set upon what is left does not bring back what the other has ended.
        Record again = copy(both).expire(late + 9, 1, end + 9999, end + 6);
        assertThat(again.hasMember(member(new Record(), 10, 1), end + 7)).isFalse();
        assertThat(again.expireAtMillis()).isEqualTo(end + 9999);
    }

    @Test
    void whatIsAddedAnewIsThereForWhoHasTheHeaderOfBefore() {
        Record header = new Record().changeMembers(10, 1, Record.TYPE_SET, true, NOTHING, true, 0);
        Record member = member(new Record(), 10, 1);
        Record anew = member(member, 12, 1);
        assertThat(anew.hasValue()).isTrue();
        assertThat(header.hasMember(anew, 0)).isTrue();
        // Deleted by somebody who has not heard of it: it is as if it had been added meanwhile.
        Record deleted = copy(header).addTombstone(13, 2, seen(header));
        assertThat(copy(deleted).merge(copy(header).changeMembers(12, 1, Record.TYPE_SET, true, seen(header), false, 0)).hasMember(anew, 0)).isTrue();
    }

    @Test
    void aSetEndsThoughHybridTimeIsAheadOfTheClock() {
        long end = 1000;
        long ahead = end + 60_000 << 16;
        Record header = new Record().changeMembers(ahead, 1, Record.TYPE_SET, true, NOTHING, true, 0);
        header.expire(ahead + 1, 1, end, 0);
        Record added = copy(header).changeMembers(ahead + 2, 1, Record.TYPE_SET, true, seen(header), false, 500);
        assertThat(added.isLive(end - 1)).isTrue();
        assertThat(added.expireAtMillis()).isEqualTo(end);
        assertThat(added.isLive(end)).isFalse();
        assertThat(added.hasMember(member(new Record(), ahead, 1), end)).isFalse();
        assertThat(added.hasMember(member(new Record(), ahead + 2, 1), end)).isFalse();
        Record later = copy(added).changeMembers(ahead + 3, 1, Record.TYPE_SET, true, seen(added), true, end + 1);
        assertThat(later.isLive(end + 1)).isTrue();
        assertThat(later.hasMember(member(new Record(), ahead + 2, 1), end + 1)).isFalse();
        assertThat(later.hasMember(member(new Record(), ahead + 3, 1), end + 1)).isTrue();
    }

    @Test
    void whoAddsDoesNotTakeBackWhatOthersSayOfTheEnd() {
        long end = 1000;
        Record one = new Record().changeMembers(10, 1, Record.TYPE_SET, true, NOTHING, true, 0);
        Record other = new Record().changeMembers(10, 2, Record.TYPE_SET, true, NOTHING, true, 0);
        Record both = one.merge(other).expire(20, 1, end, 0);
        assertThat(both.expireAtMillis()).isEqualTo(end);
        Record persisted = copy(both).expire(21, 2, 0, 0);
        Record added = copy(both).changeMembers(22, 1, Record.TYPE_SET, true, seen(both), false, 0);
        assertThat(added.merge(persisted).isLive(end)).isTrue();
        assertThat(added.expireAtMillis()).isZero();
    }

    @Test
    void theHeaderTellsThatTheLatestChangeWasAnAddition() {
        Record header = new Record().changeMembers(10, 1, Record.TYPE_SET, true, NOTHING, true, 0);
        assertThat(header.isSurelyFilled()).isTrue();
        Record removed = copy(header).changeMembers(12, 2, Record.TYPE_SET, false, seen(header), false, 0);
        assertThat(removed.showsCollection()).isTrue();
        assertThat(removed.isSurelyFilled()).isFalse();
        Record added = copy(header).changeMembers(13, 3, Record.TYPE_SET, true, seen(header), false, 0);
        assertThat(copy(removed).merge(added).isSurelyFilled()).as("who removed had not seen it").isTrue();
        Record addedBefore = copy(header).changeMembers(11, 3, Record.TYPE_SET, true, seen(header), false, 0);
        assertThat(copy(removed).merge(addedBefore).isSurelyFilled()).isFalse();
        Record deleted = copy(added).addTombstone(14, 1, seen(added));
        assertThat(deleted.isLive(0)).isFalse();
        assertThat(deleted.showsCollection()).isFalse();
    }

    @Test
    void ofASetAndAStringTheLaterIsSeenAndTheNextChangeTakesThePlaceOfBoth() {
        Record set = new Record().changeMembers(10, 1, Record.TYPE_SET, true, NOTHING, true, 0);
        Record string = new Record().addSibling(12, 2, NOTHING, bytes("v"), 0, 1, 0);
        Record both = copy(set).merge(string);
        assertThat(both.showsCollection()).isFalse();
        assertThat(both.value()).isEqualTo(bytes("v"));
        Record later = copy(both).merge(copy(set).changeMembers(13, 1, Record.TYPE_SET, true, seen(set), false, 0));
        assertThat(later.showsCollection()).isTrue();
        Record changed = copy(later).changeMembers(20, 3, Record.TYPE_SET, false, seen(later), false, 0);
        assertThat(changed.causal().siblingCount()).isEqualTo(1);
        assertThat(changed.hasMember(member(new Record(), 13, 1), 0)).isTrue();
        Record overwritten = copy(changed).addSibling(21, 2, seen(changed), bytes("w"), 0, 1, 0);
        assertThat(overwritten.showsCollection()).isFalse();
        assertThat(overwritten.hasMember(member(new Record(), 13, 1), 0)).isFalse();
    }

    @Test
    void takesSoManyBytesBesideItsValues() {
        // As docs/data-model.md has them.
        assertThat(overhead(1, 1)).isEqualTo(24);
        assertThat(overhead(2, 1)).isEqualTo(40);
        assertThat(overhead(2, 2)).isEqualTo(43);
        assertThat(overhead(5, 1)).isEqualTo(88);
        assertThat(overhead(5, 5)).isEqualTo(100);
        assertThat(new Record().increment(10, 1, 1, 0).size() - 1).isEqualTo(41);
        assertThat(new Record().changeMembers(10, 1, Record.TYPE_SET, true, NOTHING, true, 0).size()).isEqualTo(58);
        assertThat(new Record().setValue(10, 1, 0, bytes("value"), 0, 5).size() - 5).isEqualTo(18);
    }

    private static int overhead(int actors, int siblings) {
        Record record = new Record();
        for (int actor = 1; actor <= actors; actor++) {
            Context seen = actor <= actors - siblings + 1 ? seen(record) : NOTHING;
            record = write(record, 10 + actor, actor, seen, "value");
        }
        assertThat(record.causal().siblingCount()).isEqualTo(siblings);
        return record.size() - siblings * 5;
    }
}
