package io.ringtail.server.loop;

import java.net.InetSocketAddress;
import java.net.SocketAddress;

/** Socket addresses as Redis writes them. Pure. */
public final class Addresses {
    private Addresses() {}

    /** {@code 127.0.0.1:6379}, or {@code [::1]:6379}. */
    public static String text(SocketAddress address) {
        if (!(address instanceof InetSocketAddress inet) || inet.getAddress() == null) {
            return "?:0";
        }
        String host = inet.getAddress().getHostAddress();
        return host.indexOf(':') >= 0 ? "[" + host + "]:" + inet.getPort() : host + ":" + inet.getPort();
    }

    public static boolean isLoopback(SocketAddress address) {
        return address instanceof InetSocketAddress inet
                && inet.getAddress() != null
                && inet.getAddress().isLoopbackAddress();
    }
}
