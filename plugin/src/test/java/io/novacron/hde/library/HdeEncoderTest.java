package io.novacron.hde.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.library.EncodedFormException.Reason;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicLong;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

class HdeEncoderTest {
    private static final EncoderOptions DEFAULTS = EncoderOptions.defaults();

    private static byte[] random(long seed, int length) {
        byte[] data = new byte[length];
        new Random(seed).nextBytes(data);
        return data;
    }

    /** Words, so that it compresses, but not by much. */
    static byte[] text(long seed, int length) {
        Random random = new Random(seed);
        StringBuilder text = new StringBuilder();
        while (text.length() < length) {
            text.append(Integer.toString(random.nextInt(5000), 36)).append(random.nextInt(9) == 0 ? ". " : " ");
        }
        return Arrays.copyOf(text.toString().getBytes(StandardCharsets.US_ASCII), length);
    }

    private static byte[] changed(byte[] from, int length, int changes, long seed) {
        Random random = new Random(seed);
        byte[] data = Arrays.copyOf(from, length);
        for (int i = 0; i < changes && length > 0; i++) {
            data[random.nextInt(length)] = (byte) random.nextInt();
        }
        return data;
    }

    private static byte[] bytes(ByteBuffer buffer) {
        byte[] bytes = new byte[buffer.remaining()];
        buffer.get(buffer.position(), bytes);
        return bytes;
    }

