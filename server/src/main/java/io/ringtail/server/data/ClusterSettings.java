package io.ringtail.server.data;

import io.ringtail.cluster.membership.MembershipSettings;
import io.ringtail.cluster.membership.Seed;
import io.ringtail.cluster.topology.ConsistencyLevel;
import io.ringtail.cluster.topology.Keyspace;
import io.ringtail.cluster.topology.KeyspaceSyntax;
import io.ringtail.cluster.topology.Member;
import io.ringtail.cluster.topology.Replication;
import io.ringtail.server.config.Configuration;
import io.ringtail.server.config.Settings;
import java.io.IOException;
import java.net.Inet4Address;
import java.net.InetAddress;
import java.net.NetworkInterface;
import java.net.SocketException;
import java.util.ArrayList;
import java.util.Enumeration;
import java.util.List;
import java.util.Set;

/** Reads from the configuration what a node is told about its cluster. Pure but for asking the machine its address. */
final class ClusterSettings {
    private ClusterSettings() {}

    /**
     * @param clientPort the one that clients are really served at
     * @param nodePort the one that nodes are
     * @throws IOException naming the setting that is wrong
     */
    static MembershipSettings of(Configuration configuration, long nodeId, int clientPort, int nodePort) throws IOException {
        Member self = new Member(
                nodeId,
                announced(configuration),
                nodePort,
                clientPort,
                configuration.integer(Settings.WEIGHT),
                configuration.text(Settings.RACK),
                datacenter(configuration));
        int partitions = configuration.integer(Settings.PARTITIONS);
        if (Integer.bitCount(partitions) != 1) {
            throw new IOException("partitions " + partitions + " is no power of two");
        }
        return new MembershipSettings(
                configuration.text(Settings.CLUSTER_NAME),
                self,
                partitions,
                keyspaces(configuration),
                seeds(configuration.text(Settings.JOIN)),
                Set.of());
    }

    private static List<Keyspace> keyspaces(Configuration configuration) throws IOException {
        try {
            Keyspace others = new Keyspace(
                    "",
                    replication(configuration),
                    ConsistencyLevel.of(configuration.text(Settings.READ_CONSISTENCY)),
                    ConsistencyLevel.of(configuration.text(Settings.WRITE_CONSISTENCY)),
                    configuration.text(Settings.QUORUM).equals("sloppy"));
            List<Keyspace> keyspaces = new ArrayList<>();
            keyspaces.add(others);
            for (String part : configuration.text(Settings.KEYSPACE).split(";", -1)) {
                if (!part.isBlank()) {
                    keyspaces.add(KeyspaceSyntax.parse(part, others));
                }
            }
            return keyspaces;
        } catch (IllegalArgumentException e) {
            throw new IOException(e.getMessage(), e);
        }
    }

    private static Replication replication(Configuration configuration) {
        try {
            return Replication.parse(configuration.text(Settings.REPLICATION_FACTOR));
        } catch (IllegalArgumentException e) {
            throw new IllegalArgumentException("replication-factor " + e.getMessage(), e);
        }
    }

    private static String datacenter(Configuration configuration) throws IOException {
        String name = configuration.text(Settings.DATACENTER);
        if (!Replication.isDatacenterName(name)) {
            throw new IOException("datacenter '" + name + "': a name has no blanks, quotes, colons, commas or semicolons");
        }
        return name;
    }

    private static List<Seed> seeds(String text) throws IOException {
        List<Seed> seeds = new ArrayList<>();
        for (String part : text.split("[,\\s]+", -1)) {
            if (part.isEmpty()) {
                continue;
            }
            int colon = part.lastIndexOf(':');
            String host = colon < 0 ? "" : part.substring(0, colon);
            if (host.startsWith("[") && host.endsWith("]")) {
                host = host.substring(1, host.length() - 1);
            }
            String port = part.substring(colon + 1);
            if (host.isEmpty() || !port.matches("[0-9]{1,5}") || Integer.parseInt(port) > 65535) {
                throw new IOException("join: '" + part + "' is no HOST:PORT");
            }
            seeds.add(new Seed(host, Integer.parseInt(port)));
        }
        return seeds;
    }

    private static String announced(Configuration configuration) throws IOException {
        String address = configuration.text(Settings.ANNOUNCE_ADDRESS);
        if (!address.equals("auto")) {
            return address;
        }
        String first = configuration.words(Settings.BIND).getFirst();
        String bound = first.startsWith("-") ? first.substring(1) : first;
        if (!bound.equals("*") && !InetAddress.getByName(bound).isAnyLocalAddress()) {
            return bound;
        }
        return machineAddress();
    }

    /** The first address of this machine by which others can reach it; the loopback one when it has no other. */
    private static String machineAddress() throws SocketException {
        InetAddress found = null;
        Enumeration<NetworkInterface> interfaces = NetworkInterface.getNetworkInterfaces();
        while (interfaces.hasMoreElements()) {
            NetworkInterface each = interfaces.nextElement();
            if (!each.isUp() || each.isLoopback()) {
                continue;
            }
            for (InetAddress address : each.inetAddresses().toList()) {
                boolean better = found == null || (address instanceof Inet4Address && !(found instanceof Inet4Address));
                if (!address.isLinkLocalAddress() && better) {
                    found = address;
                }
            }
        }
        return found == null ? "127.0.0.1" : found.getHostAddress();
    }
}
