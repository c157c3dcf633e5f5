package io.ringtail.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.cluster.topology.Member;
import io.ringtail.server.loop.Sockets;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.SocketTimeoutException;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Nodes among themselves: messages, breaks, cuts, pings, what shares a write. */
class PeerNetworkTest {
    private final List<PeerNode> nodes = new ArrayList<>();
    private LogLines log = new LogLines();

    @BeforeEach
    void listen() {
        log.close();
        log = new LogLines();
    }

    @AfterEach
    void close() {
        nodes.forEach(PeerNode::close);
        log.close();
        assertThat(log.errors()).isEmpty();
    }

    private PeerNode node(long id, int loopCount) {
        return add(new PeerNode(id, loopCount));
    }

    private PeerNode add(PeerNode node) {
        nodes.add(node);
        return node;
    }

    private static void awaitUp(PeerNode... nodes) {
        await().untilAsserted(() -> {
            for (PeerNode node : nodes) {
                for (PeerNode other : nodes) {
                    if (node != other) {
                        assertThat(node.control.isUp(other.id)).isTrue();
                        for (PeerNode.Desk desk : node.data) {
                            assertThat(desk.isUp(other.id)).isTrue();
                        }
                    }
                }
            }
        });
    }

    private static String[] numbered(String name, int count) {
        return IntStream.range(0, count).mapToObj(i -> name + i).toArray(String[]::new);
    }

    private static List<String> answers(PeerNode.Desk desk, long from) {
        return desk.events.stream().filter(event -> event.startsWith(from + ": ")).toList();
    }

    @ParameterizedTest
    @EnumSource(Sockets.class)
    void everyLoopAsksEveryOtherNodeAndIsAnsweredInOrder(Sockets sockets) {
        if (sockets == Sockets.EPOLL && Sockets.best() != Sockets.EPOLL) {
            return;
        }
        PeerNode a = add(new PeerNode(PeerNode.options(1), 2, sockets));
        PeerNode b = add(new PeerNode(PeerNode.options(2), 2, sockets));
        PeerNode c = add(new PeerNode(PeerNode.options(3), 2, sockets));
        PeerNode.introduce(a, b, c);
        awaitUp(a, b, c);
        for (PeerNode from : nodes) {
            for (PeerNode to : nodes) {
                if (from != to) {
                    assertThat(from.control.ask(to.id, numbered("c", 50))).isEqualTo(50);
                    for (PeerNode.Desk desk : from.data) {
                        assertThat(desk.ask(to.id, numbered("d", 50))).isEqualTo(50);
                    }
                }
            }
        }
        await().untilAsserted(() -> {
            for (PeerNode from : nodes) {
                for (PeerNode to : nodes) {
                    if (from != to) {
                        assertThat(answers(from.control, to.id)).containsExactly(numbered(to.id + ": c", 50));
                        for (PeerNode.Desk desk : from.data) {
                            assertThat(answers(desk, to.id)).containsExactly(numbered(to.id + ": d", 50));
                        }
                    }
                }
            }
        });
        for (PeerNode node : nodes) {
            assertThat(node.control.threads).isEqualTo("cluster-control");
            assertThat(node.control.requests).hasSize(100);
            // Two other nodes with two loops each make four connections: each of the two loops here serves two.
            for (PeerNode.Desk desk : node.data) {
                assertThat(desk.threads).startsWith("loop-" + node.id);
                assertThat(desk.requests).hasSize(100);
            }
        }
    }

    @Test
    void aBrokenLinkIsToldOnceAndComesBackByItself() {
        PeerNode a = node(1, 1);
        PeerNode b = new PeerNode(2, 1);
        PeerNode.introduce(a, b);
        awaitUp(a, b);
        b.data.getFirst().answering = false;
        assertThat(a.data.getFirst().ask(2, "never answered")).isEqualTo(1);
        b.close();
        await().until(() -> !a.control.isUp(2) && !a.data.getFirst().isUp(2));
        assertThat(a.data.getFirst().ask(2, "nobody there")).isZero();
        assertThat(a.data.getFirst().isResponsive(2)).isFalse();
        await().until(() -> log.warned("no link to node 000000000002"));
        PeerNode again = add(new PeerNode(onPort(2, b.port), 1));
        PeerNode.introduce(a, again);
        awaitUp(a, again);
        a.data.getFirst().ask(2, "and again");
        await().until(() -> answers(a.data.getFirst(), 2).contains("2: and again"));
        for (PeerNode.Desk desk : List.of(a.control, a.data.getFirst())) {
            assertThat(desk.events.stream().filter(event -> !event.startsWith("2:"))).containsExactly("up 2", "down 2", "up 2");
        }
    }

