package io.novacron.hde.delta;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * Deltas between two memory images ({@code pmemsave} of one guest, twice): of all pages that differ in at most half of
 * their words, in batches as a DELTA frame has them, or of larger regions. Prints how many bytes the deltas take. Needs
 * {@code -p before=FILE -p after=FILE}.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseSerialGC")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class DeltaImageBenchmark {
    private static final int PAGE = 4096;

    @Param("")
    public String before;

    @Param("")
    public String after;

    @Param
    public DeltaAlgorithms algorithm;

    @Param({"1", "3", "9"})
    public int level;

    /** Of a batch. */
    @Param("64")
    public int pages;

    /** Instead of changed pages, so many batches of neighbouring ones, spread over the image; 0 for the changed pages. */
    @Param("0")
    public int regions;

    private final List<Integer> lengths = new ArrayList<>();
    private DeltaAlgorithm delta;
    private ByteBuffer bases;
    private ByteBuffer targets;
    private ByteBuffer encoded;
    private ByteBuffer decoded;
    private int bytes;

    @Setup
    public void prepare() throws IOException, DeltaException {
        try (FileChannel old = FileChannel.open(Path.of(before));
                FileChannel now = FileChannel.open(Path.of(after))) {
            collect(
                    old.map(FileChannel.MapMode.READ_ONLY, 0, old.size()),
                    now.map(FileChannel.MapMode.READ_ONLY, 0, now.size()));
        }
        encoded = ByteBuffer.allocateDirect(2 * bytes);
        decoded = ByteBuffer.allocateDirect(bytes);
        delta = algorithm.create();
        delta.level(level);
        int length = encode();
        decode();
        if (!decoded.equals(targets)) {
            throw new IllegalStateException("The pages did not come back");
        }
        System.out.printf(
                "%s, level %d, batches of %d pages: %d bytes for %d pages%n",
                algorithm, level, pages, length, bytes / PAGE);
    }

    private void collect(ByteBuffer old, ByteBuffer now) {
        int capacity = Math.min(old.capacity(), now.capacity()) & -PAGE;
        List<Integer> places = regions == 0 ? changedPages(old, now, capacity) : spreadPages(capacity);
        bytes = places.size() * PAGE;
        bases = ByteBuffer.allocateDirect(bytes);
        targets = ByteBuffer.allocateDirect(bytes);
        for (int i = 0; i < places.size(); i++) {
            bases.put(i * PAGE, old, places.get(i), PAGE);
            targets.put(i * PAGE, now, places.get(i), PAGE);
        }
    }

    private List<Integer> spreadPages(int capacity) {
        int distance = capacity / PAGE / regions;
        List<Integer> places = new ArrayList<>();
        for (int page = 0; page < distance * regions; page++) {
            if (page % distance < pages) {
                places.add(page * PAGE);
            }
        }
        return places;
    }

    private static List<Integer> changedPages(ByteBuffer old, ByteBuffer now, int capacity) {
        List<Integer> changed = new ArrayList<>();
        for (int at = 0; at < capacity; at += PAGE) {
            int words = 0;
            for (int i = at; i < at + PAGE; i += Long.BYTES) {
                words += old.getLong(i) == now.getLong(i) ? 0 : 1;
            }
            if (words > 0 && words <= PAGE / Long.BYTES / 2) {
                changed.add(at);
            }
        }
        return changed;
    }

    @TearDown
    public void close() {
        delta.close();
    }

    /** All batches; returns the bytes of all deltas. */
    @Benchmark
    public int encode() {
        lengths.clear();
        int at = 0;
        for (int from = 0; from < bytes; from += pages * PAGE) {
            int length = Math.min(pages * PAGE, bytes - from);
            int packed = delta.encode(bases, from, length, targets, from, length, encoded, at, encoded.capacity() - at);
            lengths.add(packed);
            at += packed;
        }
        return at;
    }

    @Benchmark
    public ByteBuffer decode() throws DeltaException {
        int at = 0;
        int from = 0;
        for (int packed : lengths) {
            int length = Math.min(pages * PAGE, bytes - from);
            delta.decode(bases, from, length, encoded, at, packed, decoded, from, length);
            at += packed;
            from += length;
        }
        return decoded;
    }
}
