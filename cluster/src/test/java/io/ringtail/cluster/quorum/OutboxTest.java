package io.ringtail.cluster.quorum;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** What an outbox keeps of what it has sent. */
class OutboxTest {
    @Test
    void groupsThatAreTakenAreNotKept() {
        Outbox outbox = new Outbox(2);
        ReadGroup[] groups = new ReadGroup[100];
        for (int i = 0; i < groups.length; i++) {
            groups[i] = new ReadGroup();
            outbox.addConfirmation(groups[i], i);
        }
        assertThat(outbox.takeConfirmationGroups()).containsExactly(groups);
        assertThat(outbox.confirmationGroups).containsOnlyNulls();
    }
}
