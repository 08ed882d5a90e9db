package io.novacron.hde.codec;

import io.novacron.hde.frame.Frame;
import io.novacron.hde.frame.FramePacker;
import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * In what form the page store keeps a frame that has crossed: as it is, unless it needs a dictionary, which may be gone
 * when its pages are read, or reading its pages back would cost too much. One page of a DELTA frame needs the bases of all
 * of them, each from another frame, which may be a DELTA frame again: beyond the configured chain, as with a dictionary,
 * its pages are packed once more, whole and quickly. One thread.
 */
final class KeptFrames {
    private static final int LEVEL = 1;
    private static final double MIN_RATIO = 1.1;

    /** Whoever reads one page unpacks its frame. */
    private static final int MOST_PAGES = 64;

    private final FramePacker packer;
    private final int maxDeltaChain;

    KeptFrames(FramePacker packer, int maxDeltaChain) {
        this.packer = packer;
        this.maxDeltaChain = maxDeltaChain;
    }

    /**
     * The frame to be stored.
     *
     * @param pages holds the frame's pages, end to end, from {@code position}; not read for a frame that is kept as it is
     */
    Frame frame(Frame frame, ByteBuffer pages, int position) {
        if (frame.dictionary() == 0 && (frame.kind() != Frame.DELTA || frame.depth() <= maxDeltaChain)) {
            return frame;
        }
        long[] ids = new long[2 * frame.count()];
        for (int i = 0; i < frame.count(); i++) {
            ids[2 * i] = frame.idHigh(i);
            ids[2 * i + 1] = frame.idLow(i);
        }
        return packer.pack(pages, position, frame.count(), ids, LEVEL, MIN_RATIO);
    }

    /**
     * Packs pages that came without a frame that could be stored.
     *
     * @param pages end to end from position 0, and {@code ids} as many PageIds
     * @param first the first page that is to be packed
     */
    List<Frame> pack(ByteBuffer pages, int first, int count, long[] ids) {
        List<Frame> frames = new ArrayList<>();
        for (int at = first; at < first + count; at += MOST_PAGES) {
            int end = Math.min(at + MOST_PAGES, first + count);
            long[] own = Arrays.copyOfRange(ids, 2 * at, 2 * end);
            frames.add(packer.pack(pages, at * Page.SIZE, end - at, own, LEVEL, MIN_RATIO));
        }
        return frames;
    }
}
