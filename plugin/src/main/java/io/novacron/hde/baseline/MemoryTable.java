package io.novacron.hde.baseline;

import io.novacron.hde.page.PageId;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * One VM's memory as PageIds, by RAM block and page. 16 bytes a page, in chunks of 4096 pages that exist only once a page
 * of theirs has been set, and that copies share until one of them changes theirs. What has been copied is offered to a
 * {@link TableSpace}: it will rarely change again.
 *
 * <p>One thread changes a table. A copy may be given to another thread while the original goes on being changed.
 *
 * <p>A layout comes from a peer and may promise any length; what is allocated follows the pages set and ends at a
 * number of chunks, beyond which further pages stay absent (and cost savings).
 */
public final class MemoryTable {
    /** Chunks that a table may have if nothing else is said: 256 GiB of memory, for which the table takes 1 GiB. */
    public static final int DEFAULT_MAX_CHUNKS = 16 * 1024;

    private static final int CHUNK_BITS = 12;
    private static final int PAGE_MASK = Chunk.PAGES - 1;

    private final List<BlockLayout> layout;
    private final List<Block> blocks;
    private final int maxChunks;
    private final TableSpace space;
    // chunks that belong to this table
    private final List<Chunk> own = new ArrayList<>();
    private Object owner = new Object();
    private int chunkCount;
    private long present;

    /** A table in which no page is present. */
    public MemoryTable(List<BlockLayout> layout) {
        this(layout, DEFAULT_MAX_CHUNKS);
    }

    /**
     * A table in which no page is present.
     *
     * @param maxChunks chunks of 64 KiB, each for 16 MiB of memory, that it may have
     */
    public MemoryTable(List<BlockLayout> layout, int maxChunks) {
        this(layout, maxChunks, TableSpace.HEAP);
    }

    /**
     * A table in which no page is present.
     *
     * @param maxChunks chunks of 64 KiB, each for 16 MiB of memory, that it may have
     * @param space where what has been copied is kept
     */
    public MemoryTable(List<BlockLayout> layout, int maxChunks, TableSpace space) {
        this.layout = List.copyOf(layout);
        this.maxChunks = maxChunks;
        this.space = space;
        this.blocks = new ArrayList<>();
        for (BlockLayout block : this.layout) {
            blocks.add(new Block(block));
        }
    }

    /** A table with the same content; each may be changed without the other. Costs a few bytes a chunk. */
    public MemoryTable copy() {
        MemoryTable copy = new MemoryTable(layout, maxChunks, space);
        share();
        for (int i = 0; i < blocks.size(); i++) {
            Block from = blocks.get(i);
            from.forgetLast();
            copy.blocks.get(i).chunks.putAll(from.chunks);
        }
        copy.chunkCount = chunkCount;
        copy.present = present;
        return copy;
    }

    /**
     * A table of another layout with the content of those blocks that are the same in name and length: a starting point
     * from a sibling's baseline.
     *
     * @param adaptedMaxChunks chunks that it may have; a block whose chunks have no room is left out as a whole
     */
    public MemoryTable adapt(List<BlockLayout> other, int adaptedMaxChunks) {
        MemoryTable adapted = new MemoryTable(other, adaptedMaxChunks, space);
        share();
        Map<BlockLayout, Block> mine = new HashMap<>();
        for (Block block : blocks) {
            block.forgetLast();
            mine.putIfAbsent(block.layout, block);
        }
        for (Block block : adapted.blocks) {
            Block same = mine.get(block.layout);
            if (same != null && adapted.chunkCount + same.chunks.size() <= adaptedMaxChunks) {
                block.chunks.putAll(same.chunks);
                adapted.chunkCount += same.chunks.size();
                for (Chunk chunk : same.chunks.values()) {
                    adapted.present += chunk.present();
                }
            }
        }
        return adapted;
    }

    /** Offers what has been set so far to the table's space, as copying it does. */
    public void offer() {
        share();
    }

    /** Chunks belong to no table from now on. */
    private void share() {
        owner = new Object();
        own.forEach(chunk -> chunk.seal(space));
        own.clear();
    }

    /** The RAM blocks, in the order of their numbers. */
    public List<BlockLayout> layout() {
        return layout;
    }

    /**
     * First half of a page's PageId, 0 with {@link #low} 0 if absent.
     *
     * @throws IndexOutOfBoundsException if there is no such block or page
     */
    public long high(int block, long page) {
        Chunk chunk = blocks.get(block).chunkOf(page);
        return chunk == null ? 0 : chunk.high((int) page & PAGE_MASK);
    }

    /** Second half of a page's PageId; see {@link #high}. */
    public long low(int block, long page) {
        Chunk chunk = blocks.get(block).chunkOf(page);
        return chunk == null ? 0 : chunk.low((int) page & PAGE_MASK);
    }

    /**
     * Says what a page is; 0 and 0 for absent.
     *
     * @throws IndexOutOfBoundsException if there is no such block or page
     */
    public void set(int block, long page, long high, long low) {
        Block in = blocks.get(block);
        Chunk chunk = in.chunkOf(page);
        int place = (int) page & PAGE_MASK;
        if (chunk == null) {
            if ((high | low) == 0 || chunkCount == maxChunks) {
                return;
            }
            chunk = new Chunk(owner);
            own.add(chunk);
            in.put(page, chunk);
            chunkCount++;
        } else if (chunk.high(place) == high && chunk.low(place) == low) {
            return;
        } else {
            Chunk owned = chunk.ownedBy(owner);
            if (owned != chunk) {
                chunk = owned;
                own.add(chunk);
                in.put(page, chunk);
            }
        }
        present += chunk.set(place, high, low);
    }

