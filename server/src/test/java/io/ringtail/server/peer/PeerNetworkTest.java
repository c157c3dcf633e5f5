package io.ringtail.server.peer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.ringtail.server.loop.Sockets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

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
}
