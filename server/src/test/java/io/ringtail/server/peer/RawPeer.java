package io.ringtail.server.peer;

import java.io.Closeable;
import java.io.DataInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** The other end of a node's connection, by hand: does what it is told, right or wrong. Blocks, at most 10 s. */
final class RawPeer implements Closeable {
    final Socket socket;
    private final DataInputStream in;

    RawPeer(Socket socket) throws IOException {
        this.socket = socket;
        socket.setTcpNoDelay(true);
        socket.setSoTimeout(10_000);
        in = new DataInputStream(socket.getInputStream());
    }

    static RawPeer connect(int port) throws IOException {
        return new RawPeer(new Socket("127.0.0.1", port));
    }

    static RawPeer accept(ServerSocket listening) throws IOException {
        listening.setSoTimeout(10_000);
        return new RawPeer(listening.accept());
    }

    static byte[] framed(byte[] payload) {
        CRC32C crc = new CRC32C();
        crc.update(payload);
        return ByteBuffer.allocate(8 + payload.length)
                .putInt(payload.length)
                .putInt((int) crc.getValue())
                .put(payload)
                .array();
    }

    void raw(byte[] bytes) throws IOException {
        socket.getOutputStream().write(bytes);
    }

    void send(byte[] payload) throws IOException {
        raw(framed(payload));
    }

    byte[] receive() throws IOException {
        byte[] payload = new byte[in.readInt()];
        int crc = in.readInt();
        in.readFully(payload);
        CRC32C expected = new CRC32C();
        expected.update(payload);
        if (crc != (int) expected.getValue()) {
            throw new AssertionError("checksum");
        }
        return payload;
    }

    /** The next message that is no ping. */
    byte[] receiveMessage() throws IOException {
        byte[] payload = receive();
        while (payload[0] == Frames.PING) {
            payload = receive();
        }
        return payload;
    }

    static Handshake.Hello hello(long nodeId) {
        return new Handshake.Hello(
                1,
                1,
                Handshake.Purpose.DATA,
                false,
                new Handshake.Identity(0, nodeId, 1, System.currentTimeMillis()),
                new Handshake.Nonce(1, 2),
                "test");
    }

    /** The connecting side of a handshake without a secret. */
    RawPeer greet(Handshake.Hello hello) throws IOException {
        send(Handshake.encode(hello));
        byte[] challenge = receive();
        Handshake.decodeChallenge(challenge, 0, challenge.length);
        send(Handshake.encodeProof(new byte[0]));
        byte[] ready = receive();
        Handshake.decodeReady(ready, 0, ready.length);
        return this;
    }

    /** The accepting side of a handshake without a secret. */
    RawPeer admit(long nodeId) throws IOException {
        byte[] hello = receive();
        Handshake.decodeHello(hello, 0, hello.length);
        return admitGreeted(nodeId);
    }

    /** The rest of it, when the other side's greeting has been read. */
    RawPeer admitGreeted(long nodeId) throws IOException {
        send(Handshake.encode(new Handshake.Challenge(
                1, false, new Handshake.Identity(0, nodeId, 1, System.currentTimeMillis()), new Handshake.Nonce(3, 4))));
        byte[] proof = receive();
        Handshake.decodeProof(proof, 0, proof.length);
        send(Handshake.encodeReady(new byte[0]));
        return this;
    }

    /** Why it was refused. */
    int refusal() throws IOException {
        byte[] payload = receive();
        if (!Handshake.isRefused(payload, 0, payload.length)) {
            throw new AssertionError("message " + payload[0]);
        }
        return Handshake.decodeRefused(payload, 0).code();
    }

    /** Reads until the other side closes; returns how many bytes still came. */
    int drain() throws IOException {
        int count = 0;
        try {
            while (in.read() >= 0) {
                count++;
            }
        } catch (EOFException | SocketException e) {
            return count;
        }
        return count;
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
