package io.ringtail.protocol;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.buffer.UnpooledByteBufAllocator;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;

/** Bytes of the wire, written in tests as Latin-1 text: one char is one byte. */
final class Wire {
    private Wire() {}

    /** For a random test: another one each run, or {@code -Dseed=…} to see a failure again. */
    static long seed() {
        return Long.getLong("seed", System.nanoTime());
    }

    static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.ISO_8859_1);
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.ISO_8859_1);
    }

    /** What a writer holds; drains it. */
    static String drained(ReplyWriter writer) {
        ByteBuf out = writer.drain(UnpooledByteBufAllocator.DEFAULT);
        if (out == null) {
            return "";
        }
        String text = out.toString(StandardCharsets.ISO_8859_1);
        out.release();
        return text;
    }

    static List<String> arguments(Request request) {
        List<String> arguments = new ArrayList<>();
        for (int i = 0; i < request.count(); i++) {
            arguments.add(text(request.bytes(i)));
        }
        return arguments;
    }

    /**
     * All requests of {@code input}, fed in pieces of {@code pieceBytes}; the last is the error's message, if there was
     * one.
     */
    static List<List<String>> requests(ProtocolLimits limits, byte[] input, int pieceBytes) {
        return requests(new RequestDecoder(limits), new Request(), input, pieceBytes);
    }

    static List<List<String>> requests(RequestDecoder decoder, Request request, byte[] input, int pieceBytes) {
        List<List<String>> requests = new ArrayList<>();
        try {
            for (int at = 0; at < input.length; at += pieceBytes) {
                decoder.feed(Unpooled.wrappedBuffer(input, at, Math.min(pieceBytes, input.length - at)));
                while (decoder.next(request)) {
                    requests.add(arguments(request));
                }
            }
        } catch (ProtocolException e) {
            requests.add(List.of("!" + e.getMessage()));
        }
        return requests;
    }

    static List<List<String>> requests(String input) {
        byte[] bytes = bytes(input);
        return requests(ProtocolLimits.DEFAULT, bytes, Math.max(1, bytes.length));
    }
}
