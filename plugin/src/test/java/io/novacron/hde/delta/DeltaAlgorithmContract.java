package io.novacron.hde.delta;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.sun.management.ThreadMXBean;
import java.lang.management.BufferPoolMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HexFormat;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

/** What every delta algorithm must do; the test of each inherits it. */
abstract class DeltaAlgorithmContract {
    private static final int GUARD = 64;
    private static final byte GUARD_BYTE = 0x5a;
    private static final ThreadMXBean THREADS = ManagementFactory.getPlatformMXBean(ThreadMXBean.class);

    abstract DeltaAlgorithms algorithm();

    @Property(tries = 300)
    void everyTargetComesBackWhateverTheBase(
            @ForAll @IntRange(max = 20_000) int baseLength,
            @ForAll @IntRange(max = 20_000) int targetLength,
            @ForAll @IntRange(max = 100) int changedPercent,
            @ForAll @IntRange(min = 1, max = 9) int level,
            @ForAll long seed)
            throws DeltaException {
        byte[] base = content(seed, baseLength);
        byte[] target = changed(base, targetLength, changedPercent, seed + 1);
        try (DeltaAlgorithm delta = algorithm().create()) {
            delta.level(level);
            byte[] encoded = encode(delta, base, target);
            assertThat(decode(delta, base, encoded, targetLength)).isEqualTo(target);
            // And once more: nothing of the first use may be left in the instance.
            assertThat(encode(delta, base, target)).isEqualTo(encoded);
            assertThat(decode(delta, base, encoded, targetLength)).isEqualTo(target);
        }
    }

    @Test
    void emptyBasesAndTargets() throws DeltaException {
        try (DeltaAlgorithm delta = algorithm().create()) {
            byte[] text = content(1, 5000);
            for (byte[][] pair :
                    new byte[][][] {{{}, {}}, {text, {}}, {{}, text}, {{1, 2, 3}, text}, {text, {9}}, {{7}, {7}}}) {
                byte[] encoded = encode(delta, pair[0], pair[1]);
                assertThat(decode(delta, pair[0], encoded, pair[1].length)).isEqualTo(pair[1]);
            }
        }
    }

    @Test
    void everyPairOfLengths() throws DeltaException {
        int[] lengths = {0, 1, 2, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 255, 256, 257, 4095, 4096, 4097, 70_001};
        try (DeltaAlgorithm delta = algorithm().create()) {
            for (int baseLength : lengths) {
                byte[] base = content(13, baseLength);
                for (int targetLength : lengths) {
                    byte[] target = changed(base, targetLength, 2, 14);
                    assertThat(decode(delta, base, encode(delta, base, target), targetLength))
                            .as("base of %d bytes, target of %d", baseLength, targetLength)
                            .isEqualTo(target);
                }
            }
        }
    }

    @Property(tries = 300)
    void piecesInsertedRemovedMovedAndChanged(
            @ForAll @IntRange(max = 50_000) int baseLength,
            @ForAll @IntRange(max = 12) int edits,
            @ForAll boolean compressible,
            @ForAll long seed)
            throws DeltaException {
        byte[] base = compressible ? content(seed, baseLength) : random(seed, baseLength);
        byte[] target = edited(base, edits, seed + 1);
        try (DeltaAlgorithm delta = algorithm().create()) {
            byte[] encoded = encode(delta, base, target);
            assertThat(decode(delta, base, encoded, target.length)).isEqualTo(target);
        }
    }

    @Property(tries = 200)
    void periodicContent(
            @ForAll @IntRange(max = 50_000) int baseLength,
            @ForAll @IntRange(max = 50_000) int targetLength,
            @ForAll @IntRange(min = 1, max = 70) int period,
            @ForAll @IntRange(max = 5) int changes,
            @ForAll long seed)
            throws DeltaException {
        Random random = new Random(seed);
        byte[] base = repeated(random(seed, period), baseLength);
        byte[] target = repeated(random(seed, period), targetLength);
        for (int i = 0; i < changes && targetLength > 0; i++) {
            target[random.nextInt(targetLength)] ^= 1;
        }
        try (DeltaAlgorithm delta = algorithm().create()) {
            byte[] encoded = encode(delta, base, target);
            assertThat(decode(delta, base, encoded, targetLength)).isEqualTo(target);
        }
    }

