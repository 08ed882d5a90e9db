package io.novacron.hde.codec;

import io.novacron.hde.frame.Frame;

/**
 * A frame in the body of a batch.
 *
 * @param kind {@link Frame#PAGES}, {@link Frame#DELTA} or {@link #SIMILAR}
 * @param algorithm as {@link Frame#algorithm()}; of a SIMILAR frame the id of a delta algorithm
 * @param count pages
 * @param payload the pages, compressed
 */
@SuppressWarnings("ArrayRecordComponent")
record WireFrame(byte kind, byte algorithm, int count, byte[] payload) {
    /**
     * Kind: a delta from all bases that the batch's SIMILAR records name, end to end, to the frame's pages. Such a frame
     * is not stored.
     */
    static final byte SIMILAR = 3;

    /** Bytes in front of the payload. */
    static final int HEADER_BYTES = 12;

    static WireFrame of(Frame frame) {
        return new WireFrame(frame.kind(), frame.algorithm(), frame.count(), frame.payload());
    }
}
