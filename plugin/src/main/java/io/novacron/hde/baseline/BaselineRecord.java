package io.novacron.hde.baseline;

import io.novacron.hde.page.PageId;
import java.nio.BufferUnderflowException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.UUID;

/**
 * A baseline as the store has it. Key: root (32 bytes), UUID of the VM (16), name of the peer (UTF-8). Value, big-endian:
 *
 * <pre>
 * u8   version of this form, 2
 * u64  generation
 * u64  captured at, ms since 1970
 * u64  pages present
 * u16  bytes of the VM's name, and the name in UTF-8
 * u16  bytes of the failed migration's id, and the id; none for a complete baseline
 * u16  bytes of the disk's name, and the name; none for memory, and not there at all in version 1
 * u32  blocks; for each
 *      u8   bytes of its name, and the name in UTF-8
 *      u64  used length
 *      u32  chunks with a page; for each, ascending
 *           u64       number of the chunk
 *           16 bytes  digest of the chunk, by which it is found in the area "tables"
 * </pre>
 */
record BaselineRecord(Baseline baseline, List<SortedMap<Long, PageId>> chunks) {
    private static final byte VERSION = 2;
    private static final byte VERSION_WITHOUT_DISKS = 1;
    private static final int FIXED = 1 + 3 * Long.BYTES + 2 + 2 + 2 + 4;
    private static final int BLOCK_FIXED = 1 + Long.BYTES + 4;
    private static final int CHUNK = Long.BYTES + PageId.BYTES;
    private static final int KEY = Root.BYTES + 16;

    byte[] key() {
        byte[] peer = utf8(baseline.peer());
        return ByteBuffer.allocate(KEY + peer.length)
                .put(baseline.root().bytes())
                .putLong(baseline.vm().getMostSignificantBits())
                .putLong(baseline.vm().getLeastSignificantBits())
                .put(peer)
                .array();
    }

    byte[] value() {
        byte[] name = utf8(baseline.vmName());
        byte[] partialOf = utf8(baseline.partialOf());
        byte[] disk = utf8(baseline.disk());
        int length = FIXED + name.length + partialOf.length + disk.length;
        List<byte[]> blockNames = new ArrayList<>();
        for (int block = 0; block < chunks.size(); block++) {
            byte[] blockName = utf8(baseline.layout().get(block).name());
            blockNames.add(blockName);
            length += BLOCK_FIXED + blockName.length + chunks.get(block).size() * CHUNK;
        }
        ByteBuffer to = ByteBuffer.allocate(length);
        to.put(VERSION).putLong(baseline.generation());
        to.putLong(baseline.capturedAt()).putLong(baseline.presentPages());
        to.putShort((short) name.length).put(name);
        to.putShort((short) partialOf.length).put(partialOf);
        to.putShort((short) disk.length).put(disk);
        to.putInt(chunks.size());
        for (int block = 0; block < chunks.size(); block++) {
            to.put((byte) blockNames.get(block).length).put(blockNames.get(block));
            to.putLong(baseline.layout().get(block).usedLength());
            to.putInt(chunks.get(block).size());
            chunks.get(block)
                    .forEach((number, digest) ->
                            to.putLong(number).putLong(digest.high()).putLong(digest.low()));
        }
        return to.array();
    }

    /** The reverse; empty if they are damaged or of another version. */
    static Optional<BaselineRecord> read(byte[] key, byte[] value, long lastUsed) {
        if (key.length < KEY) {
            return Optional.empty();
        }
        try {
            ByteBuffer from = ByteBuffer.wrap(value);
            byte version = from.get();
            if (version != VERSION && version != VERSION_WITHOUT_DISKS) {
                return Optional.empty();
            }
            byte[] root = new byte[Root.BYTES];
            ByteBuffer keys = ByteBuffer.wrap(key).get(root);
            UUID vm = new UUID(keys.getLong(), keys.getLong());
            String peer = text(keys, keys.remaining());
            long generation = from.getLong();
            long capturedAt = from.getLong();
            long present = from.getLong();
            String name = text(from, Short.toUnsignedInt(from.getShort()));
            String partialOf = text(from, Short.toUnsignedInt(from.getShort()));
            String disk = version == VERSION ? text(from, Short.toUnsignedInt(from.getShort())) : "";
            int blocks = from.getInt();
            List<BlockLayout> layout = new ArrayList<>();
            List<SortedMap<Long, PageId>> chunks = new ArrayList<>();
            for (int block = 0; block < blocks; block++) {
                String blockName = text(from, Byte.toUnsignedInt(from.get()));
                layout.add(new BlockLayout(blockName, from.getLong()));
                int count = from.getInt();
                SortedMap<Long, PageId> ofBlock = new TreeMap<>();
                for (int chunk = 0; chunk < count; chunk++) {
                    ofBlock.put(from.getLong(), new PageId(from.getLong(), from.getLong()));
                }
                chunks.add(ofBlock);
            }
            if (from.hasRemaining()) {
                return Optional.empty();
            }
            Baseline baseline = new Baseline(
                    Root.of(root),
                    vm,
                    name,
                    disk,
                    peer,
                    generation,
                    capturedAt,
                    lastUsed,
                    present,
                    count(chunks),
                    layout,
                    partialOf);
            return Optional.of(new BaselineRecord(baseline, chunks));
        } catch (BufferUnderflowException | IllegalArgumentException e) {
            return Optional.empty();
        }
    }

    /** How many chunks there are in all blocks. */
    static long count(List<SortedMap<Long, PageId>> chunks) {
        return chunks.stream().mapToLong(ofBlock -> ofBlock.size()).sum();
    }

    private static byte[] utf8(String text) {
        byte[] bytes = text.getBytes(StandardCharsets.UTF_8);
        if (bytes.length > 0xffff) {
            throw new IllegalArgumentException("A name has " + bytes.length + " bytes, but at most 65535 are possible");
        }
        return bytes;
    }

    private static String text(ByteBuffer from, int length) {
        if (length > from.remaining()) {
            throw new BufferUnderflowException();
        }
        byte[] bytes = new byte[length];
        from.get(bytes);
        return new String(bytes, StandardCharsets.UTF_8);
    }
}
