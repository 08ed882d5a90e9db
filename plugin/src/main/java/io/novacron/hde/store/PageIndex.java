package io.novacron.hde.store;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import org.h2.mvstore.Cursor;
import org.h2.mvstore.MVMap;

/**
 * PageId to location: a stored index of sorted blocks, and in front of it what has been said since, in memory.
 *
 * <p>PageIds are random, so putting each batch of them into a stored tree would rewrite most of the tree with every
 * commit. What is new is collected here instead and merged in one pass through the tree when there is enough of it.
 * Nothing is lost in a crash: frames hold their PageIds, and those after {@link Database#indexed()} are read again.
 *
 * <p>Any thread may find and put; the writer alone merges.
 */
final class PageIndex {
    /**
     * Entries at which the recent ones are merged into the stored index: a table of 128 Ki places has room for what else
     * comes until the writer notices, and need not become twice as large for that.
     */
    private static final int MERGE_AT = 80 * 1024;

    private final Database database;
    private final MVMap<Long, byte[]> blocks;

    // Both guarded by this.
    private RecentIndex recent = new RecentIndex();
    private RecentIndex merging;

    // Of the writer alone: where the merge under way is.
    private long[] mergeHighs;
    private int mergeAt;
    private long mergeCovers;

    PageIndex(Database database) {
        this.database = database;
        this.blocks = database.index();
    }

    /** The location of a page, or NONE. */
    long find(long high, long low) {
        synchronized (this) {
            long location = findInMemory(high, low);
            if (location != RecentIndex.UNKNOWN) {
                return location;
            }
        }
        return findStored(high, low);
    }

    /** Says where a page lies, unless another location with no greater depth is known. */
    void put(long high, long low, long location) {
        synchronized (this) {
            long known = findInMemory(high, low);
            if (known == RecentIndex.UNKNOWN) {
                known = findStored(high, low);
            }
            if (known == Location.NONE || Location.depth(location) < Location.depth(known)) {
                recent.put(high, low, location);
            }
        }
    }

    /** Says that a page is not held, if it was thought to lie at that location. */
    void forget(long high, long low, long location) {
        synchronized (this) {
            long known = findInMemory(high, low);
            if (known == RecentIndex.UNKNOWN) {
                known = findStored(high, low);
            }
            if (known == location) {
                recent.put(high, low, Location.NONE);
            }
        }
    }

    /**
     * Does a part of the merge that is due, if one is.
     *
     * @param lastFrame the greatest frame number given so far
     * @param all whether to begin one now and to end it
     * @return bytes that were changed and are to be committed before they become too many; 0 if nothing was to be done
     */
    int merge(long lastFrame, boolean all) {
        if (mergeHighs == null) {
            synchronized (this) {
                if (recent.size() == 0 || (!all && recent.size() < MERGE_AT)) {
                    return 0;
                }
                merging = recent;
                recent = new RecentIndex();
            }
            mergeHighs = merging.sortedHighs();
            mergeAt = 0;
            mergeCovers = lastFrame;
        }
        int changed = 0;
        do {
            changed += mergeBlock();
        } while (mergeAt < mergeHighs.length && all);
        if (mergeAt == mergeHighs.length) {
            database.indexed(mergeCovers);
            mergeHighs = null;
            synchronized (this) {
                merging = null;
            }
        }
        return changed;
    }

    private long findInMemory(long high, long low) {
        long location = recent.find(high, low);
        return location != RecentIndex.UNKNOWN || merging == null ? location : merging.find(high, low);
    }

    private long findStored(long high, long low) {
        // A cursor sees one version of the tree, so a block that is being split is seen whole.
        Cursor<Long, byte[]> floor = blocks.cursor(high, null, true);
        if (!floor.hasNext()) {
            return Location.NONE;
        }
        floor.next();
        return IndexBlock.find(floor.getValue(), high, low);
    }

    /** Merges all that belongs into the block of the next PageId. */
    private int mergeBlock() {
        Long floor = blocks.floorKey(mergeHighs[mergeAt]);
        Long key = floor == null ? Long.MIN_VALUE : floor;
        Long next = blocks.higherKey(key);
        byte[] block = floor == null ? null : blocks.get(key);
        List<long[]> changes = new ArrayList<>();
        while (mergeAt < mergeHighs.length && (next == null || mergeHighs[mergeAt] < next)) {
            long high = mergeHighs[mergeAt++];
            if (changes.isEmpty() || changes.get(changes.size() - 1)[0] != high) {
                int before = changes.size();
                merging.forEachWith(high, (h, low, location) -> changes.add(new long[] {h, low, location}));
                changes.subList(before, changes.size()).sort((a, b) -> Long.compare(a[1], b[1]));
            }
        }
        byte[] old = block == null ? new byte[0] : block;
        write(key, old, changes);
        return old.length + changes.size() * IndexBlock.ENTRY;
    }

    private void write(Long key, byte[] block, List<long[]> changes) {
        ByteBuffer old = ByteBuffer.wrap(block, 0, IndexBlock.count(block) * IndexBlock.ENTRY);
        ByteBuffer merged = ByteBuffer.allocate(old.limit() + changes.size() * IndexBlock.ENTRY);
        for (long[] change : changes) {
            while (old.hasRemaining() && compare(old, change) < 0) {
                merged.putLong(old.getLong()).putLong(old.getLong()).putLong(old.getLong());
            }
            if (old.hasRemaining() && compare(old, change) == 0) {
                old.position(old.position() + IndexBlock.ENTRY);
            }
            if (change[2] != Location.NONE) {
                merged.putLong(change[0]).putLong(change[1]).putLong(change[2]);
            }
        }
        merged.put(old).flip();
        if (!merged.hasRemaining() && key != Long.MIN_VALUE) {
            blocks.remove(key);
            return;
        }
        int entries = merged.limit() / IndexBlock.ENTRY;
        // More than fits is cut into halves of what fits, so that the next merge does not cut again.
        int most = entries <= IndexBlock.MOST ? entries : IndexBlock.MOST / 2;
        int from = 0;
        Long partKey = key;
        do {
            int to = Math.min(entries, from + most);
            // Equal first halves stay in one block: the key of the next could not tell them apart.
            while (to > from && to < entries && high(merged, to) == high(merged, to - 1)) {
                to++;
            }
            byte[] part = new byte[(to - from) * IndexBlock.ENTRY];
            merged.get(from * IndexBlock.ENTRY, part);
            blocks.put(partKey, part);
            from = to;
            if (from < entries) {
                partKey = high(merged, from);
            }
        } while (from < entries);
    }

    private static long high(ByteBuffer entries, int entry) {
        return entries.getLong(entry * IndexBlock.ENTRY);
    }

    private static int compare(ByteBuffer entry, long[] change) {
        int order = Long.compare(entry.getLong(entry.position()), change[0]);
        return order != 0 ? order : Long.compare(entry.getLong(entry.position() + 8), change[1]);
    }
}
