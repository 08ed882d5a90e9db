package io.novacron.hde.qemu.stream;

/** What the beginning of a stream said about the layout of the rest. */
final class Dialect {
    private boolean ignoreShared;
    private boolean hugePageSizes;
    private boolean returnPathOpened;

    /** The capability x-ignore-shared is on: the MEM_SIZE list carries guest addresses. */
    boolean ignoreShared() {
        return ignoreShared;
    }

    void setIgnoreShared() {
        ignoreShared = true;
    }

    /** Postcopy was advised for blocks of huge pages too: entries of the MEM_SIZE list may carry a page size. */
    boolean hugePageSizes() {
        return hugePageSizes;
    }

    void setHugePageSizes() {
        hugePageSizes = true;
    }

    boolean returnPathOpened() {
        return returnPathOpened;
    }

    void setReturnPathOpened() {
        returnPathOpened = true;
    }
}
