package io.novacron.hde.config;

/** Which algorithms the delta tier may use. */
public enum DeltaAlgorithm {
    /** Whichever is smaller for the page. */
    AUTO,
    /** The difference to the old page, bit by bit, then compressed. */
    XOR,
    /** zstd with the old page as its reference. */
    ZSTD_REFERENCE
}
