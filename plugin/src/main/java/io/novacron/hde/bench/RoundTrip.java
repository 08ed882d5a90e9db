package io.novacron.hde.bench;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.codec.BatchPacker;
import io.novacron.hde.codec.BatchRebuilder;
import io.novacron.hde.codec.ChannelMemory;
import io.novacron.hde.codec.CodecException;
import io.novacron.hde.codec.DeltaBases;
import io.novacron.hde.codec.Effort;
import io.novacron.hde.codec.HashingHelp;
import io.novacron.hde.codec.Segment;
import io.novacron.hde.codec.SourceEncoder;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;

/**
 * An image's stream once through encoder, packer and rebuilder, on this thread alone. Encoding and decoding are timed;
 * storing what crossed, comparing and counting are not.
 *
 * @param tally what crossed
 * @param encode reading the stream and encoding
 * @param pack packing
 * @param decode rebuilding
 * @param source the source's table at the end
 * @param destination the same at the destination
 */
record RoundTrip(Tally tally, Times encode, Times pack, Times decode, MemoryTable source, MemoryTable destination) {

    /**
     * Runs it. The pages are in both stores afterwards; the agreed baseline stays as it is.
     *
     * @throws BenchException when what comes out is not what went in, or a file or store fails
     */
    static RoundTrip run(MemoryImage image, Hosts hosts, int level) throws BenchException {
        return run(image, image.stream(), hosts, level);
    }

    /** @param expected what must come out */
    static RoundTrip run(MemoryImage image, Path expected, Hosts hosts, int level) throws BenchException {
        ChannelMemory source = hosts.sourceMemory();
        ChannelMemory destination = hosts.destinationMemory();
        try (FileChannel stream = FileChannel.open(image.stream());
                FileChannel original = FileChannel.open(expected);
                SourceEncoder encoder =
                        new SourceEncoder("bench", source, hosts.sourceStore(), DeltaBases.ANY, HashingHelp.NONE);
                BatchPacker packer = new BatchPacker(Hosts.packOptions(), hosts.sourceStore());
                BatchRebuilder rebuilder =
                        new BatchRebuilder(destination, hosts.destinationStore(), Hosts.maxDeltaChain())) {
            Run run = new Run(hosts, level, packer, rebuilder, original);
            encoder.search(Effort.ofLevel(level).references());
            encoder.learnBaselines(() -> false);
            run.encode.begin();
            StreamFeed.encode(stream, encoder, run);
            run.encode.end();
            if (original.position() != original.size()) {
                throw new BenchException("only " + original.position() + " of the stream's " + original.size()
                        + " bytes came out again");
            }
            if (!source.table().root().equals(destination.table().root())) {
                throw new BenchException("the two sides end with different tables");
            }
            return new RoundTrip(run.tally, run.encode, run.pack, run.decode, source.table(), destination.table());
        } catch (IOException e) {
            throw new BenchException(image.file() + ": " + e.getMessage(), e);
        }
    }

    /** What the source takes, by the clock. */
    long sourceNanos() {
        return encode.wallNanos() + pack.wallNanos();
    }

    /** What the source takes, in processor time. */
    long sourceCpuNanos() {
        return encode.cpuNanos() + pack.cpuNanos();
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
        private final Times encode = new Times();
        private final Times pack = new Times();
        private final Times decode = new Times();

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
            encode.end();
            pack.begin();
            packer.pack(ended, Effort.ofLevel(level));
            pack.end();
            tally.add(ended);
            Hosts.store(hosts.sourceStore(), ended.frames());
            decode(ended);
            encode.begin();
        }

        private void decode(Segment packed) throws BenchException, IOException {
            ByteBuffer rebuilt;
            try {
                decode.begin();
                rebuilt = rebuilder.rebuild(packed.body());
                decode.end();
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