    private static PeerOptions onPort(long id, int port) {
        return new PeerOptions(id, 2, "test", "", List.of("127.0.0.1"), port, 500, 5000, 3000, 2000, 60_000, 64 << 20, 600 << 20);
    }

    @Test
    void aRemovedMemberIsLetGoAndAnAddedOneIsReached() {
        PeerNode a = node(1, 1);
        PeerNode b = node(2, 1);
        PeerNode c = node(3, 1);
        PeerNode.introduce(a, b);
        awaitUp(a, b);
        a.network.members(List.of(a.member(), c.member()));
        await().until(() -> a.control.isUp(3) && a.data.getFirst().isUp(3) && !a.control.isUp(2));
        assertThat(a.control.ask(2, "gone")).isZero();
        a.network.members(List.of(a.member(), b.member(), c.member()));
        await().until(() -> a.control.isUp(2) && a.data.getFirst().isUp(2));
    }

    @Test
    void aNodeThatIsKnownByAddressIsReachedByTheIdItNames() {
        PeerNode a = node(1, 1);
        PeerNode b = new PeerNode(2, 1);
        a.network.contact("localhost", b.port);
        a.network.contact("127.0.0.1", b.port);
        await().until(() -> a.control.isUp(2));
        assertThat(a.control.ask(2, "hello")).isEqualTo(1);
        await().until(() -> answers(a.control, 2).contains("2: hello"));
        assertThat(a.data.getFirst().events).isEmpty();
        b.close();
        await().until(() -> !a.control.isUp(2));
        assertThat(a.control.events).containsExactly("up 2", "2: hello", "down 2");
    }

    @Test
    void aContactThatIsNotUsedEndsUnlessItIsAMembers() {
        PeerNode a = add(new PeerNode(
                new PeerOptions(1, 1, "test", "", List.of("127.0.0.1"), 0, 500, 5000, 3000, 2000, 300, 64 << 20, 600 << 20),
                1));
        PeerNode b = node(2, 1);
        PeerNode c = node(3, 1);
        a.network.contact("localhost", b.port);
        a.network.contact("localhost", c.port);
        await().until(() -> a.control.isUp(2) && a.control.isUp(3));
        a.network.members(List.of(b.member()));
        await().until(() -> a.control.count("down 3") == 1);
        assertThat(a.control.events.stream().filter(event -> event.endsWith(" 2"))).containsExactly("up 2");
    }

    @Test
    void aMemberThatHasMovedIsLookedForAtItsNewAddress() {
        PeerNode a = node(1, 1);
        PeerNode b = node(2, 1);
        a.network.members(List.of(b.member()));
        await().until(() -> a.control.isUp(2) && a.data.getFirst().isUp(2));
        // The same member at two addresses, as when its machine has two: the link goes to the one that is said last.
        PeerNode moved = node(2, 1);
        a.network.members(List.of(moved.member()));
        await().until(() -> a.control.count("up 2") == 2 && a.data.getFirst().count("up 2") == 2);
        a.control.ask(2, "where are you?");
        await().until(() -> moved.control.requests.contains("1: where are you?"));
        assertThat(b.control.requests).isEmpty();
    }

