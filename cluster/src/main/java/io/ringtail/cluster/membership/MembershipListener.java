package io.ringtail.cluster.membership;

import io.ringtail.cluster.topology.Topology;
import java.io.IOException;

/** What membership has to say to people. Called on the control loop. */
public interface MembershipListener {
    /** Hears nothing. */
    MembershipListener NONE = new MembershipListener() {};

    /** This node is a member now: it has created a cluster, found its file, or been let in. */
    default void joined(Topology topology) {}

    /** This node will not become a member, for good: it has to be configured otherwise, and is of no use until then. */
    default void refused(String reason) {}

    /** An epoch is in force here that was not before. */
    default void epochBegan(Topology topology) {}

    /** The newest topology is without this node. */
    default void forgotten(Topology topology) {}

    /** Another node was not let in. */
    default void refusedAnother(long memberId, String reason) {}

    /** This node is to join another cluster at run time, and takes no data until it has been let in. */
    default void joining(Seed by) {}

    /** It has not been, and goes on in its own cluster. */
    default void staysAlone(Topology own, String reason) {}

    /** A node of another cluster talks to this one. */
    default void heardOfOtherCluster(long memberId, long clusterId) {}

    /** This node could not write down its part in a decision: it takes no part until that can be done, or, when it is uncertain what was written, until a restart. */
    default void topologyFileFailed(IOException cause) {}
}