    /** What is quadratic on a periodic text does not end here. */
    @Test
    void longPeriodicContent() throws DeltaException {
        byte[][] periods = {{0}, {(byte) 0xff, 0}, "MEMORY_PAGE_PATTERN_".getBytes(StandardCharsets.US_ASCII)};
        try (DeltaAlgorithm delta = algorithm().create()) {
            for (byte[] period : periods) {
                byte[] base = repeated(period, 1 << 21);
                byte[] target = base.clone();
                target[1 << 19] ^= 1;
                target[3 << 19] ^= 1;
                byte[] encoded = encode(delta, base, target);
                assertThat(encoded).hasSizeLessThan(400);
                assertThat(decode(delta, base, encoded, target.length)).isEqualTo(target);
                // And the other way round, with the changes in the base.
                assertThat(decode(delta, target, encode(delta, target, base), base.length))
                        .isEqualTo(base);
            }
        }
    }

    /** Twice the same text but for a byte in the middle: the better of two long matches differs in little. */
    @Test
    void baseOfTwoHalvesThatAreNearlyEqual() throws DeltaException {
        byte[] half = random(15, 1 << 20);
        byte[] base = Arrays.copyOf(half, 2 * half.length);
        System.arraycopy(half, 0, base, half.length, half.length);
        base[half.length + half.length / 2] ^= 1;
        byte[] target = Arrays.copyOfRange(base, half.length, base.length);
        try (DeltaAlgorithm delta = algorithm().create()) {
            byte[] encoded = encode(delta, base, target);
            assertThat(encoded).hasSizeLessThan(400);
            assertThat(decode(delta, base, encoded, target.length)).isEqualTo(target);
        }
    }

    @Test
    void fewChangesMakeASmallDelta() {
        byte[] base = new byte[64 * 4096];
        new Random(3).nextBytes(base);
        byte[] target = base.clone();
        for (int i = 100; i < target.length; i += 4096) {
            target[i] ^= 0x55;
        }
        try (DeltaAlgorithm delta = algorithm().create()) {
            assertThat(encode(delta, base, target)).hasSizeLessThan(64 * 40);
        }
    }

    @Test
    void baseThatLooksLikeATrainedDictionary() throws DeltaException {
        byte[] base = content(5, 4096);
        ByteBuffer.wrap(base).order(ByteOrder.LITTLE_ENDIAN).putInt(0xEC30A437).putInt(99);
        byte[] target = changed(base, 4096, 1, 6);
        try (DeltaAlgorithm delta = algorithm().create()) {
            byte[] encoded = encode(delta, base, target);
            assertThat(decode(delta, base, encoded, target.length)).isEqualTo(target);
        }
    }

    @Test
    void theOrderSetOnABufferDoesNotMatter() throws DeltaException {
        byte[] base = content(5, 4096);
        byte[] target = changed(base, 4096, 10, 6);
        try (DeltaAlgorithm delta = algorithm().create()) {
            byte[] encoded = encode(delta, base, target);
            ByteBuffer little = direct(base).order(ByteOrder.LITTLE_ENDIAN);
            ByteBuffer out = ByteBuffer.allocateDirect(target.length);
            delta.decode(little, 0, base.length, direct(encoded), 0, encoded.length, out, 0, target.length);
            assertThat(bytes(out, 0, target.length)).isEqualTo(target);
        }
    }

    @Test
    void tooLittleRoomIsMinusOneAndTheInstanceStaysUsable() throws DeltaException {
        byte[] base = content(7, 8192);
        byte[] target = changed(base, 8192, 20, 8);
        try (DeltaAlgorithm delta = algorithm().create()) {
            byte[] encoded = encode(delta, base, target);
            for (int room = 0; room < encoded.length; room++) {
                ByteBuffer out = guarded(room);
                assertThat(delta.encode(
                                direct(base), 0, base.length, direct(target), 0, target.length, out, GUARD, room))
                        .isEqualTo(-1);
                assertGuards(out, room);
            }
            assertThat(encode(delta, base, target)).isEqualTo(encoded);
        }
    }

    @Test
    void everyTruncationIsNoticed() {
        byte[] base = content(9, 8192);
        byte[] target = changed(base, 8192, 3, 10);
        try (DeltaAlgorithm delta = algorithm().create()) {
            byte[] encoded = encode(delta, base, target);
            for (int length = 0; length < encoded.length; length++) {
                byte[] cut = Arrays.copyOf(encoded, length);
                assertThatThrownBy(() -> decode(delta, base, cut, target.length))
                        .as("cut to %d of %d bytes", length, encoded.length)
                        .isInstanceOf(DeltaException.class);
            }
        }
    }

