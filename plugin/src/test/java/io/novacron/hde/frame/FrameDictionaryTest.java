package io.novacron.hde.frame;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class FrameDictionaryTest {
    private static final WordPages WORDS = new WordPages(1);
    private static final FrameDictionary DICTIONARY = WORDS.dictionary();

    @Property(tries = 40)
    void smallFramesNeedTheDictionaryAndOthersDoNot(
            @ForAll @IntRange(min = 1, max = 40) int count,
            @ForAll @IntRange(min = -3, max = 9) int level,
            @ForAll @IntRange(min = 0, max = 1000) int seed)
            throws FrameException {
        ByteBuffer pages = WORDS.pages(seed, count);
        long[] ids = Pages.ids(pages);
        try (FramePacker packer = new FramePacker(Optional.of(DICTIONARY));
                FrameUnpacker knowing = new FrameUnpacker(List.of(DICTIONARY));
                FrameUnpacker ignorant = new FrameUnpacker()) {
            Frame plain = packer.pack(pages, 0, count, ids, level, 1.0);
            Frame small = packer.packSmall(pages, 0, count, ids, level, 1.0);

            assertThat(plain.dictionary()).isZero();
            assertThat(unpack(ignorant, plain)).isEqualByComparingTo(pages);
            assertThat(unpack(knowing, small)).isEqualByComparingTo(pages);
            if (count > FramePacker.MAX_PAGES_WITH_DICTIONARY) {
                assertThat(small.dictionary()).isZero();
                assertThat(small.payload()).isEqualTo(plain.payload());
            } else {
                assertThat(small.dictionary()).isEqualTo(DICTIONARY.version()).isNotZero();
                assertThat(small.payload()).hasSizeLessThan(plain.payload().length);
                assertThatThrownBy(() -> unpack(ignorant, small))
                        .isInstanceOf(FrameException.class)
                        .hasMessageContaining(
                                "dictionary " + Integer.toUnsignedString(DICTIONARY.version()) + ", which is not held");
                assertThatThrownBy(() -> FrameFormat.write(small)).isInstanceOf(IllegalArgumentException.class);
            }
        }
    }

    @Test
    void aPackerChangesItsLevelAsOftenAsItLikes() throws FrameException {
        ByteBuffer pages = WORDS.pages(5, 2);
        long[] ids = Pages.ids(pages);
        try (FramePacker packer = new FramePacker(Optional.of(DICTIONARY));
                FrameUnpacker unpacker = new FrameUnpacker(List.of(DICTIONARY))) {
            int[] lengths = new int[20];
            for (int i = 0; i < lengths.length; i++) {
                Frame frame = packer.packSmall(pages, 0, 2, ids, i % 5 + 1, 1.0);
                lengths[i] = frame.payload().length;
                assertThat(unpack(unpacker, frame)).isEqualByComparingTo(pages);
            }
            assertThat(Arrays.copyOfRange(lengths, 5, 10)).isEqualTo(Arrays.copyOf(lengths, 5));
            assertThat(lengths[4]).isNotEqualTo(lengths[0]);
        }
    }

    @Test
    void whatDoesNotCompressIsStoredWithoutADictionary() {
        ByteBuffer pages = Pages.some(1, 1);
        try (FramePacker packer = new FramePacker(Optional.of(DICTIONARY))) {
            Frame frame = packer.packSmall(pages, 0, 1, Pages.ids(pages), 3, 100);
            assertThat(frame.algorithm()).isEqualTo(Frame.STORED);
            assertThat(frame.dictionary()).isZero();
        }
    }

    @Test
    void onlyPagesOfZstdMayNeedADictionary() {
        ByteBuffer payload = ByteBuffer.allocate(Page.SIZE);
        ByteBuffer bases = ByteBuffer.allocateDirect(Page.SIZE);
        ByteBuffer out = ByteBuffer.allocateDirect(Page.SIZE);
        try (FrameUnpacker unpacker = new FrameUnpacker(List.of(DICTIONARY))) {
            byte[][] kinds = {{Frame.PAGES, Frame.STORED}, {Frame.DELTA, 1}, {Frame.DELTA, 2}};
            for (byte[] kind : kinds) {
                assertThatThrownBy(() -> unpacker.unpack(
                                kind[0], kind[1], DICTIONARY.version(), 1, payload, 0, Page.SIZE, bases, out, 0))
                        .isInstanceOf(FrameException.class)
                        .hasMessageContaining("which only PAGES frames of zstd may");
            }
        }
        assertThatThrownBy(() -> Frame.pages(1, new byte[1], new long[2], 0))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aFrameMadeWithAnotherDictionaryOfTheSameVersionIsNoticedOrWrongButNeverTooLong() throws FrameException {
        byte[] other = new WordPages(2).dictionary().bytes().clone();
        // the Dictionary_ID: four bytes after the magic number
        System.arraycopy(DICTIONARY.bytes(), 4, other, 4, 4);
        FrameDictionary clash = FrameDictionary.of(other);
        assertThat(clash.version()).isEqualTo(DICTIONARY.version());
        ByteBuffer pages = WORDS.pages(1, 3);
        try (FramePacker packer = new FramePacker(Optional.of(DICTIONARY));
                FrameUnpacker unpacker = new FrameUnpacker(List.of(clash))) {
            Frame frame = packer.packSmall(pages, 0, 3, Pages.ids(pages), 3, 1.0);
            ByteBuffer out = ByteBuffer.allocateDirect(4 * Page.SIZE);
            try {
                unpacker.unpack(frame, null, out, 0);
                assertThat(out.slice(0, pages.capacity())).isNotEqualTo(pages);
            } catch (FrameException e) {
                assertThat(e).hasMessageContaining("damaged");
            }
            assertThat(out.getLong(3 * Page.SIZE)).isZero();
        }
        assertThatThrownBy(() -> new FrameUnpacker(List.of(clash, DICTIONARY)))
                .isInstanceOf(IllegalArgumentException.class);
    }

    @Property(tries = 200)
    void damageToADictionaryIsNoticedOrHarmless(
            @ForAll @IntRange(min = 0, max = 8191) int at, @ForAll @IntRange(min = 1, max = 255) int change) {
        byte[] damaged = DICTIONARY.bytes().clone();
        damaged[at % damaged.length] ^= (byte) change;
        FrameDictionary dictionary;
        try {
            dictionary = FrameDictionary.of(damaged);
        } catch (FrameException e) {
            assertThat(e).hasMessageContaining("no dictionary");
            return;
        }
        ByteBuffer pages = WORDS.pages(1, 1);
        ByteBuffer out = ByteBuffer.allocateDirect(Page.SIZE);
        try (FramePacker packer = new FramePacker(Optional.of(DICTIONARY));
                FrameUnpacker unpacker = new FrameUnpacker(List.of(dictionary))) {
            Frame frame = packer.packSmall(pages, 0, 1, Pages.ids(pages), 3, 1.0);
            unpacker.unpack(
                    Frame.PAGES,
                    Frame.ZSTD,
                    dictionary.version(),
                    1,
                    ByteBuffer.wrap(frame.payload()),
                    0,
                    frame.payload().length,
                    null,
                    out,
                    0);
        } catch (FrameException e) {
            assertThat(e).hasMessageContaining("frame");
        }
    }

    @Property
    void garbageIsNoDictionary(@ForAll byte[] garbage) {
        assertThatThrownBy(() -> FrameDictionary.of(garbage)).isInstanceOf(FrameException.class);
    }

    @Test
    void aDictionaryHasALimit() {
        byte[] large = Arrays.copyOf(DICTIONARY.bytes(), FrameDictionary.MAX_BYTES + 1);
        assertThatThrownBy(() -> FrameDictionary.of(large))
                .isInstanceOf(FrameException.class)
                .hasMessageContaining("at most " + FrameDictionary.MAX_BYTES);
        byte[] nameless = DICTIONARY.bytes().clone();
        Arrays.fill(nameless, 4, 8, (byte) 0);
        assertThatThrownBy(() -> FrameDictionary.of(nameless)).isInstanceOf(FrameException.class);
    }

    private static ByteBuffer unpack(FrameUnpacker unpacker, Frame frame) throws FrameException {
        ByteBuffer out = ByteBuffer.allocateDirect(frame.count() * Page.SIZE);
        unpacker.unpack(frame, null, out, 0);
        return out;
    }
}
