package io.ringtail.bench.example;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.PrintWriter;
import java.io.StringWriter;
import org.junit.jupiter.api.Test;
import picocli.CommandLine;

/** The example that {@code docs/conflicts.md} shows: real nodes, really cut apart. */
class CartCommandTest {
    private static final int PORT = 19_330;

    @Test
    void bothSidesOfACutAreSiblingsUntilTheirUnionIsWritten() {
        Run run = example("cart", "--port", Integer.toString(PORT));
        assertThat(run.code).as(run.output).isZero();
        assertThat(run.output.lines())
                .containsSubsequence(
                        "Ann, at node 1, adds bread",
                        "Bob, at node 3, reads cart:7: bread",
                        "Ann, at node 1, adds milk",
                        "Bob, at node 3, adds eggs",
                        "Ann, at node 1, reads cart:7: bread,milk",
                        "Bob, at node 3, reads cart:7: bread,eggs",
                        "Bob, at node 3, reads cart:7: bread,eggs | bread,milk",
                        "Node 1 reads cart:7: bread,eggs,milk",
                        "Node 2 reads cart:7: bread,eggs,milk",
                        "Node 3 reads cart:7: bread,eggs,milk",
                        "All nodes are stopped, their data deleted.");
        assertThat(run.output).containsPattern("RT\\.SET cart:7 bread,eggs,milk CONTEXT [A-Za-z0-9_-]+");
    }

    @Test
    void aPortThatLeavesNoRoomIsSaidInOneLine() {
        Run run = example("cart", "--port", "65535");
        assertThat(run.code).isEqualTo(1);
        assertThat(run.output).contains("ringtail: port 65535");
    }

    private record Run(int code, String output) {}

    private static Run example(String... arguments) {
        StringWriter output = new StringWriter();
        PrintWriter writer = new PrintWriter(output);
        int code = new CommandLine(new ExampleCommand()).setOut(writer).setErr(writer).execute(arguments);
        return new Run(code, output.toString());
    }
}
