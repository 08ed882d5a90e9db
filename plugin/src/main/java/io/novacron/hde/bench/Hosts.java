package io.novacron.hde.bench;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.codec.ChannelMemory;
import io.novacron.hde.codec.PackOptions;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreException;
import io.novacron.hde.store.StoreLimits;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** What the two hosts of a migration keep: a page store each, and the baseline that they have agreed on, if any. */
final class Hosts implements AutoCloseable {
    /** How an agent is configured where nothing is said: docs/configuration.md. */
    private static final double MIN_COMPRESSION_RATIO = 1.1;

    private static final int MAX_DELTA_CHAIN = 0;

    private final PageStore sourceStore;
    private final PageStore destinationStore;
    private List<MemoryTable> sourceBaselines = List.of();
    private List<MemoryTable> destinationBaselines = List.of();

    private Hosts(PageStore sourceStore, PageStore destinationStore) {
        this.sourceStore = sourceStore;
        this.destinationStore = destinationStore;
    }

    /** @param directory for both stores; must exist and not hold any */
    static Hosts open(Path directory) throws BenchException {
        try {
            PageStore source = PageStore.open(directory.resolve("source"), limits());
            try {
                return new Hosts(source, PageStore.open(directory.resolve("destination"), limits()));
            } catch (StoreException e) {
                source.close();
                throw e;
            }
        } catch (StoreException e) {
            throw new BenchException(e.getMessage(), e);
        }
    }

    private static StoreLimits limits() {
        StoreLimits limits = StoreLimits.ofSize(Long.MAX_VALUE);
        return new StoreLimits(
                limits.maxBytes(),
                limits.minFreeBytes(),
                limits.queueBytes(),
                limits.readerBytes(),
                limits.cacheMebibytes(),
                MAX_DELTA_CHAIN);
    }

    static PackOptions packOptions() {
        List<String> all = Arrays.stream(DeltaAlgorithms.values())
                .map(DeltaAlgorithms::algorithmName)
                .toList();
        return new PackOptions(MIN_COMPRESSION_RATIO, all, MAX_DELTA_CHAIN);
    }

    static int maxDeltaChain() {
        return MAX_DELTA_CHAIN;
    }

    PageStore sourceStore() {
        return sourceStore;
    }

    PageStore destinationStore() {
        return destinationStore;
    }

    /** From now on these are the agreed baseline. */
    void agree(MemoryTable source, MemoryTable destination) {
        sourceBaselines = List.of(source);
        destinationBaselines = List.of(destination);
    }

    /** The agreed baselines, as the source has them. */
    List<MemoryTable> agreed() {
        return sourceBaselines;
    }

    /** What the source knows at the beginning of a channel. */
    ChannelMemory sourceMemory() {
        return new ChannelMemory(sourceBaselines, true, MemoryTable.DEFAULT_MAX_CHUNKS);
    }

    /** What the destination knows at the beginning of a channel. */
    ChannelMemory destinationMemory() {
        return new ChannelMemory(destinationBaselines, false, MemoryTable.DEFAULT_MAX_CHUNKS);
    }

    /** Stores all frames: a store that drops one because the disk is slow gets it again. */
    static void store(PageStore store, List<Frame> frames) throws BenchException {
        for (Frame frame : frames) {
            if (!store.append(frame)) {
                store.flush();
                if (!store.append(frame)) {
                    throw new BenchException("the temporary page store takes no more: is the disk full?");
                }
            }
        }
    }

    @Override
    public void close() {
        sourceStore.close();
        destinationStore.close();
    }
}
