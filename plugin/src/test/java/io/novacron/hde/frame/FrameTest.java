package io.novacron.hde.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.delta.DeltaAlgorithm;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class FrameTest {
    @Property(tries = 60)
    void pagesComeBack(
            @ForAll @IntRange(min = 1, max = 256) int count,
            @ForAll @IntRange(min = 1, max = 6) int level,
            @ForAll boolean compressible,
            @ForAll long seed)
            throws FrameException {
        ByteBuffer pages = compressible ? Pages.some(seed, count) : random(seed, count);
        long[] ids = Pages.ids(pages);
        try (FramePacker packer = new FramePacker();
                FrameUnpacker unpacker = new FrameUnpacker()) {
            Frame frame = packer.pack(pages, 0, count, ids, level, 1.1);
            assertThat(frame.algorithm()).isEqualTo(compressible ? Frame.ZSTD : Frame.STORED);
            assertThat(frame.depth()).isZero();
            assertThat(unpack(unpacker, frame, null)).isEqualByComparingTo(pages);
            // What the wire carries, in a buffer outside the heap.
            ByteBuffer wire =
                    ByteBuffer.allocateDirect(frame.payload().length + 3).put(3, frame.payload());
            ByteBuffer out = ByteBuffer.allocateDirect(pages.capacity() + 8);
            unpacker.unpack(frame.kind(), frame.algorithm(), 0, count, wire, 3, frame.payload().length, null, out, 8);
            assertThat(out.slice(8, pages.capacity())).isEqualByComparingTo(pages);
            assertSame(FrameFormat.read(FrameFormat.write(frame)), frame);
        }
    }

    @Property(tries = 60)
    void deltasComeBack(
            @ForAll @IntRange(min = 1, max = 256) int count, @ForAll DeltaAlgorithms which, @ForAll long seed)
            throws FrameException {
        ByteBuffer bases = Pages.some(seed, count);
        ByteBuffer pages = Pages.changed(bases, seed + 1);
        try (FramePacker packer = new FramePacker();
                FrameUnpacker unpacker = new FrameUnpacker();
                DeltaAlgorithm algorithm = which.create()) {
            Frame frame = packer.packDelta(algorithm, bases, pages, count, Pages.ids(pages), Pages.ids(bases), 3)
                    .orElseThrow();
            assertThat(frame.kind()).isEqualTo(Frame.DELTA);
            assertThat(frame.algorithm()).isEqualTo(which.id());
            assertThat(frame.depth()).isEqualTo(3);
            assertThat(frame.payload()).hasSizeLessThan(count * 100 + 60);
            assertThat(unpack(unpacker, frame, bases)).isEqualByComparingTo(pages);
            assertSame(FrameFormat.read(FrameFormat.write(frame)), frame);
        }
    }

    @Test
    void aDeltaThatSavesNothingIsNone() {
        ByteBuffer pages = random(1, 4);
        ByteBuffer bases = random(2, 4);
        try (FramePacker packer = new FramePacker();
                DeltaAlgorithm algorithm = DeltaAlgorithms.XOR.create()) {
            Optional<Frame> frame = packer.packDelta(algorithm, bases, pages, 4, Pages.ids(pages), Pages.ids(bases), 1);
            assertThat(frame).isEmpty();
        }
    }

    @Test
    void theRatioDecidesWhetherPagesAreStored() {
        ByteBuffer pages = Pages.some(1, 8);
        try (FramePacker packer = new FramePacker()) {
            assertThat(packer.pack(pages, 0, 8, Pages.ids(pages), 1, 1.1).algorithm())
                    .isEqualTo(Frame.ZSTD);
            assertThat(packer.pack(pages, 0, 8, Pages.ids(pages), 1, 10).algorithm())
                    .isEqualTo(Frame.STORED);
        }
    }

    @Test
    void wrongPayloadsAreNoticed() throws FrameException {
        ByteBuffer pages = Pages.some(1, 8);
        Frame frame = Pages.frame(pages);
        ByteBuffer payload = ByteBuffer.wrap(frame.payload());
        ByteBuffer out = ByteBuffer.allocateDirect(16 * Page.SIZE);
        int length = frame.payload().length;
        try (FrameUnpacker unpacker = new FrameUnpacker()) {
            for (int cut = 0; cut < length; cut += 7) {
                int shorter = cut;
                assertThatThrownBy(
                                () -> unpacker.unpack(Frame.PAGES, Frame.ZSTD, 0, 8, payload, 0, shorter, null, out, 0))
                        .isInstanceOf(FrameException.class);
            }
            Object[][] wrong = {
                {Frame.PAGES, Frame.ZSTD, 7}, {Frame.PAGES, Frame.ZSTD, 9}, {Frame.PAGES, Frame.STORED, 8},
                {Frame.PAGES, (byte) 9, 8}, {Frame.DELTA, (byte) 0, 8}, {Frame.DELTA, (byte) 99, 8},
                {(byte) 0, Frame.ZSTD, 8}, {(byte) 3, Frame.ZSTD, 8}, {Frame.PAGES, Frame.ZSTD, 0},
                {Frame.PAGES, Frame.ZSTD, -1}, {Frame.PAGES, Frame.ZSTD, 257}
            };
            for (Object[] header : wrong) {
                assertThatThrownBy(() -> unpacker.unpack(
                                (byte) header[0],
                                (byte) header[1],
                                0,
                                (int) header[2],
                                payload,
                                0,
                                length,
                                null,
                                out,
                                0))
                        .as(Arrays.toString(header))
                        .isInstanceOf(FrameException.class);
            }
            // The instance has survived all that.
            assertThat(unpack(unpacker, frame, null)).isEqualByComparingTo(pages);
        }
    }

    @Test
    void everyDamagedByteOfAStoredFrameIsNoticed() {
        byte[] stored = FrameFormat.write(Pages.frame(Pages.some(1, 3)));
        for (int i = 0; i < stored.length; i++) {
            byte[] damaged = stored.clone();
            damaged[i] ^= 0x10;
            assertThatThrownBy(() -> FrameFormat.read(damaged)).as("byte %d", i).isInstanceOf(FrameException.class);
            byte[] cut = Arrays.copyOf(stored, i);
            assertThatThrownBy(() -> FrameFormat.read(cut)).as("cut at %d", i).isInstanceOf(FrameException.class);
        }
    }

    @Property
    void garbageIsNoStoredFrame(@ForAll byte[] garbage) {
        assertThatThrownBy(() -> FrameFormat.read(garbage)).isInstanceOf(FrameException.class);
    }

    private static void assertSame(Frame actual, Frame expected) {
        assertThat(actual.kind()).isEqualTo(expected.kind());
        assertThat(actual.algorithm()).isEqualTo(expected.algorithm());
        assertThat(actual.count()).isEqualTo(expected.count());
        assertThat(actual.depth()).isEqualTo(expected.depth());
        assertThat(actual.payload()).isEqualTo(expected.payload());
        for (int slot = 0; slot < expected.count(); slot++) {
            assertThat(actual.idHigh(slot)).isEqualTo(expected.idHigh(slot));
            assertThat(actual.idLow(slot)).isEqualTo(expected.idLow(slot));
            if (expected.kind() == Frame.DELTA) {
                assertThat(actual.baseHigh(slot)).isEqualTo(expected.baseHigh(slot));
                assertThat(actual.baseLow(slot)).isEqualTo(expected.baseLow(slot));
            }
        }
    }

    private static ByteBuffer unpack(FrameUnpacker unpacker, Frame frame, ByteBuffer bases) throws FrameException {
        ByteBuffer out = ByteBuffer.allocateDirect(frame.count() * Page.SIZE);
        unpacker.unpack(frame, bases, out, 0);
        return out;
    }

    private static ByteBuffer random(long seed, int count) {
        byte[] bytes = new byte[count * Page.SIZE];
        new Random(seed).nextBytes(bytes);
        return ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
    }
}
