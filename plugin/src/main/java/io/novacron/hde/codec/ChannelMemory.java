package io.novacron.hde.codec;

import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.TableSpace;
import io.novacron.hde.qemu.stream.RamBlock;
import java.util.List;

/**
 * What both sides of a memory channel know alike, kept in step batch by batch: the destination's memory so far, starting
 * from the agreed baseline, and the numbered pages that can be referred to. One thread.
 */
public final class ChannelMemory {
    private final List<MemoryTable> baselines;
    private final KnownPages known;
    private final int maxChunks;
    private final TableSpace space;
    private MemoryTable table = new MemoryTable(List.of());
    private MemoryTable start = table;

    /**
     * @param baselines the agreed baselines, in the order of agreement; the table starts from the first
     * @param source whether this is the source, which looks pages up by PageId
     * @param maxChunks how large the table may become; the same on both sides
     */
    public ChannelMemory(List<MemoryTable> baselines, boolean source, int maxChunks) {
        this(baselines, source, maxChunks, TableSpace.HEAP);
    }

    /**
     * The same.
     *
     * @param space where the table and the ids of pages that were sent are kept
     */
    public ChannelMemory(List<MemoryTable> baselines, boolean source, int maxChunks, TableSpace space) {
        this.maxChunks = maxChunks;
        this.space = space;
        this.baselines = List.copyOf(baselines);
        this.known = new KnownPages(baselines, source, space);
    }

    /** The stream has listed its RAM blocks: the table begins. */
    void begin(List<RamBlock> blocks) {
        List<BlockLayout> layout = blocks.stream()
                .map(block -> new BlockLayout(block.name(), block.usedLength()))
                .toList();
        table = baselines.isEmpty()
                ? new MemoryTable(layout, maxChunks, space)
                : baselines.get(0).adapt(layout, maxChunks);
        start = table.copy();
    }

    /** The table as it was when it began. Nobody changes it. */
    public MemoryTable start() {
        return start;
    }

    /** The destination's memory as far as it is known; empty before the blocks were listed. */
    public MemoryTable table() {
        return table;
    }

    /** Whether there are agreed baselines. */
    public boolean hasBaselines() {
        return !baselines.isEmpty();
    }

    KnownPages known() {
        return known;
    }
}
