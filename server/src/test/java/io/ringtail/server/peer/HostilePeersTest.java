package io.ringtail.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.cluster.message.ProtocolVersion;
import io.ringtail.cluster.topology.Member;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Others that are wrong, broken or evil: each loses its connection, the log says why, and two nodes beside it go on. */
class HostilePeersTest {
    private static final long STRANGER = 7;

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

    private PeerNode add(PeerOptions options) {
        PeerNode node = new PeerNode(options, 1);
        nodes.add(node);
        return node;
    }

    /** Two nodes linked with each other; the first one is attacked. */
    private PeerNode pair(PeerOptions first) {
        PeerNode a = add(first);
        PeerNode b = add(PeerNode.options(2, first.clusterName(), first.secret()));
        PeerNode.introduce(a, b);
        await().until(() -> a.data.getFirst().isUp(2) && b.data.getFirst().isUp(1) && a.control.isUp(2));
        return a;
    }

    /** Both still speak, and the link never broke. */
    private void assertOthersGoOn() {
        PeerNode.Desk desk = nodes.getFirst().data.getFirst();
        int before = desk.answers.get();
        assertThat(desk.ask(2, "still there?")).isEqualTo(1);
        await().until(() -> desk.answers.get() > before);
        assertThat(desk.count("down 2")).isZero();
        assertThat(nodes.getFirst().control.count("down 2")).isZero();
        assertThat(nodes.get(1).data.getFirst().count("down 1")).isZero();
    }

    private void assertRefused(PeerNode by, PeerNode refused, Refusal refusal) {
        await().untilAsserted(() -> {
            assertThat(by.network.metrics().refusals(refusal)).isPositive();
            assertThat(log.warned(": " + refusal.text())).isTrue();
            assertThat(log.warned("it refuses this node: " + refusal.text())).isTrue();
        });
        assertThat(refused.control.events).isEmpty();
        assertThat(by.control.count("up " + refused.id)).isZero();
    }

    // ---- handshakes that are refused

    @Test
    void aNodeOfAnotherClusterNameIsRefused() {
        PeerNode a = pair(PeerNode.options(1));
        PeerNode other = add(PeerNode.options(3, "elsewhere", ""));
        other.network.members(List.of(a.member()));
        assertRefused(a, other, Refusal.CLUSTER_NAME);
        assertOthersGoOn();
    }

    @Test
    void aNodeOfAnotherClusterOfTheSameNameIsRefused() {
        PeerNode a = pair(PeerNode.options(1));
        a.network.clusterId(100);
        PeerNode other = add(PeerNode.options(3));
        other.network.clusterId(101);
        other.network.contact("127.0.0.1", a.port);
        assertRefused(a, other, Refusal.OTHER_CLUSTER);
        other.network.clusterId(0);
        other.network.contact("127.0.0.1", a.port);
        await().until(() -> other.control.isUp(1));
        assertOthersGoOn();
    }

    @Test
    void aNodeWithAWrongSecretIsRefused() {
        PeerNode a = pair(PeerNode.options(1, "test", "right"));
        PeerNode other = add(PeerNode.options(3, "test", "wrong"));
        other.network.members(List.of(a.member()));
        assertRefused(a, other, Refusal.SECRET);
        assertOthersGoOn();
    }

    @Test
    void aNodeWithoutTheSecretIsRefusedAndRefusesAlike() {
        PeerNode a = pair(PeerNode.options(1, "test", "right"));
        PeerNode other = add(PeerNode.options(3));
        other.network.members(List.of(a.member()));
        assertRefused(a, other, Refusal.SECRET_MISSING);
        a.network.contact("127.0.0.1", other.port);
        await().until(() -> other.network.metrics().refusals(Refusal.SECRET_MISSING) > 0);
        assertThat(a.control.count("up 3")).isZero();
        assertOthersGoOn();
    }

    @Test
    void anAcceptingSideThatCannotProveTheSecretIsNotTrusted() throws IOException {
        PeerNode a = add(PeerNode.options(1, "test", "right"));
        try (ServerSocket listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            a.network.contact("127.0.0.1", listening.getLocalPort());
            try (RawPeer peer = RawPeer.accept(listening)) {
                peer.receive();
                peer.send(Handshake.encode(new Handshake.Challenge(
                        1, true, new Handshake.Identity(0, STRANGER, 1, 0), new Handshake.Nonce(1, 2))));
                byte[] proof = peer.receive();
                // Its own proof is no proof of ours.
                peer.send(Handshake.encodeReady(Handshake.decodeProof(proof, 0, proof.length)));
                assertThat(peer.drain()).isZero();
            }
            await().until(() -> log.warned("refused it: " + Refusal.SECRET.text()));
            assertThat(a.control.events).isEmpty();
        }
    }

