package io.novacron.hde.codec;

import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.frame.Frame;

/**
 * What became of a frame's pages, for metrics and measurements.
 *
 * @param form {@code stored}, {@code zstd}, {@code delta-ALGORITHM} or {@code referenced-ALGORITHM}
 * @param pages in the frame
 * @param bytes that it takes in the batch
 * @param dictionary whether a trained dictionary was used
 */
public record FrameReport(String form, int pages, int bytes, boolean dictionary) {
    static FrameReport of(WireFrame frame, int bytes) {
        String form = switch (frame.kind()) {
            case Frame.PAGES -> frame.algorithm() == Frame.STORED ? "stored" : "zstd";
            case Frame.DELTA -> "delta-" + algorithm(frame);
            default -> "referenced-" + algorithm(frame);
        };
        return new FrameReport(form, frame.count(), bytes, frame.dictionary() != 0);
    }

    private static String algorithm(WireFrame frame) {
        return DeltaAlgorithms.byId(frame.algorithm()).orElseThrow().algorithmName();
    }
}
