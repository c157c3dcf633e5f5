package io.ringtail.cluster.coordinator;

import static io.ringtail.cluster.quorum.QuorumWorld.hlc;
import static io.ringtail.cluster.quorum.QuorumWorld.key;
import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.quorum.QuorumWorld;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.Record;
import org.junit.jupiter.api.Test;

/** What was read for a pipeline serves the commands it was read for, and shows what they have changed. */
class ReadAheadTest {
    private final CommandContext context = new CommandContext();

    @Test
    void commandsThatCameLaterReadAnew() {
        int ignored = context.add(key("a"));
        context.readAheadFor(2);
        context.awaited(true);
        context.commandBegins();
        context.awaited(false);
        context.commandBegins();
        context.commandBegins();
        assertThat(context.hasFetched()).isTrue();
        context.commandBegins();
        assertThat(context.hasFetched()).isFalse();
    }

    @Test
    void aDatabaseThatIsClearedIsEmptyForTheCommandsBehind() {
        try (QuorumWorld world = new QuorumWorld(3)) {
            QuorumWorld.Node node = world.node(1);
            Key[] keys = {key("a")};
            for (QuorumWorld.Node each : world.nodes) {
                each.put(keys[0], hlc(-1000), "v");
            }
            assertThat(node.session.begin(context)).isTrue();
            assertThat(node.session.fetch(keys, 1, -1, () -> {})).isFalse();
            world.pass(10);
            context.readable(true);
            Record found = new Record();
            assertThat(node.session.read(keys[0], found)).isTrue();
            node.beginTurn();
            node.session.enterExclusive();
            node.session.clearDatabase(0);
            node.session.exitExclusive();
            assertThat(node.session.read(keys[0], found)).isFalse();
            world.pass(10);
        }
    }
}
