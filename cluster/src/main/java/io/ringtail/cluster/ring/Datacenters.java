package io.ringtail.cluster.ring;

import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Topology;
import java.util.List;
import java.util.TreeSet;

/** The data centers of one epoch, numbered in the order of their names, and who is in which. Immutable. */
public final class Datacenters {
    private final List<String> names;
    /** By member. */
    private final int[] indexes;

    Datacenters(Topology topology) {
        List<Member> members = topology.members();
        TreeSet<String> sorted = new TreeSet<>();
        members.forEach(member -> sorted.add(member.datacenter()));
        this.names = List.copyOf(sorted);
        this.indexes = members.stream().mapToInt(member -> names.indexOf(member.datacenter())).toArray();
    }

    /** How many there are. Those without a name are one. */
    public int count() {
        return names.size();
    }

    /** Whether there is more than one, so that it matters who is where. */
    public boolean areSeveral() {
        return names.size() > 1;
    }

    /** The data center of a member, by the member's index in the topology. */
    public int of(int member) {
        return indexes[member];
    }

    /** As people are told of it. */
    public String name(int datacenter) {
        return names.get(datacenter).isEmpty() ? "(unnamed)" : names.get(datacenter);
    }

    /** The index of the data center of that name; -1 when no member is in it. */
    public int indexOf(String name) {
        return names.indexOf(name);
    }
}
