package io.ringtail.server.loop;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.channel.socket.nio.NioSocketChannel;

/** The kinds of socket there are, by what an event loop must be made of to serve them. */
public enum Sockets {
    EPOLL(EpollServerSocketChannel.class, EpollSocketChannel.class),
    NIO(NioServerSocketChannel.class, NioSocketChannel.class);

    private final Class<? extends ServerChannel> listening;
    private final Class<? extends SocketChannel> connected;

    Sockets(Class<? extends ServerChannel> listening, Class<? extends SocketChannel> connected) {
        this.listening = listening;
        this.connected = connected;
    }

    /** The best that this machine has. */
    public static Sockets best() {
        return Epoll.isAvailable() ? EPOLL : NIO;
    }

    public IoHandlerFactory ioHandlers() {
        return this == EPOLL ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
    }

    public Class<? extends ServerChannel> listening() {
        return listening;
    }

    public Class<? extends SocketChannel> connected() {
        return connected;
    }
}
