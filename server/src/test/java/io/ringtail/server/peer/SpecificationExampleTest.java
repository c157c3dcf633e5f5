package io.ringtail.server.peer;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The worked example of {@code docs/formats/node-protocol.md} is what the code writes. */
class SpecificationExampleTest {
    private static final Pattern HEX_LINE = Pattern.compile("(?m)^ {4}[0-9a-f]{4}  ((?:[0-9a-f]{2} {0,2})+)");

    @Test
    void theExampleIsWhatTheCodeWrites() throws IOException {
        String secret = "open sesame";
        byte[] hello = Handshake.encode(new Handshake.Hello(
                1,
                1,
                Handshake.Purpose.DATA,
                true,
                new Handshake.Identity(0x77, 0x1234_5678_9abcL, 5, 1_700_000_000_000L),
                new Handshake.Nonce(0x0001_0203_0405_0607L, 0x0809_0a0b_0c0d_0e0fL),
                "ringtail"));
        byte[] challenge = Handshake.encode(new Handshake.Challenge(
                1,
                true,
                new Handshake.Identity(0x77, 0x0000_0000_002aL, 9, 1_700_000_000_001L),
                new Handshake.Nonce(0x1011_1213_1415_1617L, 0x1819_1a1b_1c1d_1e1fL)));
        byte[] ping = {0, 0, 0, 0, 0, 0, 0, 0, 7};
        byte[] pong = {1, 0, 0, 0, 0, 0, 0, 0, 7};
        ByteArrayOutputStream written = new ByteArrayOutputStream();
        written.writeBytes(RawPeer.framed(hello));
        written.writeBytes(RawPeer.framed(challenge));
        written.writeBytes(RawPeer.framed(
                Handshake.encodeProof(Handshake.proofOfConnecting(secret, hello, challenge))));
        written.writeBytes(RawPeer.framed(
                Handshake.encodeReady(Handshake.proofOfAccepting(secret, hello, challenge))));
        written.writeBytes(RawPeer.framed(ping));
        written.writeBytes(RawPeer.framed(pong));
        written.writeBytes(RawPeer.framed(Handshake.encode(new Handshake.Refused(Refusal.CLUSTER_NAME.code(), 1, 1))));
        Path specification = Path.of("").toAbsolutePath().resolveSibling("docs/formats/node-protocol.md");
        StringBuilder example = new StringBuilder();
        Matcher line = HEX_LINE.matcher(Files.readString(specification));
        while (line.find()) {
            example.append(line.group(1).replace(" ", ""));
        }
        assertThat(example.toString()).isEqualTo(HexFormat.of().formatHex(written.toByteArray()));
    }
}
