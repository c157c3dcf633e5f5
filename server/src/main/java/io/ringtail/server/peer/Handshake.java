package io.ringtail.server.peer;

import io.ringtail.cluster.message.ProtocolVersion;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.Arrays;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/**
 * The five messages of the handshake and the proofs in them. Pure.
 *
 * <pre>
 *   connecting                                     accepting
 *     HELLO      versions, who, for what, nonce  →
 *                                                ←  CHALLENGE  version chosen, who, nonce
 *     PROOF      of the secret                   →
 *                                                ←  READY      proof of the secret
 *                                                   or at any point REFUSED
 * </pre>
 *
 * <p>A proof is an HMAC-SHA256 with the secret as its key over the side's name, HELLO and CHALLENGE as they were sent: over both nonces, so that it is of no use again; over
 * both identities and the versions, so that none of them can be exchanged on the way; and over the side, so that it cannot be sent back to where it came from.
 */
final class Handshake {
    static final int VERSION_MIN = ProtocolVersion.OLDEST;
    static final int VERSION_MAX = ProtocolVersion.NEWEST;

    /** No message of a handshake is larger. */
    static final int MESSAGE_SIZE_MAX = 512;

    static final int CLUSTER_NAME_SIZE_MAX = 255;
    static final int PROOF_SIZE = 32;

    private static final byte HELLO = 0x40;
    private static final byte CHALLENGE = 0x41;
    private static final byte PROOF = 0x42;
    private static final byte READY = 0x43;
    private static final byte REFUSED = 0x44;
    /** "RINGTAIL". */
    private static final long MAGIC = 0x52494e475441494cL;

    private static final int FLAG_SECRET = 1;
    private static final byte[] NO_PROOF = {};

    /** What a connection is for: which kind of loop serves it. */
    enum Purpose {
        DATA,
        CONTROL
    }

    record Nonce(long high, long low) {}

    /** @param clusterId 0 when it is not a member of any yet */
    record Identity(long clusterId, long nodeId, long incarnation, long wallMillis) {
        /** The same of a node that does not say to which cluster it belongs. */
        Identity ofNoCluster() {
            return new Identity(0, nodeId, incarnation, wallMillis);
        }

        private static Identity read(ByteBuffer in) {
            Identity read = new Identity(in.getLong(), in.getLong(), in.getLong(), in.getLong());
            if (read.nodeId <= 0 || read.nodeId >= 1L << 48) {
                throw new FrameException("node id " + read.nodeId);
            }
            return read;
        }

        private void write(ByteBuffer out) {
            out.putLong(clusterId).putLong(nodeId).putLong(incarnation).putLong(wallMillis);
        }
    }

    record Hello(
            int versionMin,
            int versionMax,
            Purpose purpose,
            boolean hasSecret,
            Identity identity,
            Nonce nonce,
            String clusterName) {}

    record Challenge(int version, boolean hasSecret, Identity identity, Nonce nonce) {}

    record Refused(int code, int versionMin, int versionMax) {}

    private Handshake() {}

    static byte[] encode(Hello hello) {
        byte[] name = hello.clusterName().getBytes(StandardCharsets.UTF_8);
        ByteBuffer out = ByteBuffer.allocate(64 + name.length)
                .put(HELLO)
                .putLong(MAGIC)
                .putShort((short) hello.versionMin())
                .putShort((short) hello.versionMax())
                .put((byte) hello.purpose().ordinal())
                .put((byte) (hello.hasSecret() ? FLAG_SECRET : 0));
        hello.identity().write(out);
        out.putLong(hello.nonce().high()).putLong(hello.nonce().low());
        return out.put((byte) name.length).put(name).array();
    }

    /** Whether it begins as a HELLO of any version does. */
    static boolean isHello(byte[] bytes, int offset, int size) {
        return size >= 13 && bytes[offset] == HELLO && Frames.longAt(bytes, offset + 1) == MAGIC;
    }

    /** The oldest and the newest version that a HELLO offers, which stand in the same place in all versions. */
    static int versionMin(byte[] hello, int offset) {
        return Frames.intAt(hello, offset + 9) >>> 16;
    }

    static int versionMax(byte[] hello, int offset) {
        return Frames.intAt(hello, offset + 9) & 0xFFFF;
    }

    /** @throws FrameException when it is none; bytes behind the name are a later version's */
    static Hello decodeHello(byte[] bytes, int offset, int size) {
        try {
            ByteBuffer in = ByteBuffer.wrap(bytes, offset, size);
            if (!isHello(bytes, offset, size)) {
                throw new FrameException("no HELLO");
            }
            in.position(offset + 9);
            int versionMin = in.getShort() & 0xFFFF;
            int versionMax = in.getShort() & 0xFFFF;
            int purpose = in.get();
            if (purpose < 0 || purpose >= Purpose.values().length) {
                throw new FrameException("purpose " + purpose);
            }
            boolean hasSecret = (in.get() & FLAG_SECRET) != 0;
            Identity identity = Identity.read(in);
            Nonce nonce = new Nonce(in.getLong(), in.getLong());
            byte[] name = new byte[in.get() & 0xFF];
            in.get(name);
            return new Hello(
                    versionMin,
                    versionMax,
                    Purpose.values()[purpose],
                    hasSecret,
                    identity,
                    nonce,
                    new String(name, StandardCharsets.UTF_8));
        } catch (BufferUnderflowException e) {
            throw new FrameException("HELLO of " + size + " bytes");
        }
    }

