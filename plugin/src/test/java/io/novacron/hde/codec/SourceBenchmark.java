package io.novacron.hde.codec;

import io.novacron.hde.page.Page;
import io.novacron.hde.store.BenchmarkDirectory;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A page's way through a source: read, hashed, decided upon and packed. An operation is one page, so that with
 * {@code -prof gc} {@code gc.alloc.rate.norm} is the bytes of heap that a page costs.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseSerialGC")
@Warmup(iterations = 3, time = 2)
@Measurement(iterations = 5, time = 2)
public class SourceBenchmark {
    private static final int PAGES = 1024;
    private static final int SIGNATURE = 32;

    /** What each page is since the round before. */
    public enum Change {
        NOTHING(DeltaBases.ANY),
        ONE_WORD(DeltaBases.PLACE),
        ALL(DeltaBases.NONE);

        private final DeltaBases bases;

        Change(DeltaBases bases) {
            this.bases = bases;
        }
    }

    @Param
    public Change change;

    private final Segment segment = new Segment();
    private final Effort effort = Effort.ofLevel(1);
    private final int[] contents = new int[PAGES];
    private Path directory;
    private PageStore store;
    private SourceEncoder encoder;
    private BatchPacker packer;
    private ByteBuffer round;
    private long version;

    @Setup(Level.Trial)
    public void prepare() throws Exception {
        directory = BenchmarkDirectory.create();
        store = PageStore.open(directory.resolve("store"), StoreLimits.ofSize(256 << 20));
        encoder = new SourceEncoder(
                "benchmark", new ChannelMemory(List.of(), true, 1024), store, change.bases, HashingHelp.NONE);
        packer = new BatchPacker(new PackOptions(1.1, List.of("xor-runs", "zstd"), 0), store);
        GuestStream guest = new GuestStream(PAGES);
        Random random = new Random(1);
        for (int page = 0; page < PAGES; page++) {
            guest.write(random, page);
        }
        guest.start();
        byte[] start = guest.written();
        guest.part(0, PAGES, false);
        byte[] all = guest.written();
        byte[] part = Arrays.copyOfRange(all, start.length, all.length);
        int from = 0;
        for (int page = 0; page < PAGES; page++) {
            while (!Arrays.equals(
                    part, from, from + SIGNATURE, guest.memory, page * Page.SIZE, page * Page.SIZE + SIGNATURE)) {
                from++;
            }
            contents[page] = from;
            from += Page.SIZE;
        }
        encoder.begin(segment);
        carry(ByteBuffer.wrap(start));
        round = ByteBuffer.wrap(part);
        carry(round);
    }

    @TearDown(Level.Trial)
    public void close() throws Exception {
        encoder.close();
        packer.close();
        store.close();
        BenchmarkDirectory.delete(directory);
    }

    @Benchmark
    @OperationsPerInvocation(PAGES)
    public void encodeAndPack() {
        if (change != Change.NOTHING) {
            version++;
            for (int content : contents) {
                round.putLong(content, version);
            }
        }
        carry(round);
    }

    private void carry(ByteBuffer stream) {
        stream.clear();
        while (stream.hasRemaining()) {
            ByteBuffer space = encoder.space();
            int length = Math.min(space.remaining(), stream.remaining());
            space.put(space.position(), stream, stream.position(), length);
            space.position(space.position() + length);
            stream.position(stream.position() + length);
            encoder.parse();
            if (encoder.full() || !stream.hasRemaining()) {
                packer.pack(encoder.end(), effort);
                encoder.begin(segment);
            }
        }
    }
}
