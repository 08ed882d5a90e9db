package io.novacron.hde.delta;

import java.nio.ByteBuffer;
import java.util.SplittableRandom;
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

/** Encoding and decoding {@code bytes} of which few have changed; MB/s is bytes / time in microseconds. */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Fork(value = 1, jvmArgsAppend = "-XX:+UseSerialGC")
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class DeltaBenchmark {
    @Param
    public DeltaAlgorithms algorithm;

    @Param({"262144", "1048576"})
    public int bytes;

    /** One word in so many has changed. */
    @Param({"100", "2000"})
    public int wordsAChange;

    @Param("1")
    public int level;

    private DeltaAlgorithm delta;
    private ByteBuffer base;
    private ByteBuffer target;
    private ByteBuffer encoded;
    private ByteBuffer decoded;
    private int encodedLength;

    @Setup
    public void prepare() {
        SplittableRandom random = new SplittableRandom(1);
        base = ByteBuffer.allocateDirect(bytes);
        for (int i = 0; i < bytes; i += Long.BYTES) {
            // About a third of a guest's words are zero, the others pointers, small numbers and text.
            base.putLong(i, random.nextInt(3) == 0 ? 0 : 0xffff888000000000L + random.nextInt(1 << 30));
        }
        target = ByteBuffer.allocateDirect(bytes).put(0, base, 0, bytes);
        for (int i = 0; i < bytes / Long.BYTES; i += 1 + random.nextInt(2 * wordsAChange)) {
            target.putLong(i * Long.BYTES, base.getLong(i * Long.BYTES) + random.nextInt(1 << 16));
        }
        encoded = ByteBuffer.allocateDirect(2 * bytes);
        decoded = ByteBuffer.allocateDirect(bytes);
        delta = algorithm.create();
        delta.level(level);
        encodedLength = encode();
    }

    @TearDown
    public void close() {
        delta.close();
    }

    @Benchmark
    public int encode() {
        return delta.encode(base, 0, bytes, target, 0, bytes, encoded, 0, encoded.capacity());
    }

    @Benchmark
    public ByteBuffer decode() throws DeltaException {
        delta.decode(base, 0, bytes, encoded, 0, encodedLength, decoded, 0, bytes);
        return decoded;
    }
}
