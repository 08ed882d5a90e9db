package io.novacron.hde.frame;

import com.github.luben.zstd.ZstdDictTrainer;
import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.Random;

/** Pages for tests of dictionaries: each a row of words that others have too, in another order. */
public final class WordPages {
    private static final int WORD = 32;

    private final byte[][] words = new byte[200][WORD];

    /** @param language pages of another one have no words in common with these */
    public WordPages(long language) {
        Random random = new Random(language);
        for (byte[] word : words) {
            random.nextBytes(word);
        }
    }

    /** A page, the same for the same seed. */
    public byte[] page(long seed) {
        Random random = new Random(seed);
        byte[] page = new byte[Page.SIZE];
        for (int at = 0; at < page.length; at += WORD) {
            System.arraycopy(words[random.nextInt(words.length)], 0, page, at, WORD);
        }
        return page;
    }

    /** Pages end to end, of the seeds from this one on. */
    public ByteBuffer pages(long seed, int count) {
        ByteBuffer pages = ByteBuffer.allocateDirect(count * Page.SIZE);
        for (int i = 0; i < count; i++) {
            pages.put(i * Page.SIZE, page(seed + i));
        }
        return pages;
    }

    /** A dictionary that was trained on pages of negative seeds. */
    public FrameDictionary dictionary() {
        ZstdDictTrainer trainer = new ZstdDictTrainer(300 * Page.SIZE, 8 << 10, 3);
        for (int i = 0; i < 300; i++) {
            trainer.addSample(page(-1 - i));
        }
        try {
            return FrameDictionary.of(trainer.trainSamples());
        } catch (FrameException e) {
            throw new AssertionError(e);
        }
    }
}
