package io.novacron.hde.frame;

import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import java.nio.ByteBuffer;
import java.util.Random;

/** Pages for tests. */
public final class Pages {
    private Pages() {}

    /** Pages of which about half is compressible, the same for the same seed. */
    public static ByteBuffer some(long seed, int count) {
        Random random = new Random(seed);
        byte[] bytes = new byte[count * Page.SIZE];
        for (int i = 0; i < bytes.length; i++) {
            bytes[i] = (byte) (i % 512 < 256 ? i >>> 9 : random.nextInt());
        }
        return ByteBuffer.allocateDirect(bytes.length).put(0, bytes);
    }

    /** The same pages with a few bytes of each changed. */
    public static ByteBuffer changed(ByteBuffer pages, long seed) {
        Random random = new Random(seed);
        ByteBuffer changed = ByteBuffer.allocateDirect(pages.capacity()).put(0, pages, 0, pages.capacity());
        for (int page = 0; page < pages.capacity(); page += Page.SIZE) {
            for (int i = 0; i < 5; i++) {
                changed.put(page + random.nextInt(Page.SIZE), (byte) random.nextInt());
            }
        }
        return changed;
    }

    /** Their PageIds. */
    public static long[] ids(ByteBuffer pages) {
        PageHasher hasher = new PageHasher();
        long[] ids = new long[pages.capacity() / Page.SIZE * 2];
        for (int i = 0; i < ids.length; i += 2) {
            hasher.hash(pages, i / 2 * Page.SIZE);
            ids[i] = hasher.high();
            ids[i + 1] = hasher.low();
        }
        return ids;
    }

    /** A PAGES frame of them. */
    public static Frame frame(ByteBuffer pages) {
        try (FramePacker packer = new FramePacker()) {
            return packer.pack(pages, 0, pages.capacity() / Page.SIZE, ids(pages), 1, 1.1);
        }
    }
}
