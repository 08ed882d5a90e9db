package io.novacron.hde.store;

import io.novacron.hde.frame.Frame;

/**
 * What a page store may use.
 *
 * @param maxBytes bytes of frames and tables beyond which nothing more is stored
 * @param minFreeBytes bytes that must stay free on the file system
 * @param queueBytes bytes of payload that may wait for the writer
 * @param readerBytes bytes of unpacked frames that each reader keeps, at least 1 MiB
 * @param cacheMebibytes the database's cache
 * @param maxDepth greatest depth of a frame that is stored, 0 to 255
 */
public record StoreLimits(
        long maxBytes, long minFreeBytes, int queueBytes, int readerBytes, int cacheMebibytes, int maxDepth) {
    private static final int MIB = 1 << 20;

    public StoreLimits {
        check(maxBytes > 0, "maxBytes", maxBytes, "more than 0");
        check(minFreeBytes >= 0, "minFreeBytes", minFreeBytes, "0 or more");
        check(queueBytes >= MIB, "queueBytes", queueBytes, "at least 1 MiB");
        check(readerBytes >= MIB, "readerBytes", readerBytes, "at least 1 MiB, the largest frame");
        check(cacheMebibytes >= 1 && cacheMebibytes <= 1024, "cacheMebibytes", cacheMebibytes, "1 to 1024");
        check(maxDepth >= 0 && maxDepth <= Frame.MAX_DEPTH, "maxDepth", maxDepth, "0 to " + Frame.MAX_DEPTH);
    }

    /** 8 MiB of queue, 4 MiB for each reader, 6 MiB of cache, depth 8, 1 GiB kept free. */
    public static StoreLimits ofSize(long maxBytes) {
        return new StoreLimits(maxBytes, 1L << 30, 8 * MIB, 4 * MIB, 6, 8);
    }

    private static void check(boolean good, String name, long value, String range) {
        if (!good) {
            throw new IllegalArgumentException("Store limit " + name + " is " + value + ", but must be " + range);
        }
    }
}