    @Test
    void aProofIsOfNoUseASecondTime() throws IOException {
        PeerNode a = pair(PeerNode.options(1, "test", "right"));
        Handshake.Hello hello = RawPeer.hello(STRANGER);
        byte[] greeting = Handshake.encode(new Handshake.Hello(
                1, 1, hello.purpose(), true, hello.identity(), hello.nonce(), "test"));
        byte[] proof;
        try (RawPeer peer = RawPeer.connect(a.port)) {
            peer.send(greeting);
            byte[] challenge = peer.receive();
            proof = Handshake.encodeProof(Handshake.proofOfConnecting("right", greeting, challenge));
            peer.send(proof);
            byte[] ready = peer.receive();
            assertThat(Handshake.decodeReady(ready, 0, ready.length))
                    .isEqualTo(Handshake.proofOfAccepting("right", greeting, challenge));
        }
        try (RawPeer peer = RawPeer.connect(a.port)) {
            peer.send(greeting);
            peer.receive();
            peer.send(proof);
            assertThat(peer.refusal()).isEqualTo(Refusal.SECRET.code());
            assertThat(peer.drain()).isZero();
        }
        assertOthersGoOn();
    }

    @Test
    void aNodeThatReachesItselfIsToldSo() {
        PeerNode a = pair(PeerNode.options(1));
        a.network.contact("127.0.0.1", a.port);
        await().until(() -> log.warned("it refuses this node: " + Refusal.OWN_ID.text()));
        assertThat(a.control.count("up 1")).isZero();
        assertOthersGoOn();
    }

    @Test
    void anAddressWhereAnotherNodeAnswersIsNotTakenForTheMember() {
        PeerNode a = pair(PeerNode.options(1));
        Member moved = new Member(9, "127.0.0.1", nodes.get(1).port, 1, 1, "");
        a.network.members(List.of(nodes.get(1).member(), moved));
        await().until(() -> log.warned("no link to node 000000000009") && log.warned(Refusal.OTHER_NODE.text()));
        assertThat(a.control.count("up 9")).isZero();
        assertOthersGoOn();
    }

    @Test
    void anotherVersionOfTheProtocolIsRefusedWithTheVersionsNamed() throws IOException {
        PeerNode a = pair(PeerNode.options(1));
        for (int version : new int[] {0, ProtocolVersion.LATEST + 1}) {
            Handshake.Hello hello = RawPeer.hello(STRANGER);
            try (RawPeer peer = RawPeer.connect(a.port)) {
                peer.send(Handshake.encode(new Handshake.Hello(
                        version, version, hello.purpose(), false, hello.identity(), hello.nonce(), "test")));
                assertThat(peer.refusal()).isEqualTo(Refusal.VERSION.code());
                assertThat(peer.drain()).isZero();
            }
            assertThat(log.warned("speaks versions " + version + " to " + version + " of the protocol, this node 1 to " + ProtocolVersion.LATEST))
                    .isTrue();
        }
        Handshake.Hello hello = RawPeer.hello(STRANGER);
        try (RawPeer peer = RawPeer.connect(a.port)) {
            byte[] later = Handshake.encode(new Handshake.Hello(
                    1, 9, hello.purpose(), false, hello.identity(), hello.nonce(), "test"));
            peer.send(Arrays.copyOf(later, later.length + 20));
            byte[] challenge = peer.receive();
            assertThat(Handshake.decodeChallenge(challenge, 0, challenge.length).version()).isEqualTo(ProtocolVersion.LATEST);
        }
        try (RawPeer peer = RawPeer.connect(a.port)) {
            peer.send(Handshake.encode(new Handshake.Hello(0, 1, hello.purpose(), false, hello.identity(), hello.nonce(), "test")));
            byte[] challenge = peer.receive();
            assertThat(Handshake.decodeChallenge(challenge, 0, challenge.length).version()).as("the newest of an older node").isEqualTo(1);
        }
        assertOthersGoOn();
    }

    // ---- strangers

