package io.ringtail.cluster.antientropy;

import java.util.ArrayList;
import java.util.List;

/**
 * A node of the tree over the ring: all tokens that begin with the same bits. The root is the ring, a partition is a node, and so is each leaf; below the leaves there are
 * nodes too, whose hashes nobody keeps. Immutable.
 *
 * @param firstToken its bits, and zeros behind
 * @param depth how many bits
 */
record TreeNode(long firstToken, int depth) {
    /** Deeper nodes are not asked about: there a range is listed whatever it holds. */
    static final int MAX_DEPTH = 60;

    TreeNode {
        if (depth < 0 || depth > MAX_DEPTH || (firstToken & -1L >>> depth) != 0) {
            throw new IllegalArgumentException("no node begins at " + Long.toHexString(firstToken) + " at depth " + depth);
        }
    }

    /** Inclusive. */
    long lastToken() {
        return firstToken | -1L >>> depth;
    }

    /** The {@code index}-th of its {@code 2^bits} descendants {@code bits} deeper; with 0 bits the node itself. */
    TreeNode child(int index, int bits) {
        return bits == 0 ? this : new TreeNode(firstToken | (long) index << Long.SIZE - depth - bits, depth + bits);
    }

    /** The fewest nodes that cover {@code [fromToken, throughToken]}, in order, if need be with tokens next to it at its ends. */
    static List<TreeNode> covering(long fromToken, long throughToken) {
        if (Long.compareUnsigned(fromToken, throughToken) > 0) {
            throw new IllegalArgumentException(
                    "a range from " + Long.toHexString(fromToken) + " through " + Long.toHexString(throughToken));
        }
        List<TreeNode> nodes = new ArrayList<>();
        long at = fromToken & -1L << Long.SIZE - MAX_DEPTH;
        while (true) {
            int depth = MAX_DEPTH;
            while (depth > 0 && (at & -1L >>> depth - 1) == 0
                    && Long.compareUnsigned(at | -1L >>> depth - 1, throughToken) <= 0) {
                depth--;
            }
            TreeNode node = new TreeNode(at, depth);
            nodes.add(node);
            if (Long.compareUnsigned(node.lastToken(), throughToken) >= 0) {
                return nodes;
            }
            at = node.lastToken() + 1;
        }
    }
}
