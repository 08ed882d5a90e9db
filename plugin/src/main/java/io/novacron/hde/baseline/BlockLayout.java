package io.novacron.hde.baseline;

import io.novacron.hde.page.Page;
import java.nio.charset.StandardCharsets;
import java.util.Objects;

/**
 * A RAM block as QEMU's migration stream names it.
 *
 * @param name at most 255 bytes of UTF-8
 * @param usedLength bytes, at most 2^60; what a peer says, so nothing is allocated for it
 */
public record BlockLayout(String name, long usedLength) {
    private static final int MOST_NAME_BYTES = 255;
    private static final long MOST_BYTES = 1L << 60;

    public BlockLayout {
        Objects.requireNonNull(name, "name");
        if (name.getBytes(StandardCharsets.UTF_8).length > MOST_NAME_BYTES) {
            throw new IllegalArgumentException("A RAM block's name has more than " + MOST_NAME_BYTES + " bytes");
        }
        if (usedLength < 0 || usedLength > MOST_BYTES) {
            throw new IllegalArgumentException(
                    "RAM block " + name + " has " + usedLength + " bytes, but 0 to " + MOST_BYTES + " are possible");
        }
    }

    /** Pages in the block; a last part counts as one. */
    public long pages() {
        return (usedLength + Page.SIZE - 1) / Page.SIZE;
    }

    /** Chunks that a table with all of its pages takes. */
    public long chunks() {
        return (pages() + Chunk.PAGES - 1) / Chunk.PAGES;
    }
}
