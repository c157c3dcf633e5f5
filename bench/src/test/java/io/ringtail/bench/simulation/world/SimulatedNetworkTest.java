package io.ringtail.bench.simulation.world;

import static org.assertj.core.api.Assertions.assertThat;

import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.transport.ReplyPath;
import io.ringtail.cluster.transport.TransportListener;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SimulatedNetworkTest {
    private static final long MILLI = 1_000_000;

    private final SimulatedWorld world = new SimulatedWorld(11);
    private final SimulatedMachine one = world.addMachine(0, 0);
    private final SimulatedMachine two = world.addMachine(0, 0);
    private Node a = new Node(one);
    private Node b = new Node(two);

    /** Writes down what it is told, and answers every request with its words and "!". */
    private final class Node implements TransportListener {
        final SimulatedMachine machine;
        final SimulatedLoop loop;
        final SimulatedTransport transport;
        final List<String> told = new ArrayList<>();
        boolean answers = true;

        Node(SimulatedMachine machine) {
            this.machine = machine;
            this.loop = machine.newLoop("data-0");
            this.transport = world.network().open(loop, 1, id(machine));
            transport.start(this);
        }

        @Override
        public void request(ReplyPath from, byte[] message, int offset, int size) {
            String text = new String(message, offset, size, StandardCharsets.UTF_8);
            told.add("request " + text);
            if (answers) {
                byte[] answer = (text + "!").getBytes(StandardCharsets.UTF_8);
                from.send(answer, 0, answer.length);
            }
        }

        @Override
        public void reply(long memberId, byte[] message, int offset, int size) {
            told.add("reply " + new String(message, offset, size, StandardCharsets.UTF_8));
        }

        @Override
        public void linkUp(long memberId) {
            told.add("up " + memberId);
        }

        @Override
        public void linkDown(long memberId) {
            told.add("down " + memberId);
        }

        /** Sends from within a turn of the loop. */
        void send(Node to, String... texts) {
            loop.execute(() -> {
                for (String text : texts) {
                    byte[] message = text.getBytes(StandardCharsets.UTF_8);
                    transport.send(id(to.machine), message, 0, message.length);
                }
            });
        }
    }

    private static long id(SimulatedMachine machine) {
        return machine.index() + 1L;
    }

    private static Member member(SimulatedMachine machine) {
        return new Member(id(machine), machine.host(), SimulatedMachine.NODE_PORT, 6379, 1, "");
    }

    private void link() {
        a.transport.members(List.of(member(two)));
        b.transport.members(List.of(member(one)));
        runMillis(300);
        assertThat(a.told).containsExactly("up 2");
        assertThat(b.told).containsExactly("up 1");
        a.told.clear();
        b.told.clear();
    }

    private void runMillis(long millis) {
        world.runUntil(world.nowNanos() + millis * MILLI);
    }

    @Test
    void requestsArriveInOrderAndAnswersComeBack() {
        link();
        a.send(b, "x", "y");
        a.send(b, "z");
        runMillis(100);
        assertThat(b.told).containsExactly("request x", "request y", "request z");
        assertThat(a.told).containsExactly("reply x!", "reply y!", "reply z!");
    }

    @Test
    void whatOneTurnSendsGoesTogether() {
        link();
        long batches = world.network().batches();
        a.send(b, "x", "y", "z");
        runMillis(100);
        // One there and one back.
        assertThat(world.network().batches() - batches).isEqualTo(2);
        assertThat(world.network().messages()).isEqualTo(6);
    }

    @Test
    void orderIsKeptHoweverLateBatchesAre() {
        link();
        world.network().slow(one, two, 50 * MILLI);
        List<String> expected = new ArrayList<>();
        for (int i = 0; i < 200; i++) {
            a.send(b, "m" + i);
            expected.add("request m" + i);
            runMillis(1);
        }
        runMillis(500);
        assertThat(b.told).isEqualTo(expected);
    }

    @Test
    void nothingIsSentBeforeTheLinkIsUp() {
        byte[] message = {1};
        assertThat(a.transport.send(2, message, 0, 1)).isFalse();
        assertThat(a.transport.isResponsive(2)).isFalse();
        link();
        assertThat(a.transport.isResponsive(2)).isTrue();
    }

    @Test
    void aBrokenLinkIsToldAndMendedAndLosesWhatWasOnItsWay() {
        link();
        a.send(b, "lost");
        world.runUntil(world.nowNanos() + 10_000);
        world.network().breakLinks(one, two);
        runMillis(1000);
        assertThat(b.told).containsExactly("down 1", "up 1");
        assertThat(a.told).containsExactly("down 2", "up 2");
        a.send(b, "again");
        runMillis(100);
        assertThat(b.told).endsWith("request again");
    }

    @Test
    void aShortCutDelaysAndLosesNothing() {
        link();
        world.network().cut(one, two, true);
        a.send(b, "x", "y");
        b.send(a, "from the other side");
        runMillis(400);
        assertThat(b.told).isEmpty();
        assertThat(a.told).as("only one way is cut").containsExactly("request from the other side");
        world.network().cut(one, two, false);
        runMillis(100);
        assertThat(b.told).containsExactly("request x", "request y", "reply from the other side!");
    }

    @Test
    void aCutIsNoticedAfterHalfASecondAndGivenUpLater() {
        link();
        world.network().cut(two, one, true);
        runMillis(499);
        assertThat(a.transport.isResponsive(2)).isTrue();
        runMillis(2);
        assertThat(a.transport.isResponsive(2)).isFalse();
        assertThat(b.transport.isResponsive(1)).isFalse();
        assertThat(a.told).isEmpty();
        runMillis(3000);
        assertThat(a.told).containsExactly("down 2");
        world.network().cut(two, one, false);
        runMillis(1000);
        assertThat(a.told).containsExactly("down 2", "up 2");
        assertThat(a.transport.isResponsive(2)).isTrue();
    }

    @Test
    void theEndsOfALinkLearnOfItsEndAtDifferentMoments() {
        link();
        a.answers = true;
        boolean differ = false;
        for (int i = 0; i < 20 && !differ; i++) {
            world.network().breakLinks(one, two);
            while (a.told.isEmpty() && b.told.isEmpty()) {
                runMillis(1);
            }
            differ = a.told.isEmpty() != b.told.isEmpty();
            runMillis(1000);
            a.told.clear();
            b.told.clear();
        }
        assertThat(differ).isTrue();
    }

    @Test
    void aKilledProcessIsNoticedAtOnce() {
        link();
        two.crash(false);
        runMillis(50);
        assertThat(a.told).containsExactly("down 2");
        runMillis(1000);
        assertThat(a.told).hasSize(1);
        two.switchOn();
        b = new Node(two);
        runMillis(1000);
        assertThat(a.told).containsExactly("down 2", "up 2");
        a.send(b, "hello");
        runMillis(100);
        assertThat(b.told).containsExactly("request hello");
    }

    @Test
    void aMachineWithoutPowerIsNoticedByItsSilence() {
        link();
        two.crash(true);
        runMillis(900);
        assertThat(a.told).isEmpty();
        assertThat(a.transport.isResponsive(2)).isFalse();
        runMillis(2000);
        assertThat(a.told).containsExactly("down 2");
    }

    @Test
    void aProcessThatDiedBehindACutKnowsNothingOfOldLinks() {
        link();
        world.network().cut(one, two, true);
        world.network().cut(two, one, true);
        runMillis(10);
        two.crash(false);
        two.switchOn();
        b = new Node(two);
        a.send(b, "to the old one");
        runMillis(100);
        assertThat(a.told).isEmpty();
        world.network().cut(one, two, false);
        world.network().cut(two, one, false);
        runMillis(1000);
        assertThat(a.told).containsExactly("down 2", "up 2");
        assertThat(b.told).isEmpty();
    }

    @Test
    void aPausedProcessAnswersWhenItGoesOn() {
        link();
        two.pause(800 * MILLI);
        a.send(b, "x");
        runMillis(600);
        assertThat(a.transport.isResponsive(2)).isFalse();
        assertThat(b.told).isEmpty();
        runMillis(300);
        assertThat(a.told).containsExactly("reply x!");
    }

    @Test
    void whatIsOnItsWayIsBounded() {
        link();
        b.answers = false;
        byte[] large = new byte[1 << 20];
        int taken = 0;
        while (a.transport.send(2, large, 0, large.length)) {
            taken++;
        }
        assertThat(taken).isEqualTo(8);
        runMillis(100);
        assertThat(a.transport.send(2, large, 0, large.length)).isTrue();
    }

    @Test
    void aPeerThatDoesNotTakeItsAnswersLosesTheLink() {
        link();
        byte[] large = new byte[3 << 20];
        a.transport.send(2, large, 0, large.length);
        a.transport.send(2, large, 0, large.length);
        world.network().cut(two, one, true);
        runMillis(10);
        a.transport.send(2, large, 0, large.length);
        runMillis(200);
        assertThat(b.told).hasSize(3);
        assertThat(a.told).containsExactly("down 2");
    }

    @Test
    void duplicatesArriveLaterAndTheirAnswersLeadNowhere() {
        link();
        world.network().duplicate(1, type -> type == 'd');
        a.send(b, "double", "single");
        runMillis(3000);
        assertThat(b.told).containsExactly("request double", "request single", "request double");
        assertThat(a.told).containsExactly("reply double!", "reply single!");
    }

    @Test
    void aContactTellsWhoIsThere() {
        a.transport.contact(two.host(), SimulatedMachine.NODE_PORT);
        runMillis(100);
        assertThat(a.told).containsExactly("up 2");
        a.send(b, "join");
        runMillis(100);
        assertThat(a.told).containsExactly("up 2", "reply join!");
    }

    @Test
    void aContactIsTriedOnceAndDroppedWhenItIsLongOfNoUse() {
        SimulatedMachine three = world.addMachine(0, 0);
        a.transport.contact(three.host(), SimulatedMachine.NODE_PORT);
        runMillis(1000);
        new Node(three);
        runMillis(1000);
        assertThat(a.told).isEmpty();
        a.transport.contact(three.host(), SimulatedMachine.NODE_PORT);
        runMillis(100);
        a.transport.members(List.of(member(two)));
        runMillis(5000);
        assertThat(a.told).containsExactlyInAnyOrder("up 3", "up 2");
        runMillis(6000);
        assertThat(a.told).endsWith("down 3");
    }

    @Test
    void aMemberThatIsGoneIsGivenUp() {
        link();
        a.transport.members(List.of());
        runMillis(2000);
        assertThat(a.told).containsExactly("down 2");
        assertThat(b.told).isEmpty();
    }

    @Test
    void loopsTalkToLoopsOfTheirKindAsFarAsThereAre() {
        SimulatedMachine three = world.addMachine(0, 0);
        List<SimulatedTransport> transports = IntStream.range(0, 3)
                .mapToObj(kind -> world.network().open(three.newLoop("loop-" + kind), kind, 3))
                .toList();
        transports.forEach(transport -> transport.start(new Quiet()));
        assertThat(world.network().answering(one, three.host(), SimulatedMachine.NODE_PORT, 0)).isSameAs(transports.get(0));
        assertThat(world.network().answering(one, three.host(), SimulatedMachine.NODE_PORT, 2)).isSameAs(transports.get(2));
        assertThat(world.network().answering(one, three.host(), SimulatedMachine.NODE_PORT, 3)).isSameAs(transports.get(1));
        assertThat(world.network().answering(one, two.host(), SimulatedMachine.NODE_PORT, 0)).isNull();
    }

    private static final class Quiet implements TransportListener {
        @Override
        public void request(ReplyPath from, byte[] message, int offset, int size) {}

        @Override
        public void reply(long memberId, byte[] message, int offset, int size) {}

        @Override
        public void linkUp(long memberId) {}

        @Override
        public void linkDown(long memberId) {}
    }
}
