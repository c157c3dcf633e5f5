package io.ringtail.bench.sets;

import java.io.BufferedInputStream;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** One client of a server: sends commands on a set, as many as are to be under way at once, and reads their answers, which are integers. Confined to one thread. */
final class MemberClient implements Closeable {
    private static final int TIMEOUT_MILLIS = 120_000;

    private final Socket socket = new Socket();
    private final InputStream in;
    private byte[] requests = new byte[1 << 16];
    private int size;
    private int count;

    MemberClient(int port) throws IOException {
        try {
            socket.setTcpNoDelay(true);
            socket.setSoTimeout(TIMEOUT_MILLIS);
            socket.connect(new InetSocketAddress(InetAddress.getLoopbackAddress(), port), TIMEOUT_MILLIS);
            in = new BufferedInputStream(socket.getInputStream(), 1 << 16);
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }

    static String member(int number) {
        return "member:" + number;
    }

    /** Puts a command beside those that go with the next {@link #send}. */
    void add(String... arguments) {
        StringBuilder text = new StringBuilder().append('*').append(arguments.length).append("\r\n");
        for (String argument : arguments) {
            text.append('$').append(argument.length()).append("\r\n").append(argument).append("\r\n");
        }
        byte[] request = text.toString().getBytes(StandardCharsets.US_ASCII);
        if (size + request.length > requests.length) {
            requests = Arrays.copyOf(requests, 2 * (size + request.length));
        }
        System.arraycopy(request, 0, requests, size, request.length);
        size += request.length;
        count++;
    }

    /** Sends what was added in one piece and waits for all answers: the nanoseconds that took. */
    long send() throws IOException {
        long begin = System.nanoTime();
        socket.getOutputStream().write(requests, 0, size);
        for (int i = 0; i < count; i++) {
            awaitInteger();
        }
        long nanos = System.nanoTime() - begin;
        size = 0;
        count = 0;
        return nanos;
    }

    private void awaitInteger() throws IOException {
        int first = in.read();
        StringBuilder line = first == ':' ? null : new StringBuilder().append((char) first);
        for (int b = in.read(); b != '\n'; b = in.read()) {
            if (b < 0) {
                throw new IOException("the connection ended in an answer");
            }
            if (line != null) {
                line.append((char) b);
            }
        }
        if (line != null) {
            throw new IOException("no integer, but " + line.toString().strip());
        }
    }

    @Override
    public void close() throws IOException {
        socket.close();
    }
}