    @Test
    void anotherLengthIsNoticed() {
        byte[] base = content(11, 4096);
        byte[] target = changed(base, 4096, 3, 12);
        try (DeltaAlgorithm delta = algorithm().create()) {
            byte[] encoded = encode(delta, base, target);
            for (int length : new int[] {0, 1, 4095, 4097, 8192}) {
                assertThatThrownBy(() -> decode(delta, base, encoded, length)).isInstanceOf(DeltaException.class);
            }
        }
    }

    @Property(tries = 500)
    void damageIsAnExceptionOrOtherBytesButNothingOutside(
            @ForAll @IntRange(max = 10_000) int targetLength,
            @ForAll @IntRange(min = 1, max = 5) int hits,
            @ForAll long seed) {
        Random random = new Random(seed);
        byte[] base = content(seed, 6000);
        byte[] target = changed(base, targetLength, 5, seed + 1);
        try (DeltaAlgorithm delta = algorithm().create()) {
            byte[] encoded = encode(delta, base, target);
            for (int i = 0; i < hits; i++) {
                encoded[random.nextInt(encoded.length)] ^= (byte) (1 << random.nextInt(8));
            }
            assertThatCode(() -> decodeAnything(delta, base, encoded, targetLength))
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void everyFlippedBitIsAnExceptionOrOtherBytesButNothingOutside() {
        byte[] base = content(17, 2048);
        byte[] target = edited(base, 6, 18);
        try (DeltaAlgorithm delta = algorithm().create()) {
            byte[] encoded = encode(delta, base, target);
            for (int bit = 0; bit < Byte.SIZE * encoded.length; bit++) {
                byte[] flipped = encoded.clone();
                flipped[bit / Byte.SIZE] ^= (byte) (1 << bit % Byte.SIZE);
                decodeAnything(delta, base, flipped, target.length);
            }
        }
    }

    /** Numbers of 2^31, 2^60 and more in place of every byte: neither heap nor direct memory is taken for them. */
    @Test
    void hostileLengthsAllocateNothing() throws DeltaException {
        byte[] base = content(19, 512);
        byte[] target = edited(base, 4, 20);
        byte[][] numbers = {
            HexFormat.of().parseHex("8080808008"),
            HexFormat.of().parseHex("808080808080808010"),
            HexFormat.of().parseHex("ffffffffffffffff7f"),
            HexFormat.of().parseHex("ffffffffffffffffffffff7f")
        };
        try (DeltaAlgorithm delta = algorithm().create()) {
            byte[] encoded = encode(delta, base, target);
            decode(delta, base, encoded, target.length);
            for (byte[] number : numbers) {
                for (int at = 0; at < encoded.length; at++) {
                    ByteBuffer hostile = ByteBuffer.allocate(encoded.length - 1 + number.length)
                            .put(encoded, 0, at)
                            .put(number)
                            .put(encoded, at + 1, encoded.length - at - 1);
                    long heap = THREADS.getCurrentThreadAllocatedBytes();
                    long direct = directBytes();
                    decodeAnything(delta, base, hostile.array(), target.length);
                    assertThat(THREADS.getCurrentThreadAllocatedBytes() - heap).isLessThan(1 << 20);
                    assertThat(directBytes() - direct).isLessThan(1 << 20);
                }
            }
        }
    }

    @Property(tries = 500)
    void garbageIsAnExceptionOrOtherBytesButNothingOutside(@ForAll byte[] garbage) {
        try (DeltaAlgorithm delta = algorithm().create()) {
            assertThatCode(() -> decodeAnything(delta, content(1, 5000), garbage, 4096))
                    .doesNotThrowAnyException();
        }
    }

    @Test
    void rangesBeyondTheBuffersAreRefused() {
        ByteBuffer small = ByteBuffer.allocateDirect(10);
        ByteBuffer large = ByteBuffer.allocateDirect(100);
        try (DeltaAlgorithm delta = algorithm().create()) {
            assertThatThrownBy(() -> delta.encode(small, 5, 6, large, 0, 10, large, 50, 50))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> delta.encode(small, 0, 10, large, 95, 10, large, 50, 50))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> delta.decode(small, 0, 10, large, -1, 10, large, 50, 50))
                    .isInstanceOf(IndexOutOfBoundsException.class);
            assertThatThrownBy(() -> delta.decode(small, 0, 10, large, 0, 10, small, 0, 11))
                    .isInstanceOf(IndexOutOfBoundsException.class);
        }
    }

    @Test
    void itIsInTheList() {
        try (DeltaAlgorithm delta = algorithm().create()) {
            assertThat(delta.id()).isNotZero();
            assertThat(DeltaAlgorithms.byId(delta.id())).contains(algorithm());
            assertThat(DeltaAlgorithms.byName(delta.name())).contains(algorithm());
        }
    }

