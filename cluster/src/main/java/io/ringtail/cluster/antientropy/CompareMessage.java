package io.ringtail.cluster.antientropy;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import java.util.ArrayList;
import java.util.List;

/**
 * What a {@code COMPARE} and its answer carry behind their headers. Hashes of the descendants of some nodes, for the other to say which of its own differ; and up to
 * which time either side's databases are void. Bounded: whatever comes, a message makes no more than {@value #MAX_GROUPS} groups.
 *
 * <pre>
 *   request   floors · share (1) · varint groups · groups
 *   group     first token (8) · depth (1) · bits (1) · 2^bits hashes (8 each)
 *   answer    floors · ready (1) · varint differing · differing ones, when ready is 1
 *   differing varint index, counted through all groups · empty (1): whether the answering side holds nothing there
 *   floors    varint count · { database (1) · HLC (8) }
 * </pre>
 *
 * Pure.
 */
final class CompareMessage {
    static final int MAX_GROUPS = 64;
    /** Of a group: 16 hashes at most. */
    static final int MAX_BITS = 4;

    private static final int MAX_FLOORS = 256;

    private CompareMessage() {}

    /** A node and how much deeper its descendants are that are compared; the hashes are not to be changed by who reads them. */
    @SuppressWarnings("ArrayRecordComponent") // never compared
    record Group(TreeNode node, int bits, long[] hashes) {
        TreeNode child(int index) {
            return node.child(index, bits);
        }
    }

    /** Up to which time a database is void. */
    record Floor(int database, long hlc) {}

    /** @param isEmpty whether the answering side holds nothing there */
    record Difference(int index, boolean isEmpty) {}

    static void writeRequest(MessageWriter out, List<Floor> floors, int share, List<Group> groups) {
        writeFloors(out, floors);
        out.writeByte(share).writeVarint(groups.size());
        for (Group group : groups) {
            out.writeLong(group.node.firstToken()).writeByte(group.node.depth()).writeByte(group.bits);
            for (long hash : group.hashes) {
                out.writeLong(hash);
            }
        }
    }

    static void writeFloors(MessageWriter out, List<Floor> floors) {
        out.writeVarint(floors.size());
        for (Floor floor : floors) {
            out.writeByte(floor.database).writeLong(floor.hlc);
        }
    }

    static List<Floor> readFloors(MessageReader in) {
        int count = in.readVarint(MAX_FLOORS);
        List<Floor> floors = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            floors.add(new Floor(in.readByte(), in.readLong()));
        }
        return floors;
    }

    static List<Group> readGroups(MessageReader in) {
        int count = in.readVarint(MAX_GROUPS);
        List<Group> groups = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            long firstToken = in.readLong();
            int depth = in.readByte();
            int bits = in.readByte();
            if (bits > MAX_BITS || depth + bits > TreeNode.MAX_DEPTH || (firstToken & -1L >>> depth) != 0) {
                throw new MalformedMessageException(
                        "a node at " + Long.toHexString(firstToken) + ", depth " + depth + " and " + bits + " below");
            }
            long[] hashes = new long[1 << bits];
            for (int j = 0; j < hashes.length; j++) {
                hashes[j] = in.readLong();
            }
            groups.add(new Group(new TreeNode(firstToken, depth), bits, hashes));
        }
        return groups;
    }

    static void writeDifferences(MessageWriter out, List<Difference> differences) {
        out.writeVarint(differences.size());
        for (Difference difference : differences) {
            out.writeVarint(difference.index).writeBoolean(difference.isEmpty);
        }
    }

    /** @param hashes how many were asked about */
    static List<Difference> readDifferences(MessageReader in, int hashes) {
        int count = in.readVarint(hashes);
        List<Difference> differences = new ArrayList<>();
        int next = 0;
        for (int i = 0; i < count; i++) {
            int index = in.readVarint(hashes - 1);
            if (index < next) {
                throw new MalformedMessageException("difference " + index + " behind " + (next - 1));
            }
            next = index + 1;
            differences.add(new Difference(index, in.readBoolean()));
        }
        return differences;
    }
}
