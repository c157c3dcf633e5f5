package io.ringtail.server.command;

import io.ringtail.cluster.coordinator.DataSession;
import io.ringtail.engine.record.Key;
import io.ringtail.engine.record.MemberKeys;
import io.ringtail.engine.record.Record;
import io.ringtail.protocol.ReplyWriter;
import io.ringtail.protocol.Request;
import io.ringtail.protocol.RequestPreview;
import io.ringtail.server.session.Session;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * One command being run: its arguments, where its reply goes, and the data.
 *
 * <p>Reused for every command of a thread: a handler keeps nothing of it. Confined to the thread that runs the command.
 */
public final class Call {
    private static final int MAX_QUOTED_BYTES = 128;

    private static final int MAX_KEPT_MEMBER_KEYS = 64;
    private static final int MAX_KEPT_SCRATCH_BYTES = 64 * 1024;

    private final DataSession data;
    private final Key key = new Key();
    private final Record record = new Record();
    private final Key otherKey = new Key();
    private final Record otherRecord = new Record();
    private Key[] memberKeys = {new Key()};
    private final Key[] expectedKeys = new Key[DataSession.PREFETCH_MAX];
    private final Key[] expectedMembers = new Key[DataSession.PREFETCH_MAX];
    private final int[] expectedOffsets = new int[DataSession.PREFETCH_MAX];
    private byte @Nullable [] expectedArray;
    private int expectedDatabase;
    private int expectedCount;
    private int expectedNext;
    private byte[] scratch = new byte[64];
    private int databaseCount = 16;
    private int maxValueSize = 512 * 1024 * 1024;
    private Request request = new Request();
    private ReplyWriter reply = new ReplyWriter();
    private int database;
    private @Nullable Session session;
    private long clockNanos;
    private @Nullable Dispatcher dispatcher;

    public Call(DataSession data) {
        this.data = data;
        Arrays.setAll(expectedKeys, i -> new Key());
        Arrays.setAll(expectedMembers, i -> new Key());
    }

    /** Points this call at the next command. */
    public Call begin(Request request, ReplyWriter reply, int database) {
        this.request = request;
        this.reply = reply;
        this.database = database;
        return this;
    }

    /** Says whose commands the next ones are. */
    public void session(@Nullable Session session) {
        this.session = session;
    }

    /** The client that sent the command. */
    public Session session() {
        Session current = session;
        if (current == null) {
            throw new IllegalStateException("a command is run without a client");
        }
        return current;
    }

    void dispatcher(Dispatcher dispatcher) {
        this.dispatcher = dispatcher;
    }

    /** What runs this thread's commands; {@code EXEC} runs others through it. */
    Dispatcher dispatcher() {
        Dispatcher current = dispatcher;
        if (current == null) {
            throw new IllegalStateException("a command is run without a dispatcher");
        }
        return current;
    }

    /** The monotonic clock as it was when this was last asked for or set; a command's end is the next one's start. */
    long clockNanos() {
        return clockNanos;
    }

    /** Reads the monotonic clock. */
    public void startClock() {
        clockNanos = System.nanoTime();
    }

    public DataSession data() {
        return data;
    }

    public ReplyWriter reply() {
        return reply;
    }

    public Request request() {
        return request;
    }

    /** The database the client has selected. */
    public int database() {
        return database;
    }

    /** How many arguments, the command's name included. */
    public int count() {
        return request.count();
    }

    /** The internal key that argument {@code index} names in the selected database; overwritten by the next call. */
    public Key key(int index) {
        if (expectedCount > 0) {
            Key expected = expected(request.offset(index));
            if (expected != null && expected.userKeySize() == request.size(index)) {
                return expected;
            }
        }
        return key(index, key);
    }

    /** {@link #key(int)} into a key of the caller's. */
    public Key key(int index, Key into) {
        return key(database, index, into);
    }

    /**
     * Takes note of keys that the next commands will ask for: makes them internal keys, has what they hold brought closer, and keeps them for {@link #key(int)}. Members that
     * they name first are brought closer, too.
     */
    void expect(RequestPreview preview, int inDatabase, CommandTable commands) {
        int count = 0;
        int memberCount = 0;
        for (int i = 0; i < preview.count(); i++) {
            int size = preview.size(i);
            if (size <= Key.MAX_USER_KEY_SIZE) {
                expectedOffsets[count] = preview.offset(i);
                Key key = expectedKeys[count++].set(inDatabase, preview.array(), preview.offset(i), size);
                if (namesMember(preview, i, commands)) {
                    MemberKeys.set(
                            expectedMembers[memberCount++], key, Record.TYPE_SET, preview.array(), preview.secondOffset(i), preview.secondSize(i));
                }
            }
        }
        expectedArray = preview.array();
        expectedDatabase = inDatabase;
        expectedCount = count;
        expectedNext = 0;
        data.prefetch(expectedKeys, count);
        if (memberCount > 0) {
            data.prefetch(expectedMembers, memberCount);
        }
    }

    private static boolean namesMember(RequestPreview preview, int index, CommandTable commands) {
        if (preview.secondSize(index) < 0 || preview.size(index) + preview.secondSize(index) > MemberKeys.MAX_SIZE) {
            return false;
        }
        Command command = commands.find(preview.array(), preview.nameOffset(index), preview.nameSize(index));
        return command != null && command.firstMember() == 2;
    }