    private static ByteBuffer direct(byte[] data) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(data.length + 7);
        buffer.position(5).put(data).flip().position(5);
        return buffer;
    }

    private static Reason reason(HdeEncoder decoder, String key, byte[] encoded) {
        try {
            decoder.decode(key, ByteBuffer.wrap(encoded));
        } catch (EncodedFormException e) {
            assertThat(e.getMessage()).isNotBlank().endsWith("(at byte " + e.offset() + ")");
            assertThat(e.offset()).isBetween(0, encoded.length);
            return e.reason();
        }
        throw new AssertionError("It was decoded");
    }

    @Property(tries = 200)
    void anyVersionsOfAnyDataUnderAnyKeyComeBack(
            @ForAll String key,
            @ForAll long seed,
            @ForAll boolean compressible,
            @ForAll @Size(min = 1, max = 6) List<@IntRange(max = 40_000) Integer> lengths,
            @ForAll @IntRange(max = 50) int changes,
            @ForAll boolean alwaysRefresh)
            throws EncodedFormException {
        EncoderOptions options = EncoderOptions.builder()
                .baselineInterval(alwaysRefresh ? Duration.ZERO : Duration.ofDays(1))
                .maxDeltaChain(2)
                .build();
        try (HdeEncoder encoder = new HdeEncoder(options);
                HdeEncoder decoder = new HdeEncoder(options)) {
            byte[] data = {};
            for (int i = 0; i < lengths.size(); i++) {
                int length = lengths.get(i);
                byte[] fresh = compressible ? text(seed, length) : random(seed, length);
                System.arraycopy(data, 0, fresh, 0, Math.min(data.length, length));
                data = changed(fresh, length, changes, seed + i);
                ByteBuffer given = i % 2 == 0 ? ByteBuffer.wrap(data) : direct(data);
                ByteBuffer untouched = given.duplicate();
                ByteBuffer encoded = encoder.encode(key, given);
                assertThat(given).isEqualTo(untouched);
                ByteBuffer received = i % 2 == 0 ? direct(bytes(encoded)) : encoded.asReadOnlyBuffer();
                int before = received.position();
                assertThat(bytes(decoder.decode(key, received))).isEqualTo(data);
                assertThat(received.position()).isEqualTo(before);
                assertThat(encoded.remaining()).isLessThan(length + 64);
            }
        }
    }

    @Property(tries = 200)
    void whateverIsDecodedGivesTheDeclaredException(@ForAll byte[] anything) {
        try (HdeEncoder decoder = new HdeEncoder(DEFAULTS)) {
            reason(decoder, "key", anything);
            byte[] head =
                    new FormWriter().bigEndian(0x48444501L, 4).bytes(anything).toBytes();
            reason(decoder, "key", head);
        }
    }

    @ParameterizedTest
    @EnumSource
    void everyAlgorithmCanBeForced(DeltaAlgorithms algorithm) throws EncodedFormException {
        EncoderOptions options =
                EncoderOptions.builder().deltaAlgorithm(algorithm.word()).build();
        try (HdeEncoder encoder = new HdeEncoder(options);
                HdeEncoder decoder = new HdeEncoder(DEFAULTS)) {
            byte[] data = random(1, 50_000);
            decoder.decode("disk", encoder.encode("disk", ByteBuffer.wrap(data)));
            byte[] next = changed(data, 50_000, 3, 2);
            ByteBuffer encoded = encoder.encode("disk", ByteBuffer.wrap(next));
            assertThat(encoded.remaining()).isLessThan(20_000);
            assertThat(bytes(decoder.decode("disk", encoded))).isEqualTo(next);
            assertThat(encoder.metrics().deltaHits()).containsOnlyKeys(algorithm.word());
            assertThat(encoder.metrics().autoSelections()).isZero();
        }
    }

    @Test
    void dataThatShrinksGrowsAndVanishesComesBack() throws EncodedFormException {
        try (HdeEncoder encoder = new HdeEncoder(DEFAULTS);
                HdeEncoder decoder = new HdeEncoder(DEFAULTS)) {
            for (int length : new int[] {10_000, 9_999, 3, 0, 70_000, 1, 10_000}) {
                byte[] data = text(4, length);
                assertThat(bytes(decoder.decode("k", encoder.encode("k", ByteBuffer.wrap(data)))))
                        .isEqualTo(data);
            }
        }
    }

    @Test
    void incompressibleDataIsStoredAndComesBack() throws EncodedFormException {
        try (HdeEncoder encoder = new HdeEncoder(DEFAULTS)) {
            byte[] data = random(7, 300_000);
            ByteBuffer encoded = encoder.encode("k", ByteBuffer.wrap(data));
            assertThat(encoded.get(4)).isEqualTo((byte) EncodedForm.Method.STORED.number());
            assertThat(encoded.remaining()).isLessThan(data.length + 64);
            assertThat(bytes(encoder.decode("k", encoded))).isEqualTo(data);
            assertThat(encoder.metrics().incompressibleSkips()).isEqualTo(1);
            // Its next version is the same but for a little, and is not stored.
            assertThat(encoder.encode("k", ByteBuffer.wrap(changed(data, 300_000, 3, 8)))
                            .remaining())
                    .isLessThan(200);
        }
    }

    @Test
    void everyFlippedByteAndEveryTruncationIsFound() throws EncodedFormException {
        byte[] base = text(1, 6000);
        byte[] next = changed(base, 6000, 40, 2);
        try (HdeEncoder encoder = new HdeEncoder(DEFAULTS);
                HdeEncoder decoder = new HdeEncoder(DEFAULTS)) {
            byte[] first = bytes(encoder.encode("k", ByteBuffer.wrap(base)));
            damage(decoder, first, base);
            decoder.decode("k", ByteBuffer.wrap(first));
            damage(decoder, bytes(encoder.encode("k", ByteBuffer.wrap(next))), next);
        }
        for (DeltaAlgorithms algorithm : DeltaAlgorithms.values()) {
            EncoderOptions options =
                    EncoderOptions.builder().deltaAlgorithm(algorithm.word()).build();
            try (HdeEncoder encoder = new HdeEncoder(options)) {
                encoder.encode("k", ByteBuffer.wrap(base));
                damage(encoder, bytes(encoder.encode("k", ByteBuffer.wrap(next))), next);
            }
        }
        try (HdeEncoder encoder = new HdeEncoder(DEFAULTS)) {
            byte[] noise = random(3, 500);
            damage(encoder, bytes(encoder.encode("k", ByteBuffer.wrap(noise))), noise);
            byte[] copies = new byte[4000];
            for (int i = 0; i < copies.length; i++) {
                copies[i] = noise[i % 300];
            }
            encoder.forget("k");
            byte[] encoded = bytes(encoder.encode("k", ByteBuffer.wrap(copies)));
            assertThat(encoded.length).isLessThan(360);
            damage(encoder, encoded, copies);
        }
    }

    private static void damage(HdeEncoder decoder, byte[] encoded, byte[] data) {
        for (int i = 0; i < encoded.length; i++) {
            for (int bit : new int[] {1, 0x80, 0xff}) {
                byte[] damaged = encoded.clone();
                damaged[i] ^= (byte) bit;
                try {
                    // A few bits of zstd's do not matter; the data is then what it was.
                    assertThat(bytes(decoder.decode("k", ByteBuffer.wrap(damaged))))
                            .isEqualTo(data);
                } catch (EncodedFormException e) {
                    assertThat(e.offset()).isBetween(0, encoded.length);
                }
            }
            byte[] truncated = Arrays.copyOf(encoded, i);
            assertThatThrownBy(() -> decoder.decode("k", ByteBuffer.wrap(truncated)))
                    .isInstanceOf(EncodedFormException.class);
        }
        byte[] longer = Arrays.copyOf(encoded, encoded.length + 1);
        assertThatThrownBy(() -> decoder.decode("k", ByteBuffer.wrap(longer))).isInstanceOf(EncodedFormException.class);
    }

    @Test
    void theReasonSaysWhatIsWrong() {
        try (HdeEncoder encoder = new HdeEncoder(DEFAULTS);
                HdeEncoder small = new HdeEncoder(
                        EncoderOptions.builder().maxDataBytes(1000).build())) {
            byte[] encoded = bytes(encoder.encode("a", ByteBuffer.wrap(text(1, 2000))));
            assertThat(reason(encoder, "a", new byte[0])).isEqualTo(Reason.FOREIGN);
            assertThat(reason(encoder, "a", text(1, 100))).isEqualTo(Reason.FOREIGN);
            assertThat(reason(encoder, "b", encoded)).isEqualTo(Reason.WRONG_KEY);
            assertThat(reason(small, "a", encoded)).isEqualTo(Reason.TOO_LARGE);
            byte[] later = encoded.clone();
            later[3]++;
            assertThat(reason(encoder, "a", later)).isEqualTo(Reason.UNKNOWN_VERSION);
            later = encoded.clone();
            later[6] ^= 1;
            assertThat(reason(encoder, "a", later)).isEqualTo(Reason.WRONG_KEY);
            later = encoded.clone();
            later[20] ^= 1;
            assertThat(reason(encoder, "a", later)).isEqualTo(Reason.DAMAGED);
            assertThatThrownBy(() -> small.encode("a", ByteBuffer.allocate(1001)))
                    .isInstanceOf(IllegalArgumentException.class)
                    .hasMessageContaining("1001");
        }
    }

    @Test
    void lengthsThatCannotBeAllocateNothing() {
        DataName none = new DataName(0, 0);
        BufferPoolMXBean outsideTheHeap = ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .findFirst()
                .orElseThrow();
        long before = outsideTheHeap.getTotalCapacity();
        try (HdeEncoder decoder =
                new HdeEncoder(EncoderOptions.builder().maxDataBytes(1 << 30).build())) {
            for (EncodedForm.Method method : EncodedForm.Method.values()) {
                byte[] huge = new FormWriter()
                        .bigEndian(0x48444501L, 4)
                        .u8(method.number())
                        .u8(0)
                        .bigEndian(DataName.ofKey("k"), 8)
                        .bigEndian(none.high(), 8)
                        .bigEndian(none.low(), 8)
                        .varint(1L << 60)
                        .bytes(new byte[40])
                        .toBytes();
                assertThat(reason(decoder, "k", huge)).isEqualTo(Reason.TOO_LARGE);
            }
            // Within the bound, but more than the few bytes that follow can make.
            byte[] rest = new FormWriter()
                    .varint((1L << 60 << 1) | 1)
                    .bytes(new byte[10])
                    .toBytes();
            for (byte[] payload : List.of(new byte[0], rest, new byte[] {0, 0}, new byte[] {6, 0, 127, 1, 0})) {
                for (EncodedForm.Method method : List.of(EncodedForm.Method.STORED, EncodedForm.Method.PACKED)) {
                    EncodedForm form = new EncodedForm(
                            method,
                            false,
                            DataName.ofKey("k"),
                            none,
                            1 << 30,
                            Optional.empty(),
                            Optional.empty(),
                            Optional.empty());
                    assertThat(reason(decoder, "k", form.write(payload))).isEqualTo(Reason.DAMAGED);
                }
            }
            assertThat(outsideTheHeap.getTotalCapacity()).isLessThan(before + (32 << 20));
        }
    }

    @Test
    void aDecoderThatStartsAgainSaysThatTheBaselineIsMissing() throws EncodedFormException {
        byte[] data = text(1, 5000);
        try (HdeEncoder encoder = new HdeEncoder(DEFAULTS);
                HdeEncoder again = new HdeEncoder(DEFAULTS)) {
            encoder.encode("k", ByteBuffer.wrap(data));
            byte[] next = changed(data, 5000, 3, 2);
            byte[] delta = bytes(encoder.encode("k", ByteBuffer.wrap(next)));
            assertThat(reason(again, "k", delta)).isEqualTo(Reason.MISSING_BASELINE);
            assertThat(again.metrics().refused()).isEqualTo(1);
            assertThat(again.metrics().baselines()).isZero();

            encoder.forget("k");
            assertThat(bytes(again.decode("k", encoder.encode("k", ByteBuffer.wrap(next)))))
                    .isEqualTo(next);
            byte[] last = changed(next, 5000, 3, 3);
            ByteBuffer encoded = encoder.encode("k", ByteBuffer.wrap(last));
            assertThat(encoded.remaining()).isLessThan(150);
            assertThat(bytes(again.decode("k", encoded))).isEqualTo(last);
        }
    }

    @Test
    void baselinesAreRefreshedAgeAndEndTheirChain() throws EncodedFormException {
        AtomicLong clock = new AtomicLong();
        EncoderOptions options = EncoderOptions.builder()
                .baselineInterval(Duration.ofMinutes(5))
                .maxBaselineAge(Duration.ofMinutes(15))
                .maxDeltaChain(2)
                .build();
        byte[] data = random(1, 20_000);
        try (HdeEncoder encoder = new HdeEncoder(options, clock::get);
                HdeEncoder decoder = new HdeEncoder(options)) {
            List<Boolean> whole = new ArrayList<>();
            List<Boolean> kept = new ArrayList<>();
            for (int minutes : new int[] {0, 1, 6, 6, 12, 18, 19, 40}) {
                clock.set(Duration.ofMinutes(minutes).toNanos());
                data = changed(data, 20_000, 5, minutes);
                ByteBuffer encoded = encoder.encode("k", ByteBuffer.wrap(data));
                whole.add(encoded.remaining() > 10_000);
                kept.add(encoded.get(5) == 1);
                assertThat(bytes(decoder.decode("k", encoded))).isEqualTo(data);
            }
            // New at 0; at 6 and 12 by means of the last; at 18 the chain has its two; at 40 it is too old.
            assertThat(whole).containsExactly(true, false, false, false, false, true, false, true);
            assertThat(kept).containsExactly(true, false, true, false, true, true, false, true);
            assertThat(encoder.metrics().baselineRefreshes()).isEqualTo(4);
        }
    }

    @Test
    void baselinesKeepWithinTheirBoundTheOldestGoFirst() throws EncodedFormException {
        EncoderOptions options =
                EncoderOptions.builder().maxBaselineBytes(100_000).build();
        byte[] data = random(1, 30_000);
        try (HdeEncoder encoder = new HdeEncoder(options)) {
            for (int i = 0; i < 50; i++) {
                encoder.encode("k" + i, ByteBuffer.wrap(data));
                assertThat(encoder.metrics().baselineBytes()).isLessThanOrEqualTo(100_000);
            }
            assertThat(encoder.metrics().baselines()).isEqualTo(3);
            assertThat(encoder.encode("k48", ByteBuffer.wrap(data)).remaining()).isLessThan(100);
            ByteBuffer forgotten = encoder.encode("k0", ByteBuffer.wrap(data));
            assertThat(forgotten.remaining()).isGreaterThan(30_000);
            assertThat(bytes(encoder.decode("k0", forgotten))).isEqualTo(data);

            byte[] tooLarge = random(2, 200_000);
            ByteBuffer encoded = encoder.encode("large", ByteBuffer.wrap(tooLarge));
            assertThat(encoded.get(5)).isZero();
            assertThat(bytes(encoder.decode("large", encoded))).isEqualTo(tooLarge);
            assertThat(encoder.metrics().baselines()).isEqualTo(3);
        }
    }

    @Test
    void manyThreadsShareAnEncoderAndItsKeys() throws InterruptedException, ExecutionException {
        EncoderOptions options =
                EncoderOptions.builder().baselineInterval(Duration.ZERO).build();
        ExecutorService threads = Executors.newFixedThreadPool(8);
        try (HdeEncoder both = new HdeEncoder(options)) {
            List<Future<Void>> running = new ArrayList<>();
            for (int i = 0; i < 8; i++) {
                int number = i;
                Callable<Void> work = () -> {
                    byte[] data = number < 4 ? text(number, 9000) : random(number, 9000);
                    for (int version = 0; version < 60; version++) {
                        data = changed(data, 9000 - version, 10, version);
                        // Two threads share each key.
                        String key = "k" + number / 2;
                        ByteBuffer encoded = both.encode(key, ByteBuffer.wrap(data));
                        assertThat(bytes(both.decode(key, encoded))).isEqualTo(data);
                    }
                    return null;
                };
                running.add(threads.submit(work));
            }
            for (Future<Void> one : running) {
                one.get();
            }
            assertThat(both.metrics().encoded()).isEqualTo(8 * 60);
            assertThat(both.metrics().decoded()).isEqualTo(8 * 60);
        } finally {
            threads.shutdownNow();
        }
    }

    @Test
    void autoTriesAllNowAndThenAndKeepsToTheSmallest() throws EncodedFormException {
        try (HdeEncoder encoder =
                        new HdeEncoder(EncoderOptions.builder().targetRatio(1e6).build());
                HdeEncoder decoder = new HdeEncoder(DEFAULTS)) {
            byte[] data = random(1, 40_000);
            decoder.decode("k", encoder.encode("k", ByteBuffer.wrap(data)));
            for (int i = 1; i < 2 * DeltaRule.TRIAL_INTERVAL; i++) {
                // Shifted, which XOR can do nothing with.
                byte[] shifted = new byte[40_000];
                System.arraycopy(data, 0, shifted, i, 40_000 - i);
                ByteBuffer encoded = encoder.encode("k", ByteBuffer.wrap(shifted));
                assertThat(encoded.remaining()).isLessThan(10_000);
                assertThat(bytes(decoder.decode("k", encoded))).isEqualTo(shifted);
            }
            EncoderMetrics metrics = encoder.metrics();
            assertThat(metrics.deltaHits()).doesNotContainKey("xor");
            assertThat(metrics.autoSelections()).isEqualTo(2 * DeltaRule.TRIAL_INTERVAL - 1);
        }
    }

    @Test
    void theMetricsAddUp() {
        try (HdeEncoder encoder = new HdeEncoder(DEFAULTS)) {
            assertThat(encoder.metrics().compressionRatio()).isEqualTo(1);
            assertThat(encoder.metrics().deltaHitRate()).isZero();
            byte[] data = text(1, 30_000);
            int first = encoder.encode("k", ByteBuffer.wrap(data)).remaining();
            int second = encoder.encode("k", ByteBuffer.wrap(data)).remaining();
            EncoderMetrics metrics = encoder.metrics();
            assertThat(metrics.encoded()).isEqualTo(2);
            assertThat(metrics.bytesOriginal()).isEqualTo(60_000);
            assertThat(metrics.bytesCompressed()).isEqualTo(first + second);
            assertThat(metrics.bytesSaved()).isEqualTo(60_000 - first - second);
            assertThat(metrics.compressionRatio()).isEqualTo(60_000.0 / (first + second));
            assertThat(metrics.deltaHits()).hasSize(1).containsValue(1L);
            assertThat(metrics.deltaHitRate()).isEqualTo(0.5);
            assertThat(metrics.autoSelections()).isEqualTo(1);
            assertThat(metrics.baselines()).isEqualTo(1);
            assertThat(metrics.baselineBytes()).isGreaterThan(30_000);
            assertThat(metrics.encodeTimes().counts())
                    .hasSize(metrics.encodeTimes().bounds().size() + 1);
            assertThat(metrics.encodeTimes().counts().stream()
                            .mapToLong(Long::longValue)
                            .sum())
                    .isEqualTo(2);
            assertThat(metrics.encodeTimes().total()).isPositive();
        }
    }

    @Test
    void aClosedEncoderSaysSo() {
        HdeEncoder encoder = new HdeEncoder(DEFAULTS);
        encoder.encode("k", ByteBuffer.allocate(10));
        encoder.close();
        assertThatThrownBy(() -> encoder.encode("k", ByteBuffer.allocate(10)))
                .isInstanceOf(IllegalStateException.class);
    }

    @Test
    void optionsOutOfRangeAreRefusedByName() {
        assertThatThrownBy(() -> EncoderOptions.builder().deltaAlgorithm("none").build())
                .isInstanceOf(IllegalArgumentException.class)
                .hasMessage("deltaAlgorithm cannot be none");
        assertThatThrownBy(() -> EncoderOptions.builder()
                        .baselineInterval(Duration.ofSeconds(Long.MAX_VALUE))
                        .build())
                .hasMessageContaining("baselineInterval");
        assertThatThrownBy(() -> EncoderOptions.builder().compressionLevel(0).build())
                .hasMessageContaining("compressionLevel");
        assertThatThrownBy(
                        () -> EncoderOptions.builder().minCompressionRatio(0.9).build())
                .hasMessageContaining("minCompressionRatio");
    }
}
