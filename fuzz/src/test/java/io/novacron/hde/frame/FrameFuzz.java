package io.novacron.hde.frame;

import io.novacron.hde.codec.BatchFixture;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.fuzz.Bounded;
import io.novacron.hde.fuzz.Input;
import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A frame's payload, from the wire and from the store. What comes of it is exactly the pages' place or an exception, and the
 * unpacker takes a good frame afterwards. Input: u8 kind (3: against references), u8 algorithm, u8 bit 0 whether it says
 * that it needs the dictionary that there is, bit 1 one that there is not, u8 pages, the payload.
 */
public final class FrameFuzz {
    private static final int MOST_PAGES = 16;
    private static final byte UNTOUCHED = 0x5a;

    private static final class Holder {
        private static final FrameDictionary DICTIONARY = dictionary();
        private static final FrameUnpacker UNPACKER = new FrameUnpacker(List.of(DICTIONARY));
        private static final ByteBuffer BASES = ByteBuffer.allocateDirect(MOST_PAGES * Page.SIZE);
        private static final ByteBuffer OUT = ByteBuffer.allocateDirect((MOST_PAGES + 2) * Page.SIZE);
        private static final ByteBuffer MARK = marks();
        private static final Frame GOOD = good();

        private static FrameDictionary dictionary() {
            try {
                return new BatchFixture().dictionary();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }

        private static ByteBuffer marks() {
            ByteBuffer marks = ByteBuffer.allocateDirect(Page.SIZE);
            while (marks.hasRemaining()) {
                marks.put(UNTOUCHED);
            }
            return marks.flip();
        }

        private static Frame good() {
            for (int i = 0; i < BASES.capacity(); i++) {
                BASES.put(i, (byte) ((i / 7) ^ (i >> 9)));
            }
            try (FramePacker packer = new FramePacker()) {
                return packer.pack(BASES, 0, 1, new long[2], 3, 1.1);
            }
        }
    }

    private FrameFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) throws FrameException {
        Input input = new Input(bytes);
        byte kind = (byte) input.u8();
        byte algorithm = (byte) input.u8();
        int marks = input.u8();
        int version = Holder.DICTIONARY.version();
        int dictionary = (marks & 1) != 0 ? version : (marks & 2) != 0 ? version + 1 : 0;
        int pages = input.u8() % (MOST_PAGES + 1);
        byte[] payload = input.rest();
        // Streams of a delta are at most a little more than twice as long as the pages, and grow up to that.
        Bounded.run(16L * MOST_PAGES * Page.SIZE, () -> unpack(kind, algorithm, dictionary, pages, payload));
        Holder.UNPACKER.unpack(Holder.GOOD, null, Holder.OUT, 0);
        check(Holder.OUT.slice(0, Page.SIZE).equals(Holder.BASES.slice(0, Page.SIZE)), "a good frame was spoilt");
    }

    private static void unpack(byte kind, byte algorithm, int dictionary, int pages, byte[] payload) {
        ByteBuffer out = Holder.OUT;
        int end = (pages + 1) * Page.SIZE;
        mark(out, 0);
        mark(out, end);
        try {
            if (kind == 3) {
                Holder.UNPACKER.unpackAgainst(algorithm, pages, payload, Holder.BASES, out, Page.SIZE);
            } else {
                ByteBuffer wrapped = ByteBuffer.wrap(payload);
                Holder.UNPACKER.unpack(
                        kind, algorithm, dictionary, pages, wrapped, 0, payload.length, Holder.BASES, out, Page.SIZE);
            }
        } catch (FrameException e) {
            check(!e.getMessage().isEmpty(), "no reason");
        }
        check(isMarked(out, 0) && isMarked(out, end), "a frame was written outside its place");
    }

    private static void mark(ByteBuffer out, int at) {
        out.put(at, Holder.MARK, 0, Page.SIZE);
    }

    private static boolean isMarked(ByteBuffer out, int at) {
        return out.slice(at, Page.SIZE).equals(Holder.MARK);
    }

    private static void check(boolean kept, String otherwise) {
        if (!kept) {
            throw new AssertionError(otherwise);
        }
    }

    /** Frames of each kind and algorithm. */
    public static Map<String, byte[]> seeds() {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        ByteBuffer bases = Holder.BASES;
        ByteBuffer pages = ByteBuffer.allocateDirect(2 * Page.SIZE);
        pages.put(0, bases, 0, 2 * Page.SIZE);
        for (int i = 0; i < pages.capacity(); i += 500) {
            pages.put(i, (byte) 1);
        }
        long[] ids = new long[4];
        try (FramePacker packer = new FramePacker();
                FramePacker withDictionary = new FramePacker(Optional.of(Holder.DICTIONARY))) {
            seeds.put(
                    "zstd",
                    Input.of(
                            Input.u8(1, 2, 0, 2),
                            packer.pack(pages, 0, 2, ids, 3, 1.1).payload()));
            seeds.put(
                    "dictionary",
                    Input.of(
                            Input.u8(1, 2, 1, 2),
                            withDictionary.packSmall(pages, 0, 2, ids, 3, 1.1).payload()));
            seeds.put("stored", Input.of(Input.u8(1, 1, 0, 1), new byte[Page.SIZE]));
            for (DeltaAlgorithms algorithm : DeltaAlgorithms.values()) {
                try (var delta = algorithm.create()) {
                    ByteBuffer out = ByteBuffer.allocateDirect(2 * Page.SIZE);
                    int length = delta.encode(bases, 0, 2 * Page.SIZE, pages, 0, 2 * Page.SIZE, out, 0, out.capacity());
                    byte[] payload = new byte[length];
                    out.get(0, payload);
                    seeds.put("delta-" + algorithm, Input.of(Input.u8(2, algorithm.id(), 0, 2), payload));
                    length = delta.encode(bases, 0, bases.capacity(), pages, 0, 2 * Page.SIZE, out, 0, out.capacity());
                    payload = new byte[length];
                    out.get(0, payload);
                    seeds.put("against-" + algorithm, Input.of(Input.u8(3, algorithm.id(), 0, 2), payload));
                }
            }
        }
        return seeds;
    }
}
