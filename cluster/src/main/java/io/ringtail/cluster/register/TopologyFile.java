package io.ringtail.cluster.register;

import io.ringtail.cluster.message.MalformedMessageException;
import io.ringtail.cluster.message.MessageReader;
import io.ringtail.cluster.message.MessageWriter;
import io.ringtail.cluster.topology.Topology;
import io.ringtail.cluster.topology.TopologyCodec;
import io.ringtail.engine.io.CorruptionException;
import io.ringtail.engine.io.FileFooter;
import io.ringtail.engine.io.FileHeader;
import io.ringtail.engine.io.FileSystem;
import io.ringtail.engine.io.ReadableFile;
import io.ringtail.engine.io.WritableFile;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Optional;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * The file {@code topology} of a node's data directory: its {@link RegisterState}, whole; {@code docs/formats/topology.md} has the bytes.
 *
 * <p>A change writes a new file under a temporary name, syncs it, renames it over the old one and syncs the directory; so a power cut leaves the old state or the
 * new one. A file that fails a check is therefore damage, never a torn write: a node that forgot what it promised could help to decide one epoch twice, so it does
 * not start. When a rename or the directory's sync fails nobody knows which state a restart would find: then every later change is refused.
 *
 * <p>Created by membership at start. Confined to the control loop; writing blocks it for as long as two syncs take, a few times per change of the topology.
 */
public final class TopologyFile {
    static final String FILE_TYPE = "RTOP";
    static final int VERSION = 1;
    private static final String NAME = "topology";
    /** Two topologies of the most members with the longest names take 8 MiB. */
    private static final int MAX_BYTES = 32 << 20;

    private final FileSystem files;
    private final Path directory;
    private final long memberId;
    private final MessageWriter writer = new MessageWriter();
    private @Nullable IOException failure;

    /** @param memberId whose file it is, the id of the store in the same directory */
    public TopologyFile(FileSystem files, Path directory, long memberId) {
        this.files = files;
        this.directory = directory;
        this.memberId = memberId;
    }

    /**
     * What the file says; empty when there is none. A leftover of an interrupted change is deleted.
     *
     * @throws CorruptionException when the file is damaged, or another node's
     */
    public Optional<RegisterState> load() throws IOException {
        if (files.exists(temporary())) {
            files.delete(temporary());
        }
        return files.exists(path()) ? Optional.of(decode(read(path()))) : Optional.empty();
    }

    /** Makes {@code state} what a restart will find. When this throws, it will find that or what was there before. */
    public void save(RegisterState state) throws IOException {
        if (failure != null) {
            throw new IOException(path() + " refuses changes since an earlier failure: " + failure.getMessage(), failure);
        }
        writeTemporary(encode(state));
        try {
            files.rename(temporary(), path());
            files.syncDirectory(directory);
        } catch (IOException e) {
            failure = e;
            throw e;
        }
    }

    /** Whether nobody knows which state a restart would find. */
    public boolean isUncertain() {
        return failure != null;
    }

    private void writeTemporary(ByteBuffer bytes) throws IOException {
        files.createDirectories(directory);
        if (files.exists(temporary())) {
            files.delete(temporary());
        }
        try (WritableFile file = files.create(temporary())) {
            file.write(bytes);
            file.sync();
        }
    }

    private Path path() {
        return directory.resolve(NAME);
    }

    private Path temporary() {
        return directory.resolve(NAME + ".tmp");
    }

    private byte[] read(Path path) throws IOException {
        try (ReadableFile file = files.open(path)) {
            long size = file.size();
            if (size > MAX_BYTES) {
                throw new CorruptionException(path, 0, "topology file of " + size + " bytes");
            }
            ByteBuffer bytes = ByteBuffer.allocate((int) size);
            if (size > 0 && file.read(bytes, 0) != size) {
                throw new CorruptionException(path, bytes.position(), "file ends before its size of " + size);
            }
            return bytes.array();
        }
    }

    private ByteBuffer encode(RegisterState state) {
        byte[] header = FileHeader.encode(FILE_TYPE, VERSION, memberId, state.decided().epoch());
        writer.beginBare().writeRaw(header, 0, header.length);
        TopologyCodec.write(writer, state.decided());
        state.promised().write(writer);
        writer.writeBoolean(state.isFrozen());
        state.acceptedBallot().write(writer);
        Topology accepted = state.accepted();
        if (accepted != null) {
            TopologyCodec.write(writer, accepted);
        }
        int size = writer.size();
        byte[] footer = FileFooter.encode(size, state.decided().epoch(), crc(writer.bytes(), size));
        writer.writeRaw(footer, 0, footer.length);
        return ByteBuffer.wrap(writer.toByteArray());
    }

    private RegisterState decode(byte[] bytes) throws CorruptionException {
        Path path = path();
        FileHeader header = FileHeader.parse(bytes, path).require(FILE_TYPE, VERSION, path);
        int end = bytes.length - FileFooter.SIZE;
        FileFooter footer = FileFooter.parse(
                end < FileHeader.SIZE ? new byte[0] : Arrays.copyOfRange(bytes, end, bytes.length), path, bytes.length);
        int computed = crc(bytes, end);
        if (computed != footer.contentChecksum()) {
            throw new CorruptionException(
                    path, end, "content has CRC32C %08x, its bytes give %08x".formatted(footer.contentChecksum(), computed));
        }
        if (header.storeId() != memberId) {
            throw new CorruptionException(
                    path, 0, "topology file of node %012x, this is %012x".formatted(header.storeId(), memberId));
        }
        MessageReader in = new MessageReader().wrap(bytes, FileHeader.SIZE, end - FileHeader.SIZE);
        try {
            RegisterState state = readState(in);
            in.finish();
            if (header.fileId() != state.decided().epoch() || footer.fileId() != header.fileId()) {
                throw new CorruptionException(path, 0, "file ids " + header.fileId() + " and " + footer.fileId()
                        + " in the file of epoch " + state.decided().epoch());
            }
            return state;
        } catch (MalformedMessageException | IllegalArgumentException e) {
            throw new CorruptionException(path, end - in.remaining(), "malformed topology file: " + e.getMessage());
        }
    }

    private static RegisterState readState(MessageReader in) {
        Topology decided = TopologyCodec.read(in);
        Ballot promised = Ballot.read(in);
        boolean isFrozen = in.readBoolean();
        Ballot acceptedBallot = Ballot.read(in);
        Topology accepted = acceptedBallot.equals(Ballot.NONE) ? null : TopologyCodec.read(in);
        return new RegisterState(decided, promised, acceptedBallot, accepted, isFrozen);
    }

    private static int crc(byte[] bytes, int size) {
        CRC32C crc = new CRC32C();
        crc.update(bytes, 0, size);
        return (int) crc.getValue();
    }
}
