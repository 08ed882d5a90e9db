package io.novacron.hde.dictionary;

import com.github.luben.zstd.Zstd;
import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDictCompress;
import io.novacron.hde.frame.FrameDictionary;
import io.novacron.hde.frame.FrameException;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageId;
import io.novacron.hde.store.PageReader;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A set of pages, most to train a dictionary on, some held back to measure what one is worth. One thread. It can be filled
 * again and again: its pages lie outside the heap, in a place for as many as it was made for.
 */
final class Training {
    /** One page in this many is held back. */
    private static final int HELD_BACK = 5;

    /** zstd's level for what is trained and measured. */
    private static final int LEVEL = 3;

    // Those to train on from the beginning, those held back from the end.
    private final ByteBuffer pages;
    private final ByteBuffer packed = ByteBuffer.allocateDirect(Math.toIntExact(Zstd.compressBound(Page.SIZE)));
    private final int capacity;
    private int count;
    private int heldBack;

    /** @param capacity the most pages */
    Training(int capacity) {
        this.capacity = capacity;
        this.pages = ByteBuffer.allocateDirect(capacity * Page.SIZE);
    }

    /** Takes the place of what is in it by those of these pages that can be read, the first ones if they are too many. */
    void fill(PageReader reader, List<PageId> ids) {
        count = 0;
        heldBack = 0;
        for (PageId id : ids) {
            if (size() == capacity) {
                return;
            }
            // by the page, so that no dictionary is tested with what another one, its rival, was trained on
            boolean isHeldBack = Long.remainderUnsigned(id.low(), HELD_BACK) == 0;
            int place = isHeldBack ? capacity - 1 - heldBack : count;
            if (reader.read(id.high(), id.low(), pages, place * Page.SIZE)) {
                count += isHeldBack ? 0 : 1;
                heldBack += isHeldBack ? 1 : 0;
            }
        }
    }

    /** How many pages there are, those held back too. */
    int size() {
        return count + heldBack;
    }

    /** How many are held back. */
    int heldBack() {
        return heldBack;
    }

    /**
     * Trains (zstd's fast cover algorithm).
     *
     * @param maxBytes how large the dictionary may be
     * @throws TrainingException if zstd makes none of these pages
     */
    FrameDictionary train(int maxBytes) throws TrainingException {
        int[] lengths = new int[count];
        Arrays.fill(lengths, Page.SIZE);
        ByteBuffer trained = ByteBuffer.allocateDirect(maxBytes);
        long length = Zstd.trainFromBufferDirect(pages.slice(0, count * Page.SIZE), lengths, trained, false, LEVEL);
        if (Zstd.isError(length)) {
            throw new TrainingException(
                    "zstd makes no dictionary of these " + count + " pages: " + Zstd.getErrorName(length));
        }
        byte[] bytes = new byte[Math.toIntExact(length)];
        trained.get(0, bytes);
        try {
            return FrameDictionary.of(bytes);
        } catch (FrameException e) {
            throw new TrainingException(e.getMessage());
        }
    }

    /** How many bytes the held-back pages are, each in a frame of its own. */
    long packedBytes(Optional<FrameDictionary> dictionary) {
        if (dictionary.isEmpty()) {
            try (ZstdCompressCtx zstd = context()) {
                return packedBytes(zstd);
            }
        }
        // the context holds on to the dictionary, which can only be closed after it
        try (ZstdDictCompress digested = new ZstdDictCompress(dictionary.get().bytes(), LEVEL);
                ZstdCompressCtx zstd = context()) {
            zstd.loadDict(digested);
            return packedBytes(zstd);
        }
    }

    private static ZstdCompressCtx context() {
        return new ZstdCompressCtx().setChecksum(false).setDictID(false).setLevel(LEVEL);
    }

    private long packedBytes(ZstdCompressCtx zstd) {
        long bytes = 0;
        for (int page = capacity - heldBack; page < capacity; page++) {
            int length =
                    zstd.compressDirectByteBuffer(packed, 0, packed.capacity(), pages, page * Page.SIZE, Page.SIZE);
            bytes += Math.min(length, Page.SIZE);
        }
        return bytes;
    }
}