    @Test
    void aNodeThatHasReachedUsIsTriedAgainAtOnce() throws Exception {
        int hourMillis = 3_600_000;
        PeerNode a = add(new PeerNode(
                new PeerOptions(1, 1, "test", "", List.of("127.0.0.1"), 0, 500, 5000, 3000, hourMillis, 60_000, 64 << 20, 600 << 20),
                1));
        try (ServerSocket listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            a.network.members(List.of(new Member(2, "127.0.0.1", listening.getLocalPort(), 1, 1, "")));
            for (int i = 0; i < 2; i++) {
                try (RawPeer refusing = RawPeer.accept(listening)) {
                    refusing.receive();
                    refusing.send(Handshake.encode(new Handshake.Refused(Refusal.TOO_MANY.code(), 1, 1)));
                    refusing.drain();
                }
            }
            await().until(() -> log.warnings().stream().filter(line -> line.contains("it refuses this node")).count() == 2);
            // Both loops would now wait for half an hour or more. Whether one of them waits long enough since its last attempt is seen by trying.
            await().until(() -> {
                RawPeer.connect(a.port).greet(RawPeer.hello(2)).close();
                listening.setSoTimeout(100);
                try (RawPeer reached = new RawPeer(listening.accept())) {
                    reached.admit(2);
                    return a.control.isUp(2) || a.data.getFirst().isUp(2);
                } catch (SocketTimeoutException e) {
                    return false;
                }
            });
        }
    }

    private static final int HOUR_MILLIS = 3_600_000;

    /** A node that does nothing by itself for an hour: what it does before that it does because the other one is alive. */
    private PeerNode patient() {
        return add(new PeerNode(
                new PeerOptions(1, 1, "test", "", List.of("127.0.0.1"), 0, 500, HOUR_MILLIS, HOUR_MILLIS, HOUR_MILLIS, 60_000,
                        64 << 20, 600 << 20),
                1));
    }

    private static void introduce(PeerNode a, ServerSocket listening) {
        a.network.members(List.of(new Member(2, "127.0.0.1", listening.getLocalPort(), 1, 1, "")));
    }

    private static boolean isOfControl(byte[] hello) {
        return Handshake.decodeHello(hello, 0, hello.length).purpose() == Handshake.Purpose.CONTROL;
    }

    @Test
    void aNodeThatOneLoopHasReachedIsTriedByTheOthersAtOnce() throws Exception {
        PeerNode a = patient();
        try (ServerSocket listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            introduce(a, listening);
            try (RawPeer first = RawPeer.accept(listening);
                    RawPeer second = RawPeer.accept(listening)) {
                boolean firstIsOfControl = isOfControl(first.receive());
                assertThat(isOfControl(second.receive())).isEqualTo(!firstIsOfControl);
                RawPeer control = firstIsOfControl ? first : second;
                RawPeer data = firstIsOfControl ? second : first;
                data.send(Handshake.encode(new Handshake.Refused(Refusal.TOO_MANY.code(), 1, 1)));
                data.drain();
                await().until(() -> log.warned("it refuses this node"));
                control.admitGreeted(2);
                try (RawPeer again = RawPeer.accept(listening).admit(2)) {
                    await().until(() -> a.control.isUp(2) && a.data.getFirst().isUp(2));
                    assertThat(again.socket.isConnected()).isTrue();
                }
            }
        }
    }

    @Test
    void anAttemptThatIsStuckIsGivenUpForANewOneWhenTheNodeIsAlive() throws Exception {
        PeerNode a = patient();
        try (ServerSocket listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            introduce(a, listening);
            try (RawPeer first = RawPeer.accept(listening);
                    RawPeer second = RawPeer.accept(listening)) {
                first.receive();
                second.receive();
                try (RawPeer contact = RawPeer.connect(a.port).greet(RawPeer.hello(2));
                        RawPeer third = RawPeer.accept(listening).admit(2);
                        RawPeer fourth = RawPeer.accept(listening).admit(2)) {
                    await().until(() -> a.control.isUp(2) && a.data.getFirst().isUp(2));
                    assertThat(first.drain() + second.drain()).as("they were closed").isZero();
                    assertThat(List.of(contact, third, fourth)).allMatch(peer -> peer.socket.isConnected());
                }
            }
        }
    }