    /** The expected key that stands at {@code offset} of the request's array; null when that is another. */
    private @Nullable Key expected(int offset) {
        if (request.array() != expectedArray || database != expectedDatabase) {
            return null;
        }
        // Offsets ascend, as the commands come.
        while (expectedNext < expectedCount && expectedOffsets[expectedNext] < offset) {
            expectedNext++;
        }
        return expectedNext < expectedCount && expectedOffsets[expectedNext] == offset ? expectedKeys[expectedNext] : null;
    }

    /** Forgets what was expected: the bytes it was read from may change. */
    void expectNothing() {
        expectedCount = 0;
        expectedArray = null;
    }

    /** The internal key that argument {@code index} names in {@code inDatabase}. */
    public Key key(int inDatabase, int index, Key into) {
        int size = request.size(index);
        checkKeySize(size);
        return into.set(inDatabase, request.array(), request.offset(index), size);
    }

    /** Checks the sizes of the keys at {@code first}, {@code first + step}, …: for commands that write key after key. */
    public void checkKeys(int first, int step) {
        for (int i = first; i < request.count(); i += step) {
            checkKeySize(request.size(i));
        }
    }

    private static void checkKeySize(int size) {
        if (size > Key.MAX_USER_KEY_SIZE) {
            throw new CommandException("ERR key is too long: " + size + " bytes, the limit is " + Key.MAX_USER_KEY_SIZE);
        }
    }

    /** A second key, for commands on two; overwritten by the next handler that uses it. */
    public Key otherKey() {
        return otherKey;
    }

    /**
     * Reads a string; false when the key holds nothing.
     *
     * @throws CommandException {@link CommandException#WRONG_TYPE} when it holds something else
     */
    public boolean readString(Key of, Record into) {
        boolean found = data.read(of, into);
        if (found && into.showsCollection()) {
            throw CommandException.WRONG_TYPE;
        }
        return found;
    }

    /** Internal keys of members, for the command to set; overwritten by the next handler that uses them. */
    public Key[] memberKeys(int count) {
        Key[] keys = memberKeys;
        if (keys.length < count) {
            int before = keys.length;
            keys = Arrays.copyOf(keys, count);
            for (int i = before; i < count; i++) {
                keys[i] = new Key();
            }
            if (count <= MAX_KEPT_MEMBER_KEYS) {
                memberKeys = keys;
            }
        }
        return keys;
    }

    /** A second record, for commands that look at two at a time. */
    public Record otherRecord() {
        return otherRecord;
    }

    /**
     * An array of at least {@code size} bytes to build a value in, of any content; overwritten by the next use. A large one
     * is not kept.
     */
    public byte[] scratch(int size) {
        if (size > MAX_KEPT_SCRATCH_BYTES) {
            return new byte[size];
        }
        if (scratch.length < size) {
            scratch = new byte[Math.max(size, Math.min(2 * scratch.length, MAX_KEPT_SCRATCH_BYTES))];
        }
        return scratch;
    }

    /** Sets what configuration decides: how many databases there are, and the longest value that a command may make. */
    public void limits(int databaseCount, int maxValueSize) {
        this.databaseCount = databaseCount;
        this.maxValueSize = maxValueSize;
    }

    /** Databases are 0 … {@code databaseCount() - 1}. */
    public int databaseCount() {
        return databaseCount;
    }

    /** Bytes of the longest value a command may make (Redis' {@code proto-max-bulk-len}). */
    public int maxValueSize() {
        return maxValueSize;
    }

    /** A record to read into; overwritten by the next handler that uses it. */
    public Record record() {
        return record;
    }

    /** A copy of argument {@code index}. */
    public byte[] bytes(int index) {
        return request.bytes(index);
    }

    /** Argument {@code index} as text. */
    public String text(int index) {
        return new String(request.array(), request.offset(index), request.size(index), StandardCharsets.UTF_8);
    }

    /** Argument {@code index} to be quoted in an error message: its first 128 bytes, as text. */
    public String quoted(int index) {
        int size = Math.min(request.size(index), MAX_QUOTED_BYTES);
        return new String(request.array(), request.offset(index), size, StandardCharsets.UTF_8);
    }

    /** Whether argument {@code index} is {@code upperCase} (ASCII letters), in any case. */
    public boolean is(int index, String upperCase) {
        int size = request.size(index);
        if (size != upperCase.length()) {
            return false;
        }
        byte[] array = request.array();
        int offset = request.offset(index);
        for (int i = 0; i < size; i++) {
            int c = array[offset + i];
            if (c >= 'a' && c <= 'z') {
                c -= 32;
            }
            if (c != upperCase.charAt(i)) {
                return false;
            }
        }
        return true;
    }

    /** Whether argument {@code index} is exactly {@code other}. */
    public boolean equal(int index, byte[] other) {
        int offset = request.offset(index);
        return Arrays.equals(request.array(), offset, offset + request.size(index), other, 0, other.length);
    }

    /**
     * Argument {@code index} as a 64-bit integer, as strict as Redis: no spaces, no plus sign, no leading zero.
     *
     * @throws CommandException {@link CommandException#NOT_AN_INTEGER}
     */
    public long integer(int index) {
        return Numbers.parseLong(request.array(), request.offset(index), request.size(index));
    }
}
