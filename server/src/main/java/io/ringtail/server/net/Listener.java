package io.ringtail.server.net;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.PooledByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.EventLoop;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.ServerChannel;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.epoll.Epoll;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.nio.NioIoHandler;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.util.concurrent.EventExecutor;
import io.ringtail.server.command.Command;
import io.ringtail.server.command.Services;
import io.ringtail.server.config.Configuration;
import io.ringtail.server.config.Settings;
import io.ringtail.server.loop.Addresses;
import io.ringtail.server.session.Session;
import io.ringtail.server.session.Sessions;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * The server's event loops and the sockets it listens on. Made by the server's assembly, which calls {@link #open} once and {@link
 * #close} once.
 */
public final class Listener {
    private static final byte[] TOO_MANY = ascii("-ERR max number of clients reached\r\n");
    private static final byte[] PROTECTED = ascii("-DENIED Redis protocol is served to this machine only, because protected-mode is on and there is"
            + " no password. Set requirepass, or protected-mode no where the network is trusted, to serve other"
            + " machines.\r\n");
    private static final WriteBufferWaterMark WATER_MARK = new WriteBufferWaterMark(256 << 10, 1 << 20);

    private final Services services;
    private final Limits limits;
    private final WorkerPool workers;
    private final EventLoopGroup loops;
    private final Map<EventExecutor, EventLoopContext> contexts = new IdentityHashMap<>();
    private final List<Channel> channels = new ArrayList<>();
    private final boolean epoll = Epoll.isAvailable();

    public Listener(Services services) {
        Configuration configuration = services.configuration();
        this.services = services;
        this.limits = new Limits(configuration);
        this.workers = new WorkerPool(services, configuration.integer(Settings.WORKER_THREADS));
        AtomicInteger number = new AtomicInteger();
        ThreadFactory threads = task -> new io.netty.util.concurrent.FastThreadLocalThread(
                task, "event-loop-" + number.incrementAndGet());
        IoHandlerFactory io = epoll ? EpollIoHandler.newFactory() : NioIoHandler.newFactory();
        this.loops = new MultiThreadIoEventLoopGroup(configuration.integer(Settings.IO_THREADS), threads, io);
        ClientMemory clientMemory = new ClientMemory(configuration, services.sessions());
        for (EventExecutor loop : loops) {
            contexts.put(loop, new EventLoopContext((EventLoop) loop, services, workers, limits, clientMemory));
        }
        services.data().whenDurable(this::durable);
    }

    private void durable(long position) {
        for (EventLoopContext context : contexts.values()) {
            context.durable(position);
        }
    }

    /**
     * Listens on every address that is bound; returns the port, which matters when any free one was asked for. Connections wait until {@link #serve}.
     *
     * @throws IOException naming the address that cannot be listened on
     */
    public int open() throws IOException {
        Configuration configuration = services.configuration();
        int port = configuration.integer(Settings.PORT);
        Class<? extends ServerChannel> type = epoll ? EpollServerSocketChannel.class : NioServerSocketChannel.class;
        for (String word : configuration.words(Settings.BIND)) {
            boolean optional = word.startsWith("-");
            String host = optional ? word.substring(1) : word;
            InetSocketAddress address =
                    host.equals("*") ? new InetSocketAddress(port) : new InetSocketAddress(host, port);
            ServerBootstrap bootstrap = new ServerBootstrap()
                    .group(loops, loops)
                    .channel(type)
                    .option(ChannelOption.SO_BACKLOG, configuration.integer(Settings.TCP_BACKLOG))
                    .option(ChannelOption.SO_REUSEADDR, true)
                    .option(ChannelOption.AUTO_READ, false)
                    .childOption(ChannelOption.TCP_NODELAY, true)
                    .childOption(ChannelOption.ALLOW_HALF_CLOSURE, true)
                    .childOption(ChannelOption.ALLOCATOR, PooledByteBufAllocator.DEFAULT)
                    .childOption(ChannelOption.WRITE_BUFFER_WATER_MARK, WATER_MARK)
                    .childHandler(new ChannelInitializer<>() {
                        @Override
                        protected void initChannel(Channel channel) {
                            accept(channel);
                        }
                    });
            var bound = bootstrap.bind(address).awaitUninterruptibly();
            if (bound.isSuccess()) {
                channels.add(bound.channel());
                port = ((InetSocketAddress) bound.channel().localAddress()).getPort();
            } else if (!optional) {
                String reason = bound.cause() == null ? "unknown" : bound.cause().getMessage();
                throw new IOException("cannot listen on " + host + ":" + port + ": " + reason);
            }
        }
        for (EventLoopContext context : contexts.values()) {
            context.loop.scheduleAtFixedRate(context::everySecond, 1, 1, TimeUnit.SECONDS);
        }
        loops.next().scheduleAtFixedRate(this::measureRates, 1, 1, TimeUnit.SECONDS);
        return port;
    }

    /** Takes the connections that have come, and those that will. */
    public void serve() {
        for (Channel channel : channels) {
            channel.config().setAutoRead(true);
        }
    }

    private void measureRates() {
        long commands = 0;
        for (Command command : services.table().indexed()) {
            commands += services.metrics().calls(command.index());
        }
        services.metrics().tick(commands);
    }

    private void accept(Channel channel) {
        services.metrics().connectionsReceived.increment();
        Sessions sessions = services.sessions();
        if (limits.protectedMode() && !Addresses.isLoopback(channel.remoteAddress())) {
            refuse(channel, PROTECTED);
            return;
        }
        if (!sessions.tryEnter(limits.maxClients())) {
            refuse(channel, TOO_MANY);
            return;
        }
        EventLoopContext context = contexts.get(channel.eventLoop());
        if (context == null) {
            throw new IllegalStateException("a connection on an unknown event loop");
        }
        keepAlive(channel);
        channel.config().setRecvByteBufAllocator(context.receiveBuffer);
        boolean open = services.configuration().text(Settings.REQUIREPASS).isEmpty();
        channel.pipeline().addLast(new ConnectionHandler(context, channel, open));
    }

    private void refuse(Channel channel, byte[] error) {
        services.metrics().connectionsRejected.increment();
        channel.writeAndFlush(Unpooled.wrappedBuffer(error)).addListener(ChannelFutureListener.CLOSE);
    }

    private void keepAlive(Channel channel) {
        int seconds = limits.keepAliveSeconds();
        channel.config().setOption(ChannelOption.SO_KEEPALIVE, seconds > 0);
        if (seconds > 0 && epoll) {
            channel.config().setOption(EpollChannelOption.TCP_KEEPIDLE, seconds);
            channel.config().setOption(EpollChannelOption.TCP_KEEPINTVL, Math.max(1, seconds / 3));
            channel.config().setOption(EpollChannelOption.TCP_KEEPCNT, 3);
        }
    }

    /** How the sockets are served: {@code epoll} or {@code nio}. */
    public String transport() {
        return epoll ? "epoll" : "nio";
    }

    /** Takes no more connections, answers what was received, closes what is open, and ends the threads. */
    public void close() throws InterruptedException {
        long timeoutMillis = services.configuration().number(Settings.SHUTDOWN_TIMEOUT) * 1000;
        for (Channel channel : channels) {
            channel.close().awaitUninterruptibly(timeoutMillis);
        }
        for (Session session : services.sessions().all()) {
            session.connection().kill();
        }
        workers.close(timeoutMillis);
        services.data().leave(timeoutMillis);
        for (EventLoopContext context : contexts.values()) {
            context.loop.submit(context::close).awaitUninterruptibly(timeoutMillis);
        }
        loops.shutdownGracefully(0, timeoutMillis, TimeUnit.MILLISECONDS).awaitUninterruptibly(timeoutMillis);
    }

    private static byte[] ascii(String text) {
        return text.getBytes(StandardCharsets.US_ASCII);
    }
}