    /** Says that a page is all zero. */
    public void setZero(int block, long page) {
        set(block, page, PageId.ZERO_PAGE.high(), PageId.ZERO_PAGE.low());
    }

    /** Is told of a page that is present; says whether it wants the next one. */
    @FunctionalInterface
    public interface PresentPage {
        boolean take(int block, long page, long high, long low);
    }

    /**
     * Tells of every page that is present, zero pages included, ascending by block and page. What that takes follows the
     * pages set: a layout may promise any number of others.
     *
     * @return whether the taker wanted all of them
     */
    public boolean forEachPresent(PresentPage taker) {
        for (int block = 0; block < blocks.size(); block++) {
            Block in = blocks.get(block);
            for (long number : new TreeSet<>(in.chunks.keySet())) {
                Chunk chunk = in.chunks.get(number);
                long first = number << CHUNK_BITS;
                int count = (int) Math.min(Chunk.PAGES, in.pages - first);
                for (int place = 0; place < count; place++) {
                    long high = chunk.high(place);
                    long low = chunk.low(place);
                    if ((high | low) != 0 && !taker.take(block, first + place, high, low)) {
                        return false;
                    }
                }
            }
        }
        return true;
    }

    /** How many pages are present, zero pages included. */
    public long presentPages() {
        return present;
    }

    /**
     * Takes over every page that another table has and had not at an earlier moment; no more than fit. Nothing of a table
     * with another layout.
     *
     * @param earlier the other table at that moment
     * @param later the other table now
     */
    public void takeChanges(MemoryTable earlier, MemoryTable later) {
        if (!layout.equals(later.layout) || !layout.equals(earlier.layout)) {
            return;
        }
        for (int block = 0; block < blocks.size(); block++) {
            for (Map.Entry<Long, Chunk> entry : new TreeMap<>(later.blocks.get(block).chunks).entrySet()) {
                Chunk chunk = entry.getValue();
                Chunk before = earlier.blocks.get(block).chunks.get(entry.getKey());
                if (chunk != before) {
                    takeChanges(block, entry.getKey() << CHUNK_BITS, before, chunk);
                }
            }
        }
    }

    private void takeChanges(int block, long first, Chunk before, Chunk chunk) {
        int count = (int) Math.min(Chunk.PAGES, layout.get(block).pages() - first);
        for (int place = 0; place < count; place++) {
            long high = chunk.high(place);
            long low = chunk.low(place);
            if (high != (before == null ? 0 : before.high(place)) || low != (before == null ? 0 : before.low(place))) {
                set(block, first + place, high, low);
            }
        }
    }

    /** The root; only chunks that have changed since the last call are hashed. */
    public Root root() {
        List<PageId> tops = new ArrayList<>();
        for (int block = 0; block < blocks.size(); block++) {
            tops.add(HashTree.top(blocks.get(block).chunkCapacity(), chunkDigests(block)));
        }
        return HashTree.root(layout, tops);
    }

    /** Hashes the PageIds of the chunks that have a page, by block and place. */
    void hashInto(MessageDigest digest) {
        byte[] bytes = new byte[Chunk.BYTES];
        for (Block block : blocks) {
            for (Chunk chunk : new TreeMap<>(block.chunks).values()) {
                if (chunk.present() > 0) {
                    chunk.toBytes(bytes);
                    digest.update(bytes);
                }
            }
        }
    }

    /** The digests of a block's chunks that have a page, by chunk number: the leaves of its tree. */
    SortedMap<Long, PageId> chunkDigests(int block) {
        SortedMap<Long, PageId> digests = new TreeMap<>();
        blocks.get(block).chunks.forEach((number, chunk) -> {
            if (chunk.present() > 0) {
                digests.put(number, chunk.digest());
            }
        });
        return digests;
    }

    /** A chunk, or null if none of its pages has been set. */
    Chunk chunk(int block, long number) {
        return blocks.get(block).chunks.get(number);
    }

    /** Puts a whole chunk in, which is shared from then on; false if there is no room or no such place. */
    boolean putChunk(int block, long number, Chunk chunk) {
        Block in = blocks.get(block);
        if (number < 0 || number >= in.chunkCapacity() || chunkCount == maxChunks || in.chunks.containsKey(number)) {
            return false;
        }
        in.chunks.put(number, chunk);
        in.forgetLast();
        chunkCount++;
        present += chunk.present();
        return true;
    }

    /** A RAM block and the chunks it has. */
    private static final class Block {
        private final BlockLayout layout;
        private final long pages;
        private final Map<Long, Chunk> chunks = new HashMap<>();
        // Pages come mostly in order.
        private long lastNumber = -1;
        private Chunk last;

        Block(BlockLayout layout) {
            this.layout = layout;
            this.pages = layout.pages();
        }

        long chunkCapacity() {
            return (pages + PAGE_MASK) >>> CHUNK_BITS;
        }

        Chunk chunkOf(long page) {
            if (page < 0 || page >= pages) {
                throw new IndexOutOfBoundsException(
                        "Page " + page + " of RAM block " + layout.name() + ", which has " + pages);
            }
            long number = page >>> CHUNK_BITS;
            if (number != lastNumber) {
                last = chunks.get(number);
                lastNumber = number;
            }
            return last;
        }

        void put(long page, Chunk chunk) {
            lastNumber = page >>> CHUNK_BITS;
            last = chunk;
            chunks.put(lastNumber, chunk);
        }

        void forgetLast() {
            lastNumber = -1;
            last = null;
        }
    }
}
