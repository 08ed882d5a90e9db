package io.novacron.hde.codec;

import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.TableSpace;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.wire.ChannelType;
import java.util.List;

/**
 * What both sides of a channel of memory or of a disk know alike, kept in step batch by batch: the destination's memory,
 * or what crossed last for each place of its disk, starting from the agreed baseline, and the numbered pages that can be
 * referred to. One thread.
 */
public final class ChannelMemory {
    private final List<MemoryTable> baselines;
    private final KnownPages known;
    private final int maxChunks;
    private final TableSpace space;
    private final ChannelRoom room;
    private final ChannelType type;
    private MemoryTable table = new MemoryTable(List.of());
    private MemoryTable start = table;

    /** What both sides of a memory channel know. */
    public ChannelMemory(List<MemoryTable> baselines, boolean source, int maxChunks) {
        this(baselines, source, maxChunks, ChannelType.MEMORY);
    }

    /**
     * @param baselines the agreed baselines, in the order of agreement; the table starts from the first
     * @param source whether this is the source, which looks pages up by PageId
     * @param maxChunks how large the table may become; the same on both sides
     * @param type memory or a disk
     */
    public ChannelMemory(List<MemoryTable> baselines, boolean source, int maxChunks, ChannelType type) {
        this(baselines, source, maxChunks, TableSpace.HEAP, ChannelRoom.WIDE, type);
    }

    /**
     * The same.
     *
     * @param space where the table and the ids of pages that were sent are kept
     * @param room for this end
     */
    public ChannelMemory(
            List<MemoryTable> baselines,
            boolean source,
            int maxChunks,
            TableSpace space,
            ChannelRoom room,
            ChannelType type) {
        this.room = room;
        this.type = type;
        this.maxChunks = maxChunks;
        this.space = space;
        this.baselines = List.copyOf(baselines);
        this.known = new KnownPages(baselines, source, space);
    }

    /** The stream has listed its RAM blocks, or named its disk: the table begins. */
    void begin(List<RamBlock> blocks) {
        if (type == ChannelType.DISK && blocks.size() != 1) {
            throw new IllegalArgumentException("a channel carries one disk, not " + blocks.size());
        }
        List<BlockLayout> layout = blocks.stream()
                .map(block -> new BlockLayout(block.name(), block.usedLength()))
                .toList();
        table = baselines.stream()
                // Which of a VM's disks it would be was not known when the baselines were agreed on.
                .filter(baseline ->
                        type == ChannelType.MEMORY || baseline.layout().equals(layout))
                .findFirst()
                .map(baseline -> baseline.adapt(layout, maxChunks))
                .orElseGet(() -> new MemoryTable(layout, maxChunks, space));
        start = table.copy();
    }

    /** The table as it was when it began. Nobody changes it. */
    public MemoryTable start() {
        return start;
    }

    /** Memory or a disk. */
    public ChannelType type() {
        return type;
    }

    /** The destination's memory as far as it is known; empty before the blocks were listed. */
    public MemoryTable table() {
        return table;
    }

    /** Whether there are agreed baselines. */
    public boolean hasBaselines() {
        return !baselines.isEmpty();
    }

    /** How much memory this end of the channel may use. */
    public ChannelRoom room() {
        return room;
    }

    KnownPages known() {
        return known;
    }
}
