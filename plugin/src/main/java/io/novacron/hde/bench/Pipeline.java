package io.novacron.hde.bench;

import io.novacron.hde.codec.BatchPacker;
import io.novacron.hde.codec.DeltaBases;
import io.novacron.hde.codec.Effort;
import io.novacron.hde.codec.HashingHelp;
import io.novacron.hde.codec.Segment;
import io.novacron.hde.codec.SourceEncoder;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.ConcurrentLinkedDeque;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Executors;
import java.util.concurrent.FutureTask;
import java.util.concurrent.ThreadPoolExecutor;

/**
 * The source's half on so many threads: this one encodes, the others pack and help to hash, and this one packs too while
 * too much waits to be packed. Frames keep their order. Nothing is stored, as all of it is stored already.
 */
final class Pipeline implements StreamFeed.Segments, AutoCloseable {
    /** Segments under way for each thread. */
    private static final int SEGMENTS_A_THREAD = 4;

    private final int level;
    private final ThreadPoolExecutor pool;
    private final Deque<Segment> idle = new ArrayDeque<>();
    private final Deque<Flight> flights = new ArrayDeque<>();
    private final ConcurrentLinkedDeque<BatchPacker> packers = new ConcurrentLinkedDeque<>();
    private final List<BatchPacker> allPackers = new ArrayList<>();

    private record Flight(Segment segment, FutureTask<Void> packing) {}

    private Pipeline(Hosts hosts, int threads, int level) {
        this.level = level;
        this.pool = threads == 1 ? null : (ThreadPoolExecutor) Executors.newFixedThreadPool(threads - 1);
        for (int i = 0; i < threads; i++) {
            allPackers.add(new BatchPacker(Hosts.packOptions(), hosts.sourceStore()));
        }
        packers.addAll(allPackers);
        for (int i = 0; i < threads * SEGMENTS_A_THREAD; i++) {
            idle.add(new Segment());
        }
    }

    /**
     * Runs it.
     *
     * @return nanoseconds until the last batch was made
     */
    static long run(MemoryImage image, Hosts hosts, int level, int threads) throws BenchException {
        try (FileChannel stream = FileChannel.open(image.stream());
                Pipeline pipeline = new Pipeline(hosts, threads, level);
                SourceEncoder encoder = new SourceEncoder(
                        "bench", hosts.sourceMemory(), hosts.sourceStore(), DeltaBases.ANY, pipeline.help())) {
            encoder.search(Effort.ofLevel(level).references());
            encoder.learnBaselines(() -> false);
            long began = System.nanoTime();
            StreamFeed.encode(stream, encoder, pipeline);
            pipeline.finish();
            return System.nanoTime() - began;
        } catch (IOException e) {
            throw new BenchException(image.file() + ": " + e.getMessage(), e);
        }
    }

    private HashingHelp help() {
        return pool == null ? HashingHelp.NONE : HashingHelp.of(pool);
    }

    @Override
    public Segment next() throws BenchException {
        while (!flights.isEmpty() && (idle.isEmpty() || flights.peek().packing.isDone())) {
            collect();
        }
        return idle.remove();
    }

    @Override
    public void ended(Segment segment) {
        FutureTask<Void> packing = new FutureTask<>(() -> pack(segment), null);
        flights.add(new Flight(segment, packing));
        if (pool == null) {
            packing.run();
        } else {
            pool.execute(packing);
        }
    }

    private void pack(Segment segment) {
        BatchPacker packer = packers.pop();
        try {
            packer.pack(segment, Effort.ofLevel(level));
        } finally {
            packers.push(packer);
        }
    }

    private void finish() throws BenchException {
        while (!flights.isEmpty()) {
            collect();
        }
    }

    /** Takes the first batch; while it is not made, makes another that nobody has begun. */
    private void collect() throws BenchException {
        Flight first = flights.remove();
        for (Flight later : flights) {
            if (first.packing.isDone()) {
                break;
            }
            // Does nothing if a thread of the pool has begun it.
            later.packing.run();
        }
        try {
            first.packing.get();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new BenchException("interrupted", e);
        } catch (ExecutionException e) {
            throw new BenchException("packing failed: " + e.getCause(), e);
        }
        idle.add(first.segment);
    }

    @Override
    public void close() {
        if (pool != null) {
            pool.shutdownNow();
        }
        allPackers.forEach(BatchPacker::close);
    }
}
