package io.ringtail.cluster.antientropy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class TreeNodeTest {
    @Test
    void childrenShareTheirParentBetweenThem() {
        TreeNode parent = new TreeNode(0x3L << 60, 4);
        for (int bits = 0; bits <= 4; bits++) {
            long next = parent.firstToken();
            for (int i = 0; i < 1 << bits; i++) {
                TreeNode child = parent.child(i, bits);
                assertThat(child.firstToken()).isEqualTo(next);
                next = child.lastToken() + 1;
            }
            assertThat(next).isEqualTo(parent.lastToken() + 1);
        }
    }

    @Test
    void theWholeRingIsItsRoot() {
        assertThat(TreeNode.covering(0, -1)).containsExactly(new TreeNode(0, 0));
        assertThat(new TreeNode(0, 0).lastToken()).isEqualTo(-1);
        assertThat(new TreeNode(0, 0).child(1, 1).firstToken()).isEqualTo(Long.MIN_VALUE);
    }

    @Test
    void aRangeIsCoveredWithoutGapsAndHardlyMore() {
        Random random = new Random(5);
        for (int run = 0; run < 2_000; run++) {
            long a = random.nextLong() >>> random.nextInt(64);
            long b = random.nextLong() >>> random.nextInt(64);
            long from = Long.compareUnsigned(a, b) <= 0 ? a : b;
            long through = from == a ? b : a;
            List<TreeNode> nodes = TreeNode.covering(from, through);
            long slack = -1L >>> TreeNode.MAX_DEPTH;
            assertThat(from - nodes.getFirst().firstToken()).as("run %d", run).isBetween(0L, slack);
            assertThat(nodes.getLast().lastToken() - through).as("run %d", run).isBetween(0L, slack);
            for (int i = 1; i < nodes.size(); i++) {
                assertThat(nodes.get(i).firstToken()).as("run %d", run).isEqualTo(nodes.get(i - 1).lastToken() + 1);
            }
            assertThat(nodes).hasSizeLessThanOrEqualTo(2 * TreeNode.MAX_DEPTH);
        }
    }

    @Test
    void whatIsNoNodeIsNone() {
        assertThatThrownBy(() -> new TreeNode(1, 4)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new TreeNode(0, TreeNode.MAX_DEPTH + 1)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> TreeNode.covering(2, 1)).isInstanceOf(IllegalArgumentException.class);
    }
}