    static byte[] encode(Challenge challenge) {
        ByteBuffer out = ByteBuffer.allocate(52)
                .put(CHALLENGE)
                .putShort((short) challenge.version())
                .put((byte) (challenge.hasSecret() ? FLAG_SECRET : 0));
        challenge.identity().write(out);
        return out.putLong(challenge.nonce().high())
                .putLong(challenge.nonce().low())
                .array();
    }

    static Challenge decodeChallenge(byte[] bytes, int offset, int size) {
        try {
            ByteBuffer in = ByteBuffer.wrap(bytes, offset, size);
            expect(CHALLENGE, in.get());
            return new Challenge(
                    in.getShort() & 0xFFFF,
                    (in.get() & FLAG_SECRET) != 0,
                    Identity.read(in),
                    new Nonce(in.getLong(), in.getLong()));
        } catch (BufferUnderflowException e) {
            throw new FrameException("CHALLENGE of " + size + " bytes");
        }
    }

    /** @param proof of {@value #PROOF_SIZE} bytes, or none */
    static byte[] encodeProof(byte[] proof) {
        return withProof(PROOF, proof);
    }

    static byte[] decodeProof(byte[] bytes, int offset, int size) {
        return proofIn(PROOF, bytes, offset, size);
    }

    static byte[] encodeReady(byte[] proof) {
        return withProof(READY, proof);
    }

    static byte[] decodeReady(byte[] bytes, int offset, int size) {
        return proofIn(READY, bytes, offset, size);
    }

    private static byte[] withProof(byte type, byte[] proof) {
        return ByteBuffer.allocate(2 + proof.length).put(type).put((byte) proof.length).put(proof).array();
    }

    private static byte[] proofIn(byte type, byte[] bytes, int offset, int size) {
        if (size < 2) {
            throw new FrameException("proof message of " + size + " bytes");
        }
        expect(type, bytes[offset]);
        int count = bytes[offset + 1];
        if (count != size - 2 || (count != 0 && count != PROOF_SIZE)) {
            throw new FrameException("proof of " + count + " bytes in " + size);
        }
        return Arrays.copyOfRange(bytes, offset + 2, offset + size);
    }

    static byte[] encode(Refused refused) {
        return ByteBuffer.allocate(6)
                .put(REFUSED)
                .put((byte) refused.code())
                .putShort((short) refused.versionMin())
                .putShort((short) refused.versionMax())
                .array();
    }

    static boolean isRefused(byte[] bytes, int offset, int size) {
        return size >= 6 && bytes[offset] == REFUSED;
    }

    static Refused decodeRefused(byte[] bytes, int offset) {
        int versions = Frames.intAt(bytes, offset + 2);
        return new Refused(bytes[offset + 1] & 0xFF, versions >>> 16, versions & 0xFFFF);
    }

    private static void expect(byte expected, byte found) {
        if (found != expected) {
            throw new FrameException("message " + (found & 0xFF) + " in the place of " + expected);
        }
    }

    /** The proof that the connecting side gives; none when there is no secret. */
    static byte[] proofOfConnecting(String secret, byte[] hello, byte[] challenge) {
        return proof(secret, "ringtail connecting", hello, challenge);
    }

    /** The proof that the accepting side gives; none when there is no secret. */
    static byte[] proofOfAccepting(String secret, byte[] hello, byte[] challenge) {
        return proof(secret, "ringtail accepting", hello, challenge);
    }

    private static byte[] proof(String secret, String side, byte[] hello, byte[] challenge) {
        if (secret.isEmpty()) {
            return NO_PROOF;
        }
        try {
            Mac mac = Mac.getInstance("HmacSHA256");
            mac.init(new SecretKeySpec(secret.getBytes(StandardCharsets.UTF_8), "HmacSHA256"));
            mac.update(side.getBytes(StandardCharsets.US_ASCII));
            mac.update(ByteBuffer.allocate(4).putInt(hello.length).array());
            mac.update(hello);
            mac.update(challenge);
            return mac.doFinal();
        } catch (GeneralSecurityException e) {
            throw new IllegalStateException("HMAC-SHA256 is missing", e);
        }
    }

    /** Compares proofs in a time that tells nothing of where they differ. */
    static boolean equal(byte[] expected, byte[] given) {
        return MessageDigest.isEqual(expected, given);
    }
}
