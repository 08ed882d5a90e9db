package io.novacron.hde.codec;

import io.novacron.hde.delta.DeltaAlgorithm;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.frame.FramePacker;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * Packs DELTA frames with the algorithm that has made the smallest ones of late: every so often all of them are tried on
 * the same pages. One thread.
 */
final class DeltaChoice implements AutoCloseable {
    /** One frame in this many is packed by every algorithm. */
    private static final int TRIAL_INTERVAL = 16;

    /** Share of a new trial in the running figure. */
    private static final double WEIGHT = 0.3;

    private final List<DeltaAlgorithm> algorithms = new ArrayList<>();
    private final double[] bytesPerPage;
    private int frames;

    DeltaChoice(List<String> names) {
        for (String name : names) {
            DeltaAlgorithms.byName(name).ifPresent(algorithm -> algorithms.add(algorithm.create()));
        }
        bytesPerPage = new double[algorithms.size()];
    }

    Optional<Frame> pack(
            FramePacker packer,
            ByteBuffer bases,
            ByteBuffer targets,
            int count,
            long[] ids,
            long[] baseIds,
            int depth,
            int level) {
        boolean trial = algorithms.size() > 1 && frames++ % TRIAL_INTERVAL == 0;
        Optional<Frame> best = Optional.empty();
        for (int i = 0; i < algorithms.size(); i++) {
            if (trial || i == leader()) {
                algorithms.get(i).level(level);
                Optional<Frame> frame = packer.packDelta(algorithms.get(i), bases, targets, count, ids, baseIds, depth);
                if (trial) {
                    double bytes = frame.map(f -> (double) length(f) / count).orElse(4096.0);
                    bytesPerPage[i] =
                            bytesPerPage[i] == 0 ? bytes : bytesPerPage[i] + WEIGHT * (bytes - bytesPerPage[i]);
                }
                if (best.isEmpty() || (frame.isPresent() && length(frame.get()) < length(best.get()))) {
                    best = frame;
                }
            }
        }
        return best;
    }

    private static int length(Frame frame) {
        return frame.payload().length;
    }

    private int leader() {
        int leader = 0;
        for (int i = 1; i < bytesPerPage.length; i++) {
            if (bytesPerPage[i] < bytesPerPage[leader]) {
                leader = i;
            }
        }
        return leader;
    }

    @Override
    public void close() {
        algorithms.forEach(DeltaAlgorithm::close);
    }
}
