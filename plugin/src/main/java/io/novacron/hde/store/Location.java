package io.novacron.hde.store;

/**
 * Where a page lies, in one long: frame number (48 bits), slot (8), depth of the frame (8). Frame numbers begin at 1,
 * so 0 is no location.
 */
final class Location {
    static final long NONE = 0;
    static final long MAX_FRAME = (1L << 47) - 1;

    private Location() {}

    static long of(long frame, int slot, int depth) {
        return frame << 16 | (long) slot << 8 | depth;
    }

    static long frame(long location) {
        return location >>> 16;
    }

    static int slot(long location) {
        return (int) (location >>> 8) & 0xff;
    }

    static int depth(long location) {
        return (int) location & 0xff;
    }
}