    @Test
    void garbageEndsItsConnection() throws IOException {
        PeerNode a = pair(PeerNode.options(1));
        try (RawPeer peer = RawPeer.connect(a.port)) {
            peer.raw("GET / HTTP/1.1\r\nHost: here\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
            assertThat(peer.drain()).isZero();
        }
        await().until(() -> log.warned("it sent a frame of 1195725856 bytes, 1 to 512 are taken, bytes 47 45 54 20"));
        try (RawPeer peer = RawPeer.connect(a.port)) {
            peer.send("something else".getBytes(StandardCharsets.US_ASCII));
            assertThat(peer.refusal()).isEqualTo(Refusal.MALFORMED.code());
        }
        assertThat(a.network.metrics().malformed.sum()).isEqualTo(1);
        assertOthersGoOn();
    }

    @Test
    void halfAHandshakeEndsWhenItsTimeIsUp() throws IOException {
        PeerNode a = pair(PeerNode.impatient(1, 5000, 300, 64 << 20));
        byte[] hello = RawPeer.framed(Handshake.encode(RawPeer.hello(STRANGER)));
        try (RawPeer silent = RawPeer.connect(a.port);
                RawPeer half = RawPeer.connect(a.port);
                RawPeer unproved = RawPeer.connect(a.port)) {
            half.raw(Arrays.copyOf(hello, 30));
            unproved.raw(hello);
            unproved.receive();
            assertThat(silent.drain() + half.drain() + unproved.drain()).isZero();
        }
        assertThat(a.network.metrics().handshakesTimedOut.sum()).isEqualTo(3);
        assertThat(log.warned("it did not say who it is in time")).isTrue();
        assertOthersGoOn();
    }

    @Test
    void aHandshakeThatComesByteByByteIsTaken() throws IOException {
        PeerNode a = pair(PeerNode.options(1));
        try (RawPeer peer = RawPeer.connect(a.port)) {
            for (byte b : RawPeer.framed(Handshake.encode(RawPeer.hello(STRANGER)))) {
                peer.raw(new byte[] {b});
            }
            byte[] challenge = peer.receive();
            assertThat(Handshake.decodeChallenge(challenge, 0, challenge.length).identity().nodeId()).isEqualTo(1);
        }
    }

    @Test
    void whoeverProvesBeforeHeIsAskedIsRefused() throws IOException {
        PeerNode a = pair(PeerNode.options(1));
        byte[] hello = RawPeer.framed(Handshake.encode(RawPeer.hello(STRANGER)));
        byte[] proof = RawPeer.framed(Handshake.encodeProof(new byte[0]));
        try (RawPeer peer = RawPeer.connect(a.port)) {
            byte[] both = Arrays.copyOf(hello, hello.length + proof.length);
            System.arraycopy(proof, 0, both, hello.length, proof.length);
            peer.raw(both);
            peer.drain();
        }
        await().until(() -> log.warned("PROOF before CHALLENGE"));
        assertOthersGoOn();
    }

    @Test
    void damagedFramesEndTheConnectionTheyCameOn() throws IOException {
        PeerNode a = pair(PeerNode.options(1));
        byte[] damaged = RawPeer.framed(PeerNode.message(2, "damaged"));
        damaged[12] ^= 1;
        byte[] huge = ByteBuffer.allocate(8).putInt((600 << 20) + 1).putInt(0).array();
        byte[] negative = ByteBuffer.allocate(8).putInt(-1).putInt(0).array();
        byte[] empty = new byte[8];
        byte[] answer = RawPeer.framed(PeerNode.message(3, "not asked"));
        for (byte[] wrong : List.of(damaged, huge, negative, empty, answer)) {
            try (RawPeer peer = RawPeer.connect(a.port).greet(RawPeer.hello(STRANGER))) {
                peer.raw(wrong);
                assertThat(peer.drain()).isZero();
            }
        }
        assertThat(log.warned("node 000000000007 at 127.0.0.1:")).isTrue();
        assertThat(log.warned("it sent a frame of 8 bytes whose checksum is wrong")).isTrue();
        assertThat(log.warned("it sent a frame of 629145601 bytes")).isTrue();
        assertThat(log.warned("it sent a frame of 4294967295 bytes")).isTrue();
        assertThat(log.warned("it sent a frame of 0 bytes")).isTrue();
        assertThat(log.warned("it sent an answer, type 3, where requests come")).isTrue();
        assertThat(a.data.getFirst().requests).isEmpty();
        assertOthersGoOn();
    }

    @Test
    void aPromisedLengthTakesNoMemoryBeforeItsBytesCome() throws IOException {
        PeerNode a = pair(PeerNode.options(1));
        try (RawPeer peer = RawPeer.connect(a.port).greet(RawPeer.hello(STRANGER))) {
            peer.raw(ByteBuffer.allocate(8).putInt(600 << 20).putInt(0).array());
            peer.raw(new byte[200_000]);
            await().until(() -> a.counts(STRANGER).bytesIn.sum() >= 200_008);
            assertThat(a.network.receiveMemory().occupiedBytes()).isBetween(200_008L, 600_000L);
        }
        await().until(() -> a.network.receiveMemory().occupiedBytes() == 0);
        assertOthersGoOn();
    }

    @Test
    void aThousandConnectionsThatSayNothingTakeFewPlacesAndNodesStillComeIn() throws IOException {
        PeerNode a = pair(PeerNode.options(1));
        List<RawPeer> silent = new ArrayList<>();
        try {
            for (int i = 0; i < 1000; i++) {
                silent.add(RawPeer.connect(a.port));
            }
            try (RawPeer peer = RawPeer.connect(a.port).greet(RawPeer.hello(STRANGER))) {
                peer.send(PeerNode.message(2, "hello"));
                assertThat(peer.receive()).isEqualTo(PeerNode.message(3, "hello"));
            }
            assertOthersGoOn();
            assertThat(a.network.metrics().accepted.sum()).isGreaterThanOrEqualTo(1001);
            assertThat(a.network.metrics().crowdedOut.sum()).isGreaterThanOrEqualTo(1000 - 64);
            assertThat(log.warned("too many have not said who they are")).isTrue();
            assertThat(log.warnings()).hasSizeLessThan(50);
        } finally {
            for (RawPeer peer : silent) {
                peer.close();
            }
        }
    }

    @Test
    void aNodeGetsSoManyConnectionsAndNoMoreAndPlacesAreGivenBack() throws IOException {
        PeerNode a = pair(PeerNode.options(1));
        List<RawPeer> taken = new ArrayList<>();
        try {
            int count = 0;
            int refusal = 0;
            while (refusal == 0 && count < 1000) {
                RawPeer peer = RawPeer.connect(a.port);
                taken.add(peer);
                peer.send(Handshake.encode(RawPeer.hello(STRANGER)));
                peer.receive();
                peer.send(Handshake.encodeProof(new byte[0]));
                byte[] last = peer.receive();
                if (Handshake.isRefused(last, 0, last.length)) {
                    refusal = Handshake.decodeRefused(last, 0).code();
                } else {
                    count++;
                }
            }
            assertThat(refusal).isEqualTo(Refusal.TOO_MANY.code());
            assertThat(count).isEqualTo(258);
        } finally {
            for (RawPeer peer : taken) {
                peer.close();
            }
        }
        await().ignoreExceptions().until(() -> {
            try (RawPeer peer = RawPeer.connect(a.port).greet(RawPeer.hello(STRANGER))) {
                return peer.socket.isConnected();
            }
        });
        assertOthersGoOn();
    }

    // ---- nodes that are let in and then misbehave

    @Test
    void aPeerThatStopsReadingIsNotSentMoreThanTheBoundAndThenClosed() throws IOException {
        PeerNode a = pair(PeerNode.impatient(1, 1000, 3000, 4 << 20));
        try (ServerSocket listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            listening.setReceiveBufferSize(64 << 10);
            a.network.contact("127.0.0.1", listening.getLocalPort());
            try (RawPeer peer = RawPeer.accept(listening).admit(STRANGER)) {
                await().until(() -> a.control.isUp(STRANGER));
                String text = "x".repeat(1 << 20);
                await().until(() -> a.control.ask(STRANGER, text, text) < 2);
                assertThat(a.counts(STRANGER).overflows.sum()).isPositive();
                await().until(() -> !a.control.isResponsive(STRANGER));
                assertThat(a.control.isResponsive(2)).isTrue();
                assertThat(a.control.ask(2, "the others")).isEqualTo(1);
                await().until(() -> a.control.count("down " + STRANGER) == 1);
                assertThat(peer.socket.isConnected()).isTrue();
            }
        }
        assertThat(log.warned("closing the connection with node 000000000007 at ")).isTrue();
        assertOthersGoOn();
    }

    @Test
    void aPeerThatSpeaksButDoesNotReadIsClosedToo() throws IOException {
        PeerNode a = pair(PeerNode.impatient(1, 1000, 3000, 4 << 20));
        try (ServerSocket listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            listening.setReceiveBufferSize(64 << 10);
            a.network.contact("127.0.0.1", listening.getLocalPort());
            try (RawPeer peer = RawPeer.accept(listening).admit(STRANGER)) {
                await().until(() -> a.control.isUp(STRANGER));
                String text = "x".repeat(1 << 20);
                await().until(() -> a.control.ask(STRANGER, text, text) < 2);
                await().until(() -> {
                    sendIfOpen(peer, PeerNode.message(3, "talk"));
                    return a.control.count("down " + STRANGER) == 1;
                });
            }
        }
        assertThat(log.warned("it has not read for ")).isTrue();
        assertOthersGoOn();
    }

    @Test
    void aPeerThatAnswersNoPingIsUnresponsiveAndThenClosed() throws IOException {
        PeerNode a = pair(PeerNode.impatient(1, 1000, 3000, 4 << 20));
        try (ServerSocket listening = new ServerSocket(0, 5, InetAddress.getLoopbackAddress())) {
            a.network.contact("127.0.0.1", listening.getLocalPort());
            try (RawPeer peer = RawPeer.accept(listening).admit(STRANGER)) {
                await().until(() -> a.control.isResponsive(STRANGER));
                assertThat(peer.receive()[0]).isEqualTo(Frames.PING);
                await().until(() -> !a.control.isResponsive(STRANGER));
                assertThat(a.control.isUp(STRANGER)).isTrue();
                await().until(() -> !a.control.isUp(STRANGER));
            }
        }
        assertThat(log.warned("nothing was heard of it for 1")).isTrue();
        assertOthersGoOn();
    }

    @Test
    void aPeerThatLeavesItsAnswersUnreadIsNotReadAndClosedPastTheBound() throws IOException {
        PeerNode a = pair(PeerNode.impatient(1, 1500, 3000, 4 << 20));
        String large = "y".repeat(1 << 20);
        a.data.getFirst().answer = text -> text.equals("much") ? large : text;
        try (RawPeer peer = RawPeer.connect(a.port)) {
            peer.socket.setReceiveBufferSize(64 << 10);
            peer.greet(RawPeer.hello(STRANGER));
            byte[] request = PeerNode.message(2, "much");
            byte[] framed = RawPeer.framed(request);
            // What is asked for in one piece is answered in one piece, and more than the bound.
            ByteBuffer flood = ByteBuffer.allocate(50 * framed.length);
            IntStream.range(0, 50).forEach(i -> flood.put(framed));
            try (RawPeer second = RawPeer.connect(a.port)) {
                second.greet(RawPeer.hello(STRANGER + 1));
                second.raw(flood.array());
                await().until(() -> log.warned("bytes of answers unread"));
                assertThat(a.counts(STRANGER + 1).overflows.sum()).isPositive();
            }
            // Who asks for one after the other is not read any more once enough waits, and when nothing goes on it ends too.
            await().until(() -> {
                sendIfOpen(peer, request);
                return log.warned("it has not read for ");
            });
            assertThat(a.counts(STRANGER).overflows.sum()).isZero();
        }
        assertOthersGoOn();
    }

    private static void sendIfOpen(RawPeer peer, byte[] payload) {
        try {
            peer.send(payload);
        } catch (IOException e) {
            // Closed by the other side, which is what is waited for.
            assertThat(e).hasMessageMatching("(?i).*(broken pipe|reset).*");
        }
    }

    @Test
    void aListenerThatFailsOnAMessageLosesThatConnectionOnly() throws IOException {
        PeerNode a = pair(PeerNode.options(1));
        a.data.getFirst().answer = text -> {
            if (text.equals("malformed")) {
                throw new io.ringtail.cluster.message.MalformedMessageException("a length of -1");
            }
            return text;
        };
        try (RawPeer peer = RawPeer.connect(a.port).greet(RawPeer.hello(STRANGER))) {
            peer.send(PeerNode.message(2, "malformed"));
            assertThat(peer.drain()).isZero();
        }
        await().until(() -> log.warned("it sent a length of -1"));
        assertOthersGoOn();
    }
}
