package io.ringtail.server.session;

import io.ringtail.cluster.coordinator.CommandContext;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * One client, from accept to close. Made by the connection's handler, read and changed by commands.
 *
 * <p>Changed only on the connection's event loop, or by the worker that runs a command for it while the loop leaves it alone. {@code
 * CLIENT LIST} on another thread reads it without a lock and may see a value a moment old.
 */
public final class Session {
    private final long id;
    private final Connection connection;
    private final String peer;
    private final String local;
    private final boolean loopback;
    private final long createdMillis;

    private String name = "";
    private String libraryName = "";
    private String libraryVersion = "";
    private int database;
    private boolean authenticated;
    private int protocolVersion = 2;
    private ReplyMode replyMode = ReplyMode.ON;
    private boolean monitor;
    private boolean noEvict;
    private boolean noTouch;
    private boolean closing;
    private boolean wrote;
    private boolean postponed;
    private long activeMillis;
    private long commandCount;
    private long receivedBytes;
    private long sentBytes;
    private String lastCommand = "NULL";
    private @Nullable Transaction transaction;
    private List<WatchedKey> watched = List.of();
    private final CommandContext context = new CommandContext();

    public Session(long id, Connection connection, String peer, String local, boolean loopback, long nowMillis) {
        this.id = id;
        this.connection = connection;
        this.peer = peer;
        this.local = local;
        this.loopback = loopback;
        this.createdMillis = nowMillis;
        this.activeMillis = nowMillis;
    }

    public long id() {
        return id;
    }

    /** What the cluster knows of this client. */
    public CommandContext context() {
        return context;
    }

    public Connection connection() {
        return connection;
    }

    /** The client's address, as {@code host:port}. */
    public String peer() {
        return peer;
    }

    /** The server's end of the connection, as {@code host:port}. */
    public String local() {
        return local;
    }

    public boolean isLoopback() {
        return loopback;
    }

    public long createdMillis() {
        return createdMillis;
    }

    public String name() {
        return name;
    }

    public void name(String newName) {
        name = newName;
    }

    public String libraryName() {
        return libraryName;
    }

    public void libraryName(String newName) {
        libraryName = newName;
    }

    public String libraryVersion() {
        return libraryVersion;
    }

    public void libraryVersion(String newVersion) {
        libraryVersion = newVersion;
    }

    public int database() {
        return database;
    }

    public void database(int selected) {
        database = selected;
    }

    public boolean isAuthenticated() {
        return authenticated;
    }

    public void authenticated(boolean isSo) {
        authenticated = isSo;
    }

    /** 2 or 3; the handler that changes it tells the reply writer too. */
    public int protocolVersion() {
        return protocolVersion;
    }

    public void protocolVersion(int version) {
        protocolVersion = version;
    }

    public ReplyMode replyMode() {
        return replyMode;
    }

    public void replyMode(ReplyMode mode) {
        replyMode = mode;
    }

    public boolean isMonitor() {
        return monitor;
    }

    void monitor(boolean isSo) {
        monitor = isSo;
    }

    public boolean noEvict() {
        return noEvict;
    }

    public void noEvict(boolean isSo) {
        noEvict = isSo;
    }

    public boolean noTouch() {
        return noTouch;
    }

    public void noTouch(boolean isSo) {
        noTouch = isSo;
    }

    /** Whether the connection is to be closed once the replies written so far are sent. */
    public boolean isClosing() {
        return closing;
    }

    public void closeAfterReplies() {
        closing = true;
    }

    /** Whether a command has written data since this was last set to false: then a refused turn concerns this client. */
    public boolean wrote() {
        return wrote;
    }

    public void wrote(boolean hasWritten) {
        wrote = hasWritten;
    }

    /** Whether {@code CLIENT PAUSE} holds a request of this client back. */
    public boolean isPostponed() {
        return postponed;
    }

    public void postponed(boolean isSo) {
        postponed = isSo;
    }

    public long activeMillis() {
        return activeMillis;
    }

    public String lastCommand() {
        return lastCommand;
    }

    /** Notes a command's start. */
    public void began(String command) {
        lastCommand = command;
        commandCount++;
    }

    public long commandCount() {
        return commandCount;
    }

    public long receivedBytes() {
        return receivedBytes;
    }

    public void received(int bytes, long nowMillis) {
        receivedBytes += bytes;
        activeMillis = nowMillis;
    }

    public long sentBytes() {
        return sentBytes;
    }

    public void sent(int bytes) {
        sentBytes += bytes;
    }

    public @Nullable Transaction transaction() {
        return transaction;
    }

    public void beginTransaction() {
        transaction = new Transaction();
    }

    /** Forgets the transaction and the watched keys. */
    public void endTransaction() {
        transaction = null;
        watched = List.of();
    }

    public List<WatchedKey> watched() {
        return watched;
    }

    /** Adds to the watched keys. */
    public void watch(WatchedKey key) {
        if (watched.isEmpty()) {
            watched = new ArrayList<>();
        }
        watched.add(key);
    }

    public void unwatch() {
        watched = List.of();
    }
}
