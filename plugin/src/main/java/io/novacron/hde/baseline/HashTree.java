package io.novacron.hde.baseline;

import io.novacron.hde.page.PageId;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.List;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * The tree of hashes under a root, by which two hosts can find in a few messages which parts of two tables differ.
 *
 * <p>Leaves are the digests of the chunks that have a page; a node on level n + 1 covers 256 neighbouring nodes of level
 * n, and is SHA-256, cut to 128 bits, over its level (u8) and, for each child that is there, ascending, the child's
 * place (u8) and hash. A block's tree ends with the level that has one node; a block without a page has the hash 0. The
 * root is SHA-256 over "hde-root-1", the number of blocks (u32) and, for each, the bytes of its name (u8, UTF-8), its
 * used length (u64) and the hash of its tree.
 */
final class HashTree {
    private static final int FAN_OUT_BITS = 8;
    private static final int NODE_PLACE_MASK = (1 << FAN_OUT_BITS) - 1;
    private static final byte[] DOMAIN = "hde-root-1".getBytes(StandardCharsets.US_ASCII);

    private HashTree() {}

    /** The levels above the leaves for a block of that many chunks. */
    static int levels(long chunks) {
        int levels = 0;
        for (long nodes = chunks; nodes > 1; nodes = (nodes + NODE_PLACE_MASK) >>> FAN_OUT_BITS) {
            levels++;
        }
        return levels;
    }

    /** The nodes of the next level. */
    static SortedMap<Long, PageId> above(int level, SortedMap<Long, PageId> children) {
        SortedMap<Long, PageId> nodes = new TreeMap<>();
        MessageDigest digest = sha256();
        ByteBuffer child = ByteBuffer.allocate(1 + PageId.BYTES);
        long node = -1;
        for (var entry : children.entrySet()) {
            long parent = entry.getKey() >>> FAN_OUT_BITS;
            if (parent != node) {
                if (node >= 0) {
                    nodes.put(node, cut(digest.digest()));
                }
                digest.update((byte) (level + 1));
                node = parent;
            }
            child.clear()
                    .put((byte) (entry.getKey() & NODE_PLACE_MASK))
                    .putLong(entry.getValue().high())
                    .putLong(entry.getValue().low());
            digest.update(child.array());
        }
        if (node >= 0) {
            nodes.put(node, cut(digest.digest()));
        }
        return nodes;
    }

    /** The hash of a block's tree from its leaves. */
    static PageId top(long chunks, SortedMap<Long, PageId> leaves) {
        SortedMap<Long, PageId> nodes = leaves;
        for (int level = 0; level < levels(chunks); level++) {
            nodes = above(level, nodes);
        }
        return nodes.isEmpty() ? PageId.ABSENT : nodes.get(nodes.firstKey());
    }

    static Root root(List<BlockLayout> layout, List<PageId> tops) {
        MessageDigest digest = sha256();
        digest.update(DOMAIN);
        digest.update(ByteBuffer.allocate(4).putInt(layout.size()).flip());
        for (int block = 0; block < layout.size(); block++) {
            byte[] name = layout.get(block).name().getBytes(StandardCharsets.UTF_8);
            PageId top = tops.get(block);
            digest.update((byte) name.length);
            digest.update(name);
            digest.update(ByteBuffer.allocate(3 * Long.BYTES)
                    .putLong(layout.get(block).usedLength())
                    .putLong(top.high())
                    .putLong(top.low())
                    .flip());
        }
        return Root.of(digest.digest());
    }

    static MessageDigest sha256() {
        try {
            return MessageDigest.getInstance("SHA-256");
        } catch (NoSuchAlgorithmException e) {
            throw new IllegalStateException("This Java runtime has no SHA-256, which every one must have", e);
        }
    }

    private static PageId cut(byte[] hash) {
        ByteBuffer bytes = ByteBuffer.wrap(hash);
        return new PageId(bytes.getLong(), bytes.getLong());
    }
}
