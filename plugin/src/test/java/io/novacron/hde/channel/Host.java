package io.novacron.hde.channel;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreException;
import io.novacron.hde.store.StoreLimits;
import io.novacron.hde.tunnel.TestPki;
import io.novacron.hde.tunnel.TunnelTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/** What one host's agent has, as far as channels need it, and what its channels have left. */
final class Host implements Baselines, AutoCloseable {
    final String name;
    final TunnelTls tls;
    final PageStore store;
    final SegmentPool segments = new SegmentPool();
    final ExecutorService packers;
    private final List<MemoryTable> completed = new ArrayList<>();
    private final List<MemoryTable> interrupted = new ArrayList<>();

    Host(String name, TestPki pki, Path directory) throws Exception {
        this.name = name;
        this.tls = new TunnelTls(pki.host(name).files());
        this.store = openStore(directory);
        this.packers = Executors.newFixedThreadPool(2, work -> {
            Thread thread = new Thread(work, "pack");
            thread.setDaemon(true);
            return thread;
        });
    }

    private static PageStore openStore(Path directory) throws IOException, StoreException {
        Files.createDirectories(directory);
        StoreLimits limits = StoreLimits.ofSize(1L << 30);
        return PageStore.open(
                directory,
                new StoreLimits(
                        limits.maxBytes(),
                        0,
                        limits.queueBytes(),
                        limits.readerBytes(),
                        limits.cacheMebibytes(),
                        limits.maxDepth()));
    }

    @Override
    public synchronized void completed(ChannelId channel, MemoryTable table, String root, long capturedAt) {
        if (!table.root().toString().equals(root)) {
            throw new AssertionError("the root " + root + " is not that of the table");
        }
        completed.add(table.copy());
    }

    @Override
    public synchronized void interrupted(ChannelId channel, List<MemoryTable> tables) {
        interrupted.addAll(tables);
    }

    /** The baselines that completed migrations have left. */
    synchronized List<MemoryTable> completed() {
        return List.copyOf(completed);
    }

    /** What interrupted migrations have left. */
    synchronized List<MemoryTable> interrupted() {
        return List.copyOf(interrupted);
    }

    @Override
    public void close() {
        packers.shutdownNow();
        store.close();
    }
}
