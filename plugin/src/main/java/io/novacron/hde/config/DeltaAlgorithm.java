package io.novacron.hde.config;

/** Which algorithms the delta tier may use. */
public enum DeltaAlgorithm {
    /** Whichever is smaller for the page, of those that are worth trying on pages. */
    AUTO,
    /** What XOR with the old page leaves, with run lengths. */
    XOR,
    /** Copies of blocks of the old page, wherever in it. */
    RSYNC,
    /** Parts of the old page that are nearly equal, and the differences. */
    BSDIFF,
    /** zstd with the old page as its reference. */
    ZSTD
}
