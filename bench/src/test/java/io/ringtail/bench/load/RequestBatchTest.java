package io.ringtail.bench.load;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.netty.buffer.Unpooled;
import io.ringtail.protocol.ProtocolException;
import io.ringtail.protocol.ProtocolLimits;
import io.ringtail.protocol.Request;
import io.ringtail.protocol.RequestDecoder;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class RequestBatchTest {
    @Test
    void requestsAreWhatAServerDecodes() throws ProtocolException {
        List<Request> requests = decode(batch(Load.Command.SET, Load.KeyOrder.RANDOM, 8, 1000, 1, 0).next(8, 1));
        assertThat(requests).hasSize(8).allSatisfy(request -> {
            assertThat(request.count()).isEqualTo(3);
            assertThat(text(request, 0)).isEqualTo("SET");
            assertThat(text(request, 1)).matches("key:000000000\\d{3}");
            assertThat(request.size(2)).isEqualTo(100);
        });
        assertThat(decode(batch(Load.Command.GET, Load.KeyOrder.RANDOM, 2, 1000, 1, 0).next(1, 1)))
                .singleElement()
                .satisfies(request -> assertThat(text(request, 0)).isEqualTo("GET"));
    }

    @Test
    void clientsInTurnNameEveryKeyOnce() throws ProtocolException {
        int clients = 3;
        List<String> named = new ArrayList<>();
        for (int client = 0; client < clients; client++) {
            RequestBatch batch = batch(Load.Command.SET, Load.KeyOrder.IN_TURN, 7, 42, client + 1, client);
            for (int i = 0; i < 2; i++) {
                for (Request request : decode(batch.next(7, clients))) {
                    named.add(text(request, 1));
                }
            }
        }
        assertThat(named).containsExactlyInAnyOrderElementsOf(
                IntStream.range(0, 42).mapToObj("key:%012d"::formatted).toList());
    }

    @Test
    void randomKeysAreSpreadOverAllThereAre() throws ProtocolException {
        RequestBatch batch = batch(Load.Command.GET, Load.KeyOrder.RANDOM, 64, 10, 5, 0);
        Set<String> named = new HashSet<>();
        for (int i = 0; i < 10; i++) {
            for (Request request : decode(batch.next(64, 1))) {
                named.add(text(request, 1));
            }
        }
        assertThat(named).containsExactlyInAnyOrderElementsOf(
                IntStream.range(0, 10).mapToObj("key:%012d"::formatted).toList());
    }

    @Test
    void aBatchThatWaitsForReplicasEndsWithThat() throws ProtocolException {
        Load load = new Load(Load.Command.SET, Load.KeyOrder.RANDOM, 3, 4, 1000, 100, 1, 1).awaiting(1);
        RequestBatch batch = new RequestBatch(load, 1, 0);
        for (int count = 4; count > 0; count--) {
            List<Request> requests = decode(batch.next(count, 1));
            assertThat(requests).hasSize(count + 1);
            assertThat(requests.subList(0, count)).allSatisfy(request -> assertThat(text(request, 0)).isEqualTo("SET"));
            assertThat(text(requests.getLast(), 0)).isEqualTo("WAIT");
            assertThat(text(requests.getLast(), 1)).isEqualTo("1");
        }
    }

    @Test
    void keysBeginAsTheLoadSays() throws ProtocolException {
        Load load = new Load(Load.Command.INCR, Load.KeyOrder.RANDOM, 1, 4, 1000, 100, 1, 1).on("num:");
        assertThat(decode(new RequestBatch(load, 1, 0).next(4, 1))).hasSize(4).allSatisfy(request -> {
            assertThat(request.count()).isEqualTo(2);
            assertThat(text(request, 0)).isEqualTo("INCR");
            assertThat(text(request, 1)).matches("num:000000000\\d{3}");
        });
        assertThatThrownBy(() -> load.on("number:")).isInstanceOf(IllegalArgumentException.class);
    }

    private static RequestBatch batch(
            Load.Command command, Load.KeyOrder order, int pipeline, int keys, long seed, int firstKey) {
        return new RequestBatch(new Load(command, order, 3, pipeline, keys, 100, 1, 1), seed, firstKey);
    }

    private static List<Request> decode(ByteBuffer bytes) throws ProtocolException {
        RequestDecoder decoder = new RequestDecoder(ProtocolLimits.DEFAULT);
        decoder.feed(Unpooled.wrappedBuffer(bytes));
        List<Request> requests = new ArrayList<>();
        Request request = new Request();
        while (decoder.next(request)) {
            requests.add(request.copy());
        }
        assertThat(decoder.bufferedBytes()).isZero();
        return requests;
    }

    private static String text(Request request, int index) {
        return new String(request.bytes(index), StandardCharsets.US_ASCII);
    }
}