    private static void decodeAnything(DeltaAlgorithm delta, byte[] base, byte[] encoded, int length) {
        ByteBuffer out = guarded(length);
        try {
            delta.decode(direct(base), 0, base.length, direct(encoded), 0, encoded.length, out, GUARD, length);
        } catch (DeltaException expected) {
            assertThat(expected.offset()).isBetween(0, encoded.length);
        }
        assertGuards(out, length);
    }

    static byte[] encode(DeltaAlgorithm delta, byte[] base, byte[] target) {
        int room = 2 * target.length + 1000;
        ByteBuffer out = guarded(room);
        int length = delta.encode(direct(base), 0, base.length, direct(target), 0, target.length, out, GUARD, room);
        assertThat(length).isBetween(1, room);
        assertGuards(out, room);
        return bytes(out, GUARD, length);
    }

    static byte[] decode(DeltaAlgorithm delta, byte[] base, byte[] encoded, int length) throws DeltaException {
        ByteBuffer out = guarded(length);
        delta.decode(direct(base), 0, base.length, direct(encoded), 0, encoded.length, out, GUARD, length);
        assertGuards(out, length);
        return bytes(out, GUARD, length);
    }

    private static ByteBuffer guarded(int length) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(length + 2 * GUARD);
        for (int i = 0; i < GUARD; i++) {
            buffer.put(i, GUARD_BYTE).put(GUARD + length + i, GUARD_BYTE);
        }
        return buffer;
    }

    private static void assertGuards(ByteBuffer buffer, int length) {
        for (int i = 0; i < GUARD; i++) {
            if (buffer.get(i) != GUARD_BYTE || buffer.get(GUARD + length + i) != GUARD_BYTE) {
                throw new AssertionError("Written outside the output");
            }
        }
    }

    static ByteBuffer direct(byte[] bytes) {
        return ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
    }

    private static byte[] bytes(ByteBuffer buffer, int position, int length) {
        byte[] bytes = new byte[length];
        buffer.get(position, bytes);
        return bytes;
    }

    /** Half compressible, half not, as memory is. */
    private static byte[] content(long seed, int length) {
        Random random = new Random(seed);
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = (byte) (i % 512 < 256 ? i / 512 : random.nextInt());
        }
        return bytes;
    }

    private static long directBytes() {
        return ManagementFactory.getPlatformMXBeans(BufferPoolMXBean.class).stream()
                .filter(pool -> pool.getName().equals("direct"))
                .mapToLong(BufferPoolMXBean::getMemoryUsed)
                .sum();
    }

    static byte[] random(long seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    static byte[] repeated(byte[] period, int length) {
        byte[] bytes = new byte[length];
        for (int i = 0; i < length; i++) {
            bytes[i] = period[i % period.length];
        }
        return bytes;
    }

    /** Pieces of up to 2000 bytes inserted, removed, moved and overwritten. */
    private static byte[] edited(byte[] base, int edits, long seed) {
        Random random = new Random(seed);
        byte[] bytes = base;
        for (int i = 0; i < edits; i++) {
            int from = random.nextInt(bytes.length + 1);
            int piece = random.nextInt(Math.min(2000, bytes.length - from) + 1);
            byte[] fresh = random(random.nextLong(), random.nextInt(2000));
            bytes = switch (random.nextInt(4)) {
                case 0 -> spliced(bytes, from, from, fresh);
                case 1 -> spliced(bytes, from, from + piece, new byte[0]);
                case 2 -> {
                    byte[] moved = Arrays.copyOfRange(bytes, from, from + piece);
                    byte[] rest = spliced(bytes, from, from + piece, new byte[0]);
                    int to = random.nextInt(rest.length + 1);
                    yield spliced(rest, to, to, moved);
                }
                default -> spliced(bytes, from, from + piece, Arrays.copyOf(fresh, piece));
            };
        }
        return bytes;
    }

    /** The bytes with those between two places replaced by others. */
    static byte[] spliced(byte[] bytes, int from, int to, byte[] others) {
        return ByteBuffer.allocate(from + others.length + bytes.length - to)
                .put(bytes, 0, from)
                .put(others)
                .put(bytes, to, bytes.length - to)
                .array();
    }

    private static byte[] changed(byte[] base, int length, int percent, long seed) {
        Random random = new Random(seed);
        byte[] bytes = Arrays.copyOf(base, length);
        for (int i = 0; i < length; i++) {
            if (random.nextInt(100) < percent || i >= base.length) {
                bytes[i] = (byte) random.nextInt();
            }
        }
        return bytes;
    }
}