    @Test
    void aLinkThatIsSilentIsMadeAnewWhenTheNodeIsAlive() throws Exception {
        PeerNode a = patient();
        try (ServerSocket listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            introduce(a, listening);
            try (RawPeer first = RawPeer.accept(listening).admit(2);
                    RawPeer second = RawPeer.accept(listening).admit(2)) {
                // They answer no ping.
                await().until(() -> a.control.isUp(2) && a.data.getFirst().isUp(2));
                await().until(() -> !a.control.isResponsive(2) && !a.data.getFirst().isResponsive(2));
                // A link that has only just fallen silent may be a busy machine's.
                await().until(() -> {
                    a.network.alive(2);
                    return a.control.count("down 2") + a.data.getFirst().count("down 2") == 2;
                });
                try (RawPeer third = RawPeer.accept(listening).admit(2);
                        RawPeer fourth = RawPeer.accept(listening).admit(2)) {
                    await().until(() -> a.control.count("up 2") == 2 && a.data.getFirst().count("up 2") == 2);
                    assertThat(a.control.count("down 2") + a.data.getFirst().count("down 2")).isEqualTo(2);
                    assertThat(List.of(first, second, third, fourth)).allMatch(peer -> peer.socket.isConnected());
                }
                assertThat(log.warned("though the node is alive")).isTrue();
            }
        }
    }

    @Test
    void whatATurnSaysToANodeSharesOneWrite() {
        PeerNode a = node(1, 1);
        PeerNode b = node(2, 1);
        PeerNode.introduce(a, b);
        awaitUp(a, b);
        PeerNode.Desk desk = a.data.getFirst();
        long messages = a.counts(2).messagesOut.sum();
        long writes = a.counts(2).writes.sum();
        long answersBefore = b.counts(1).messagesOut.sum();
        long answerWrites = b.counts(1).writes.sum();
        long pings = a.counts(2).pings.sum() + b.counts(1).pings.sum();
        assertThat(desk.ask(2, numbered("together ", 500))).isEqualTo(500);
        await().until(() -> desk.answers.get() == 500);
        // Pings and their answers, which may fall into the same moment, have writes of their own.
        long other = a.counts(2).pings.sum() + b.counts(1).pings.sum() - pings;
        assertThat(a.counts(2).messagesOut.sum() - messages).isBetween(500L, 500 + 2 * other);
        assertThat(a.counts(2).writes.sum() - writes).isBetween(1L, 1 + 2 * other);
        assertThat(b.counts(1).messagesOut.sum() - answersBefore).isBetween(500L, 500 + 2 * other);
        assertThat(b.counts(1).writes.sum() - answerWrites).isBetween(1L, 1 + 2 * other);
    }

    @Test
    void largeMessagesGoThroughWhole() {
        PeerNode a = node(1, 1);
        PeerNode b = node(2, 1);
        PeerNode.introduce(a, b);
        awaitUp(a, b);
        b.data.getFirst().answer = text -> text.length() + " " + text.hashCode();
        String large = "0123456789abcdef".repeat(2 << 20);
        // The first is larger than what may wait, but nothing else does; the second finds the queue full.
        PeerNode.Desk desk = a.data.getFirst();
        assertThat(desk.ask(2, large, large, large)).isLessThan(3).isPositive();
        await().until(() -> answers(desk, 2).contains("2: " + large.length() + " " + large.hashCode()));
        assertThat(a.counts(2).overflows.sum()).isPositive();
        await().until(() -> b.network.receiveMemory().occupiedBytes() == 0);
    }

    @Test
    void silentLinksArePingedAndStayResponsive() {
        PeerNode a = node(1, 1);
        PeerNode b = node(2, 1);
        PeerNode.introduce(a, b);
        awaitUp(a, b);
        await().until(() -> a.counts(2).pings.sum() >= 10);
        assertThat(a.control.isResponsive(2)).isTrue();
        assertThat(a.data.getFirst().isResponsive(2)).isTrue();
        assertThat(a.counts(2).roundTripNanos).isPositive();
        assertThat(a.data.getFirst().events).containsExactly("up 2");
        assertThat(a.control.isResponsive(3)).isFalse();
    }

