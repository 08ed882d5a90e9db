package io.novacron.hde.page;

import io.novacron.hde.qemu.memory.GuestBlock;
import io.novacron.hde.qemu.memory.GuestMemory;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Comparator;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
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
 * A guest of 1 GiB, read from outside: all that it has touched, and the same compared with what was known of it. Times are
 * by the clock; of each iteration it also prints what the thread had of a processor, which is what counts where others use
 * the machine. Without {@code -p machine=FILE}, which has QEMU's arguments, one a line, the guest has {@code mib} MiB of what
 * cannot be compressed.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MILLISECONDS)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseSerialGC")
@Warmup(iterations = 2, time = 3)
@Measurement(iterations = 5, time = 3)
public class GuestMemoryBenchmark {
    private static final long LOADED_AT = 16L << 20;

    @Param("")
    public String machine;

    /** How long the guest runs before it is looked at. */
    @Param("0")
    public int seconds;

    @Param({"326", "1000"})
    public int mib;

    /** Read at once. */
    @Param("1024")
    public int kib;

    private Path directory;
    private RunningQemu qemu;
    private GuestMemory memory;
    private ByteBuffer buffer;
    private final BitSet touched = new BitSet();
    private final PageHasher hasher = new PageHasher();
    private final List<long[]> known = new ArrayList<>();
    private final ByteBuffer zero = ByteBuffer.allocateDirect(Page.SIZE);
    private long bytes;
    private long hashed;
    private long operations;
    private long cpuNanos;

    @Setup
    public void start() throws IOException, InterruptedException {
        directory = Files.createTempDirectory("guest-memory");
        List<String> arguments;
        if (machine.isEmpty()) {
            Path file = directory.resolve("content");
            byte[] content = new byte[mib << 20];
            new Random(1).nextBytes(content);
            Files.write(file, content);
            arguments =
                    List.of("-m", "1024", "-S", "-device", "loader,file=" + file + ",force-raw=on,addr=" + LOADED_AT);
        } else {
            arguments = Files.readAllLines(Path.of(machine));
        }
        qemu = RunningQemu.start(directory, arguments);
        TimeUnit.SECONDS.sleep(seconds);
        memory = GuestMemory.open(qemu.pid(), qemu);
        buffer = ByteBuffer.allocateDirect(kib << 10);
        for (GuestBlock block : memory.blocks()) {
            known.add(new long[2 * (int) (block.length() / Page.SIZE)]);
        }
        int changed = scan();
        System.out.printf("%d blocks, %d MiB touched, %d pages not zero%n", known.size(), bytes >> 20, changed);
    }

    @TearDown
    public void stop() throws IOException {
        memory.close();
        qemu.close();
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }

    @Setup(Level.Iteration)
    public void begin() {
        operations = 0;
        cpuNanos = 0;
    }

    @TearDown(Level.Iteration)
    public void print() {
        double each = (double) cpuNanos / operations;
        System.out.printf(
                "[by processor time %.0f ms, %.2f GB/s of %d MiB, %d MiB hashed] ",
                each / 1e6, bytes / each, bytes >> 20, hashed >> 20);
    }

    /** Reads what was touched. */
    @Benchmark
    public long read() throws IOException {
        return through(false);
    }

    /** Looks for pages that are not as they were the time before. */
    @Benchmark
    public int scan() throws IOException {
        return through(true);
    }

    private int through(boolean compare) throws IOException {
        long begin = ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime();
        bytes = 0;
        hashed = 0;
        int changed = 0;
        for (int block = 0; block < known.size(); block++) {
            int pages = known.get(block).length / 2;
            memory.touched(block, 0, pages, touched);
            for (int from = touched.nextSetBit(0); from >= 0; from = touched.nextSetBit(from)) {
                int end = Math.min(touched.nextClearBit(from), from + (kib >> 2));
                buffer.clear();
                memory.read(block, (long) from * Page.SIZE, (end - from) * Page.SIZE, buffer);
                bytes += buffer.position();
                if (compare) {
                    changed += compare(known.get(block), from, end);
                }
                from = end;
            }
        }
        cpuNanos += ManagementFactory.getThreadMXBean().getCurrentThreadCpuTime() - begin;
        operations++;
        return changed;
    }

    /** How many of the pages in the buffer are others than were known, which they are then. */
    private int compare(long[] ids, int from, int end) {
        int changed = 0;
        for (int page = from; page < end; page++) {
            int at = (page - from) * Page.SIZE;
            long high = 0;
            long low = 0;
            if (!isZero(at)) {
                hasher.hash(buffer, at);
                high = hasher.high();
                low = hasher.low();
                hashed += Page.SIZE;
            }
            if (ids[2 * page] != high || ids[2 * page + 1] != low) {
                ids[2 * page] = high;
                ids[2 * page + 1] = low;
                changed++;
            }
        }
        return changed;
    }

    private boolean isZero(int at) {
        if (buffer.getLong(at) != 0) {
            return false;
        }
        boolean zeros = buffer.clear().position(at).limit(at + Page.SIZE).mismatch(zero) < 0;
        buffer.clear();
        return zeros;
    }
}
