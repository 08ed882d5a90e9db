package io.novacron.hde.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.SplittableRandom;
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
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.OptionsBuilder;

/**
 * What the store could be built on, under its real load: frames of 20 to 60 KiB, and 64 random PageIds for each, in
 * front of an index of two million. One invocation of {@code store} is 1500 frames, about 60 MB, and 96,000 PageIds.
 *
 * <p>{@code main} without arguments runs the benchmarks; with the name of an engine it does ten rounds of replacing all
 * frames and pruning, and prints what remains.
 */
@State(Scope.Benchmark)
@Fork(
        value = 1,
        jvmArgsAppend = {
            "-Xmx512m",
            "-XX:+UseSerialGC",
            "--add-opens=java.base/java.nio=ALL-UNNAMED",
            "--add-opens=java.base/sun.nio.ch=ALL-UNNAMED"
        })
public class StoreBenchmark {
    private static final int KEYS_BEFORE = 2_000_000;
    private static final int FRAMES = 1500;
    private static final int PAGES = 64;
    private static final int FRAMES_A_COMMIT = 100;

    @Param({"mvstore", "mvstore-blocks", "mvstore-blocks-aes-gcm", "lmdb"})
    public String engine = "mvstore";

    private final byte[] bytes = new byte[60 * 1024];
    private Path directory;
    private BenchmarkEngine store;
    private long nextFrame = 1;
    private long probe;

    @Setup(Level.Trial)
    public void fill() throws Exception {
        new SplittableRandom(1).nextBytes(bytes);
        directory = BenchmarkDirectory.create();
        store = BenchmarkEngine.open(engine, directory);
        for (int key = 0; key < KEYS_BEFORE; key++) {
            store.putKey(mix(key), mix(~key), Location.of(1, 0, 0));
            if (key % 100_000 == 0) {
                store.commit();
            }
        }
        write(FRAMES);
        store.compact();
    }

    @TearDown(Level.Trial)
    public void remove() throws IOException {
        store.close();
        BenchmarkDirectory.delete(directory);
    }

    /** Stores 1500 frames and their PageIds. */
    @Benchmark
    @BenchmarkMode(Mode.SingleShotTime)
    @OutputTimeUnit(TimeUnit.MILLISECONDS)
    @Warmup(iterations = 2)
    @Measurement(iterations = 6)
    public void store() {
        write(FRAMES);
    }

    /** Looks a random PageId up. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    @OutputTimeUnit(TimeUnit.NANOSECONDS)
    @Warmup(iterations = 2, time = 2)
    @Measurement(iterations = 3, time = 2)
    public long find() {
        long key = Long.remainderUnsigned(mix(probe++), KEYS_BEFORE);
        return store.find(mix(key), mix(~key));
    }

    /** Reads a random frame. */
    @Benchmark
    @BenchmarkMode(Mode.AverageTime)
    @OutputTimeUnit(TimeUnit.MICROSECONDS)
    @Warmup(iterations = 2, time = 2)
    @Measurement(iterations = 3, time = 2)
    public byte[] read() {
        return store.frame(1 + Long.remainderUnsigned(mix(probe++), FRAMES));
    }

    private void write(int frames) {
        for (int i = 0; i < frames; i++) {
            long number = nextFrame++;
            store.putFrame(number, frame(number));
            for (int page = 0; page < PAGES; page++) {
                long key = KEYS_BEFORE + number * PAGES + page;
                store.putKey(mix(key), mix(~key), Location.of(number, page, 0));
            }
            if (number % FRAMES_A_COMMIT == 0) {
                store.commit();
            }
        }
        store.commit();
    }

    private byte[] frame(long number) {
        byte[] frame = new byte[20 * 1024 + (int) Long.remainderUnsigned(mix(number), 40 * 1024)];
        System.arraycopy(bytes, 0, frame, 0, frame.length);
        return frame;
    }

    private void prune(long from, long to) {
        for (long number = from; number < to; number++) {
            store.removeFrame(number);
            for (int page = 0; page < PAGES; page++) {
                long key = KEYS_BEFORE + number * PAGES + page;
                store.removeKey(mix(key), mix(~key));
            }
            if (number % FRAMES_A_COMMIT == 0) {
                store.commit();
            }
        }
        store.commit();
    }

    private static long mix(long value) {
        return new SplittableRandom(value).nextLong();
    }

    private static void replaceAndPrune(String engine) throws Exception {
        StoreBenchmark benchmark = new StoreBenchmark();
        benchmark.engine = engine;
        benchmark.fill();
        long first = BenchmarkEngine.diskBytes(benchmark.directory);
        long most = 0;
        for (int round = 0; round < 10; round++) {
            long from = benchmark.nextFrame - FRAMES;
            benchmark.write(FRAMES);
            most = Math.max(most, BenchmarkEngine.diskBytes(benchmark.directory));
            benchmark.prune(from, from + FRAMES);
            benchmark.store.compact();
        }
        System.out.printf(
                "%s: file %d MB at first, %d MB at most, %d MB after ten rounds; %s%n",
                engine,
                first / 1_000_000,
                most / 1_000_000,
                BenchmarkEngine.diskBytes(benchmark.directory) / 1_000_000,
                Files.readAllLines(Path.of("/proc/self/status")).stream()
                        .filter(line -> line.startsWith("Rss"))
                        .map(line -> line.replaceAll("\\s+", " "))
                        .toList());
        benchmark.remove();
    }

    public static void main(String[] arguments) throws Exception {
        if (arguments.length == 0) {
            runBenchmarks();
        } else {
            replaceAndPrune(arguments[0]);
        }
    }

    private static void runBenchmarks() throws RunnerException {
        new Runner(new OptionsBuilder()
                        .include(StoreBenchmark.class.getSimpleName())
                        .build())
                .run();
    }
}
