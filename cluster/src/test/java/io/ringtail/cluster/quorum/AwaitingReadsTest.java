package io.ringtail.cluster.quorum;

import static org.assertj.core.api.Assertions.as;
import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.Test;

/** Who is told of what when a replica's answer comes. */
class AwaitingReadsTest {
    private final AwaitingReads gathered = new AwaitingReads();

    private ReadGroup group(int reads) {
        ReadGroup group = new ReadGroup();
        for (int i = 0; i < reads; i++) {
            group.add(i, 100 + i, 1);
        }
        return group;
    }

    @Test
    void eachReadIsToldOfItsOwnVersion() {
        ReadGroup first = group(5);
        ReadGroup second = group(3);
        // In the order of the message: 0 1 2 of the first, all of the second, then 3 and 4 of the first.
        for (int read : new int[] {0, 1, 2}) {
            gathered.add(first, read);
        }
        for (int read : new int[] {0, 1, 2}) {
            gathered.add(second, read);
        }
        gathered.add(first, 3);
        gathered.add(first, 4);
        assertThat(gathered.count()).isEqualTo(8);
        AwaitingReads reads = gathered.take();
        assertThat(reads.confirmBefore(2)).isEqualTo(2);
        reads.doubt();
        assertThat(reads.confirmBefore(5)).isEqualTo(2);
        reads.doubt();
        assertThat(second.isDone()).isTrue();
        assertThat(first.isDone()).isFalse();
        assertThat(reads.confirmBefore(8)).isEqualTo(2);
        assertThat(reads.allTold()).isTrue();
        assertThat(first.isDone()).isTrue();
        assertThat(first.doubtfulReplies()).hasToString("{2}");
        assertThat(second.doubtfulReplies()).hasToString("{2}");
    }

    @Test
    void readsThatOtherMembersWereAskedForInBetweenAreNotToldOf() {
        ReadGroup group = group(4);
        gathered.add(group, 0);
        gathered.add(group, 2);
        AwaitingReads reads = gathered.take();
        reads.doubt();
        reads.doubt();
        assertThat(group.doubtfulReplies()).hasToString("{0, 2}");
        assertThat(group.isDone()).isFalse();
    }

    @Test
    void whoeverIsToldMayTellTheRestMeanwhile() {
        ReadGroup first = group(2);
        ReadGroup second = group(2);
        for (ReadGroup group : List.of(first, second)) {
            gathered.add(group, 0);
            gathered.add(group, 1);
        }
        AwaitingReads reads = gathered.take();
        first.whenDone(() -> {
            while (!reads.allTold()) {
                reads.doubt();
            }
        });
        assertThat(reads.confirmBefore(4)).isEqualTo(4);
        assertThat(second.isDone()).isTrue();
        assertThat(second.doubtfulReplies()).hasToString("{0, 1}");
    }

    @Test
    void whatWasTakenIsNotKept() {
        for (int i = 0; i < 100; i++) {
            gathered.add(group(1), 0);
        }
        assertThat(gathered.take().count()).isEqualTo(100);
        assertThat(gathered.count()).isZero();
        assertThat(gathered).extracting("groups", as(InstanceOfAssertFactories.ARRAY)).containsOnlyNulls();
    }
}
