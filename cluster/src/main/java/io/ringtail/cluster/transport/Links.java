package io.ringtail.cluster.transport;

import io.ringtail.cluster.topology.Member;
import java.util.List;
import java.util.function.LongConsumer;

/**
 * Whom a loop's links lead to. Told by membership, obeyed by whatever carries messages: sockets in a server, a queue of events in a simulation. Confined to the
 * loop.
 */
public interface Links {
    /**
     * From now on there are to be links to these members and no others, but for those being contacted: missing ones are tried again and again, ones to members that
     * are gone or have another address are given up.
     *
     * @param others all members but this node
     */
    void members(List<Member> others);

    /**
     * Tries once to reach a node whose id is not known yet. When it answers, {@link TransportListener#linkUp} tells its id, and the link stays up for at least as
     * long as it is of use: until it breaks, or {@link #members} is called without it and it has long been idle.
     */
    default void contact(String host, int port) {
        meet(host, port, memberId -> {});
    }

    /**
     * Tries once to reach a node of whatever cluster it may be, and does not say to which one this node belongs: members of two clusters have no links else.
     *
     * @param reached called with its id when it has answered, also when there was a link to it already; never when it does not
     */
    void meet(String host, int port, LongConsumer reached);

    /**
     * A member that was taken for down is alive: a link to it that is missing is to be tried at once, however long it has been tried in vain. Nothing is to be done where
     * links are always tried again soon.
     */
    default void alive(long memberId) {}
}
