package io.ringtail.cluster.transport;

import io.ringtail.cluster.topology.Member;
import java.util.List;

/** Which other nodes a node has links to. Told by whoever knows the topology; links come up by themselves. Safe for concurrent use. */
public interface Links {
    /** From now on links are kept to these members and to no others; the node itself is not among them. */
    void members(List<Member> others);

    /** Tries to reach a node of which only the address is known. When it answers, a link to it comes up under the id it names. */
    void contact(String host, int port);
}
