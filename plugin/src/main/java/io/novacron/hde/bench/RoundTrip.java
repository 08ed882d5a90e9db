package io.novacron.hde.bench;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.codec.BatchPacker;
import io.novacron.hde.codec.BatchRebuilder;
import io.novacron.hde.codec.ChannelMemory;
import io.novacron.hde.codec.CodecException;
import io.novacron.hde.codec.DeltaBases;
import io.novacron.hde.codec.Segment;
import io.novacron.hde.codec.SourceEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;

/**
 * An image's stream once through encoder, packer and rebuilder, on this thread alone. Encoding and decoding are timed;
 * storing what crossed, comparing and counting are not.
 *
 * @param tally what crossed
 * @param encodeNanos reading the stream, encoding and packing
 * @param decodeNanos rebuilding
 * @param source the source's table at the end
 * @param destination the same at the destination
 */
record RoundTrip(Tally tally, long encodeNanos, long decodeNanos, MemoryTable source, MemoryTable destination) {

    /**
     * Runs it. The pages are in both stores afterwards; the agreed baseline stays as it is.
     *
     * @throws BenchException when what comes out is not what went in, or a file or store fails
     */
    static RoundTrip run(MemoryImage image, Hosts hosts, int level) throws BenchException {
        ChannelMemory source = hosts.sourceMemory();
        ChannelMemory destination = hosts.destinationMemory();
        try (FileChannel stream = FileChannel.open(image.stream());
                FileChannel original = FileChannel.open(image.stream());
                SourceEncoder encoder = new SourceEncoder("bench", source, hosts.sourceStore(), DeltaBases.ANY);
                BatchPacker packer = new BatchPacker(Hosts.packOptions(), hosts.sourceStore());
                BatchRebuilder rebuilder =
                        new BatchRebuilder(destination, hosts.destinationStore(), Hosts.maxDeltaChain())) {
            Run run = new Run(hosts, level, packer, rebuilder, original);
            encoder.learnBaselines(() -> false);
            long began = System.nanoTime();
            StreamFeed.encode(stream, encoder, run);
            long encodeNanos = System.nanoTime() - began - run.pausedNanos;
            if (original.position() != original.size()) {
                throw new BenchException("only " + original.position() + " of the stream's " + original.size()
                        + " bytes came out again");
            }
            if (!source.table().root().equals(destination.table().root())) {
                throw new BenchException("the two sides end with different tables");
            }
            return new RoundTrip(run.tally, encodeNanos, run.decodeNanos, source.table(), destination.table());
        } catch (IOException e) {
            throw new BenchException(image.file() + ": " + e.getMessage(), e);
        }
    }

    private static final class Run implements StreamFeed.Segments {
        private final Hosts hosts;
        private final int level;
        private final BatchPacker packer;
        private final BatchRebuilder rebuilder;
        private final FileChannel original;
        private final Tally tally = new Tally();
        private final Segment segment = new Segment();
        private final ByteBuffer expected = ByteBuffer.allocateDirect(Segment.CAPACITY);
        private long pausedNanos;
        private long decodeNanos;

        Run(Hosts hosts, int level, BatchPacker packer, BatchRebuilder rebuilder, FileChannel original) {
            this.hosts = hosts;
            this.level = level;
            this.packer = packer;
            this.rebuilder = rebuilder;
            this.original = original;
        }

        @Override
        public Segment next() {
            return segment;
        }

        @Override
        public void ended(Segment ended) throws BenchException, IOException {
            packer.pack(ended, level);
            long paused = System.nanoTime();
            tally.add(ended);
            Hosts.store(hosts.sourceStore(), ended.frames());
            decode(ended);
            pausedNanos += System.nanoTime() - paused;
        }

        private void decode(Segment packed) throws BenchException, IOException {
            ByteBuffer rebuilt;
            try {
                long began = System.nanoTime();
                rebuilt = rebuilder.rebuild(packed.body());
                decodeNanos += System.nanoTime() - began;
            } catch (CodecException e) {
                throw new BenchException("what was encoded cannot be rebuilt: " + e.getMessage(), e);
            }
            Hosts.store(hosts.destinationStore(), rebuilder.frames());
            long at = original.position();
            expected.clear().limit(rebuilt.remaining());
            while (expected.hasRemaining() && original.read(expected) >= 0) {
                // all of it, or as much as there is
            }
            if (!expected.flip().equals(rebuilt)) {
                throw new BenchException(
                        "what was rebuilt is not what was encoded, after byte " + at + " of the stream");
            }
        }
    }
}