    @Test
    void aCutSilencesLinksAndHealingMakesThemAnew() {
        PeerNode a = node(1, 1);
        PeerNode b = node(2, 1);
        PeerNode c = node(3, 1);
        PeerNode.introduce(a, b, c);
        awaitUp(a, b, c);
        PeerNode.Desk desk = a.data.getFirst();
        a.network.faults().cut(2);
        assertThat(desk.ask(2, "into the void")).isEqualTo(1);
        await().until(() -> !desk.isResponsive(2) && !b.control.isResponsive(1));
        assertThat(desk.isUp(2)).isTrue();
        assertThat(b.data.getFirst().requests).isEmpty();
        assertThat(desk.isResponsive(3)).isTrue();
        assertThat(b.control.isResponsive(3)).isTrue();
        a.network.faults().heal(2);
        await().until(() -> desk.count("up 2") == 2 && desk.isResponsive(2) && b.control.isResponsive(1));
        assertThat(desk.events.stream().filter(event -> event.endsWith(" 2"))).containsExactly("up 2", "down 2", "up 2");
        desk.ask(2, "through again");
        await().until(() -> answers(desk, 2).equals(List.of("2: through again")));
        assertThat(b.data.getFirst().requests).containsExactly("1: through again");
        assertThat(c.data.getFirst().count("down 1")).isZero();
    }

    /** By the clock of the machine: what is delayed cannot be there earlier, however busy it is. */
    @Test
    void aDelayHasMessagesLeaveLaterAndInOrderAndEndsWithoutOvertaking() {
        PeerNode a = node(1, 1);
        PeerNode b = node(2, 1);
        PeerNode.introduce(a, b);
        awaitUp(a, b);
        PeerNode.Desk desk = a.data.getFirst();
        a.network.faults().delay(2, 300);
        long began = System.nanoTime();
        desk.ask(2, "one", "two");
        desk.ask(2, "three");
        a.network.faults().delay(2, 0);
        desk.ask(2, "four");
        await().until(() -> b.data.getFirst().requests.size() == 4);
        assertThat(System.nanoTime() - began).isGreaterThanOrEqualTo(300_000_000L);
        assertThat(b.data.getFirst().requests).containsExactly("1: one", "1: two", "1: three", "1: four");
        desk.ask(2, "five");
        await().until(() -> answers(desk, 2).size() == 5);
        assertThat(desk.count("down 2")).isZero();
    }

    @Test
    void aCutOfOneDirectionLetsTheOtherThrough() {
        PeerNode a = node(1, 1);
        PeerNode b = node(2, 1);
        PeerNode.introduce(a, b);
        awaitUp(a, b);
        PeerNode.Desk desk = a.data.getFirst();
        a.network.faults().dropFrom(2);
        assertThat(desk.ask(2, "heard, not answered")).isEqualTo(1);
        await().until(() -> b.data.getFirst().requests.contains("1: heard, not answered"));
        await().until(() -> !desk.isResponsive(2));
        assertThat(answers(desk, 2)).isEmpty();
        assertThat(a.network.faults().toString()).isEqualTo("to [] from [000000000002]");
        a.network.faults().healAll();
        await().until(() -> desk.count("up 2") == 2 && desk.isResponsive(2));
        assertThat(answers(desk, 2)).isEmpty();
    }

    @Test
    void duringACutNoConnectionComesAbout() {
        PeerNode a = add(new PeerNode(PeerNode.impatient(1, 5000, 300, 64 << 20), 1));
        PeerNode b = add(new PeerNode(PeerNode.impatient(2, 5000, 300, 64 << 20), 1));
        a.network.faults().dropTo(2);
        PeerNode.introduce(a, b);
        // Of the two only b tries, and hears nothing.
        await().until(() -> a.network.metrics().handshakesTimedOut.sum() > 1 || log.warned("no link to node 000000000001"));
        assertThat(a.control.events).isEmpty();
        assertThat(b.control.events).isEmpty();
        a.network.faults().healAll();
        awaitUp(a, b);
    }

    @Test
    void aClockThatIsFarOffIsSpokenOf() throws Exception {
        PeerNode a = node(1, 1);
        Handshake.Hello hello = RawPeer.hello(2);
        Handshake.Identity dayAhead = new Handshake.Identity(0, 2, 1, System.currentTimeMillis() + 86_400_000);
        try (RawPeer peer = RawPeer.connect(a.port)) {
            peer.greet(new Handshake.Hello(1, 1, hello.purpose(), false, dayAhead, hello.nonce(), "test"));
        }
        assertThat(log.warned("the clock of node 000000000002 at ")).isTrue();
        assertThat(log.warned(" ms ahead of this node's")).isTrue();
    }
}
