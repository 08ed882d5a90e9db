package io.novacron.hde.codec;

/**
 * How much memory one end of a channel may use outside the heap. A channel that is opened while others run has to do with
 * little, so that many are possible at a time: what it loses is some speed, and some of what a larger cache would find.
 */
public enum ChannelRoom {
    /** For a channel that has the agent to itself, or nearly: 20 to 45 MiB. */
    WIDE(12, 2048, Integer.MAX_VALUE, Integer.MAX_VALUE),
    /** For one of many: 6 to 12 MiB. */
    NARROW(4, 256, 1 << 20, 1);

    private final int segments;
    private final int recentPages;
    private final int readerBytes;
    private final int packers;

    ChannelRoom(int segments, int recentPages, int readerBytes, int packers) {
        this.segments = segments;
        this.recentPages = recentPages;
        this.readerBytes = readerBytes;
        this.packers = packers;
    }

    /** Segments that may be on their way at a time. */
    public int segments() {
        return segments;
    }

    /** Pages whose content is kept uncompressed. */
    int recentPages() {
        return recentPages;
    }

    /** Bytes of unpacked frames that a reader of the page store keeps, if the store allows as many. */
    int readerBytes() {
        return readerBytes;
    }

    /** Packers that are kept between two segments. */
    public int packers() {
        return packers;
    }
}
