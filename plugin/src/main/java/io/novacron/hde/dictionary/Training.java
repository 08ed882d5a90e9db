package io.novacron.hde.dictionary;

import com.github.luben.zstd.ZstdDictTrainer;
import com.github.luben.zstd.ZstdException;
import io.novacron.hde.frame.FrameDictionary;
import io.novacron.hde.frame.FrameException;
import io.novacron.hde.frame.FramePacker;
import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Optional;

/** Makes a dictionary of some pages, and measures what one is worth on others. */
final class Training {
    /** zstd's level for what is trained and measured. */
    private static final int LEVEL = 3;

    private Training() {}

    /**
     * Trains (zstd's fast cover algorithm).
     *
     * @param pages of 4096 bytes each
     * @param maxBytes how large the dictionary may be
     * @throws TrainingException if zstd finds nothing in them, for example because they are all alike
     */
    static FrameDictionary train(List<byte[]> pages, int maxBytes) throws TrainingException {
        ZstdDictTrainer trainer = new ZstdDictTrainer(pages.size() * Page.SIZE, maxBytes, LEVEL);
        pages.forEach(trainer::addSample);
        try {
            return FrameDictionary.of(trainer.trainSamples());
        } catch (ZstdException | FrameException e) {
            throw new TrainingException(
                    "zstd makes no dictionary of these " + pages.size() + " pages: " + e.getMessage(), e);
        }
    }

    /** How many bytes these pages are, each in a frame of its own. */
    static long packedBytes(List<byte[]> pages, Optional<FrameDictionary> dictionary) {
        ByteBuffer buffer = ByteBuffer.allocateDirect(Page.SIZE);
        long bytes = 0;
        try (FramePacker packer = new FramePacker(dictionary)) {
            for (byte[] page : pages) {
                buffer.put(0, page);
                bytes += packer.packSmall(buffer, 0, 1, new long[2], LEVEL, 1.0).payload().length;
            }
        }
        return bytes;
    }
}
