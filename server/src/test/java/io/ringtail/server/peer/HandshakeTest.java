package io.ringtail.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class HandshakeTest {
    private static final Handshake.Identity ME = new Handshake.Identity(9, 0x1234_5678_9abcL, 3, 1_700_000_000_000L);
    private static final Handshake.Hello HELLO = new Handshake.Hello(
            1, 2, Handshake.Purpose.CONTROL, true, ME, new Handshake.Nonce(5, -6), "größe");
    private static final Handshake.Challenge CHALLENGE =
            new Handshake.Challenge(1, true, ME, new Handshake.Nonce(-7, 8));

    @Test
    void messagesReadBackAsTheyWereWrittenWhereverTheyLie() {
        byte[] hello = shifted(Handshake.encode(HELLO));
        assertThat(Handshake.decodeHello(hello, 3, hello.length - 3)).isEqualTo(HELLO);
        assertThat(Handshake.versionMin(hello, 3)).isEqualTo(1);
        assertThat(Handshake.versionMax(hello, 3)).isEqualTo(2);
        byte[] challenge = shifted(Handshake.encode(CHALLENGE));
        assertThat(Handshake.decodeChallenge(challenge, 3, challenge.length - 3)).isEqualTo(CHALLENGE);
        byte[] refused = shifted(Handshake.encode(new Handshake.Refused(200, 1, 40_000)));
        assertThat(Handshake.isRefused(refused, 3, refused.length - 3)).isTrue();
        assertThat(Handshake.decodeRefused(refused, 3)).isEqualTo(new Handshake.Refused(200, 1, 40_000));
        for (byte[] proof : List.of(new byte[0], new byte[32])) {
            byte[] sent = shifted(Handshake.encodeProof(proof));
            assertThat(Handshake.decodeProof(sent, 3, sent.length - 3)).isEqualTo(proof);
        }
    }

    private static byte[] shifted(byte[] bytes) {
        byte[] shifted = new byte[bytes.length + 3];
        System.arraycopy(bytes, 0, shifted, 3, bytes.length);
        return shifted;
    }

    @Test
    void theLongestNameFitsAMessage() {
        byte[] hello = Handshake.encode(new Handshake.Hello(
                1, 1, Handshake.Purpose.DATA, false, ME, new Handshake.Nonce(1, 2), "n".repeat(255)));
        assertThat(hello.length).isLessThan(Handshake.MESSAGE_SIZE_MAX);
        assertThat(Handshake.decodeHello(hello, 0, hello.length).clusterName()).hasSize(255);
    }

    @Test
    void aProofDependsOnEverythingThatWasSaid() {
        byte[] hello = Handshake.encode(HELLO);
        byte[] challenge = Handshake.encode(CHALLENGE);
        Set<String> proofs = new HashSet<>();
        proofs.add(hex(Handshake.proofOfConnecting("secret", hello, challenge)));
        proofs.add(hex(Handshake.proofOfAccepting("secret", hello, challenge)));
        proofs.add(hex(Handshake.proofOfConnecting("Secret", hello, challenge)));
        for (int i = 0; i < hello.length; i++) {
            byte[] other = hello.clone();
            other[i] ^= 1;
            proofs.add(hex(Handshake.proofOfConnecting("secret", other, challenge)));
        }
        for (int i = 0; i < challenge.length; i++) {
            byte[] other = challenge.clone();
            other[i] ^= 1;
            proofs.add(hex(Handshake.proofOfConnecting("secret", hello, other)));
        }
        assertThat(proofs).hasSize(3 + hello.length + challenge.length);
        assertThat(Handshake.proofOfConnecting("", hello, challenge)).isEmpty();
    }

    @Test
    void whatIsNoMessageIsSaidToBeNone() {
        byte[] hello = Handshake.encode(HELLO);
        assertThatThrownBy(() -> Handshake.decodeHello(hello, 0, hello.length - 1)).isInstanceOf(FrameException.class);
        byte[] wrongPurpose = hello.clone();
        wrongPurpose[13] = 2;
        assertThatThrownBy(() -> Handshake.decodeHello(wrongPurpose, 0, hello.length)).hasMessage("purpose 2");
        byte[] wrongId = hello.clone();
        wrongId[23] = 1;
        assertThatThrownBy(() -> Handshake.decodeHello(wrongId, 0, hello.length)).hasMessageContaining("node id");
        byte[] proof = Handshake.encodeProof(new byte[32]);
        assertThatThrownBy(() -> Handshake.decodeProof(proof, 0, 20)).hasMessage("proof of 32 bytes in 20");
        assertThatThrownBy(() -> Handshake.decodeReady(proof, 0, proof.length)).hasMessageContaining("in the place of");
    }

    @Test
    void randomBytesAreReadOrRefusedAndNothingElse() {
        long seed = System.nanoTime();
        Random random = new Random(seed);
        List<byte[]> good = List.of(
                Handshake.encode(HELLO), Handshake.encode(CHALLENGE), Handshake.encodeProof(new byte[32]),
                Handshake.encodeReady(new byte[0]), "RINGTAIL".getBytes(StandardCharsets.US_ASCII));
        for (int i = 0; i < 20_000; i++) {
            byte[] bytes = good.get(random.nextInt(good.size())).clone();
            for (int flips = random.nextInt(4); flips >= 0; flips--) {
                bytes[random.nextInt(bytes.length)] = (byte) random.nextInt();
            }
            byte[] cut = Arrays.copyOf(bytes, 1 + random.nextInt(bytes.length + 8));
            try {
                switch (random.nextInt(4)) {
                    case 0 -> Handshake.decodeHello(cut, 0, cut.length);
                    case 1 -> Handshake.decodeChallenge(cut, 0, cut.length);
                    case 2 -> Handshake.decodeProof(cut, 0, cut.length);
                    default -> Handshake.decodeReady(cut, 0, cut.length);
                }
            } catch (FrameException e) {
                assertThat(e.getMessage()).isNotEmpty();
            } catch (RuntimeException e) {
                throw new AssertionError("seed " + seed + ", bytes " + hex(cut), e);
            }
        }
    }

    private static String hex(byte[] bytes) {
        return HexFormat.of().formatHex(bytes);
    }
}
