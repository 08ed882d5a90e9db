package io.novacron.hde.control;

import java.util.List;

/** A baseline and the RAM blocks it consists of. */
public record BaselineDetail(BaselineSummary baseline, List<Block> blocks) {
    /**
     * A RAM block of the guest.
     *
     * @param name as QEMU calls it
     * @param bytes its length
     * @param pages that are not zero
     */
    public record Block(String name, long bytes, long pages) {}
}
