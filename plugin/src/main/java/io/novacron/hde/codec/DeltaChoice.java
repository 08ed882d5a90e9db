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
 * Packs DELTA frames with the algorithm that has been worth most of late: every so often all of them are tried on the
 * same pages, and what each makes of them is weighed, bytes by what a byte on the link is worth, against its time. The
 * first guess is the first of the names: pages are small, and for what is small XOR goes first. One thread.
 */
final class DeltaChoice implements AutoCloseable {
    /** One frame in this many is packed by every algorithm. */
    private static final int TRIAL_INTERVAL = 16;

    /** Share of a new trial in the running figures. */
    private static final double WEIGHT = 0.3;

    private final List<Candidate> candidates = new ArrayList<>();
    private int frames;

    /** An algorithm, and what it has made of pages in trials: bytes and nanoseconds a page. */
    private static final class Candidate {
        final DeltaAlgorithm algorithm;
        double bytes;
        double nanos;
        boolean tried;

        Candidate(DeltaAlgorithm algorithm) {
            this.algorithm = algorithm;
        }

        void tried(double bytesAPage, double nanosAPage) {
            double weight = tried ? WEIGHT : 1;
            bytes += weight * (bytesAPage - bytes);
            nanos += weight * (nanosAPage - nanos);
            tried = true;
        }

        double cost(double nanosPerByte) {
            return bytes * nanosPerByte + nanos;
        }
    }

    DeltaChoice(List<String> names) {
        for (String name : names) {
            DeltaAlgorithms.byName(name).ifPresent(each -> candidates.add(new Candidate(each.create())));
        }
    }

    Optional<Frame> pack(
            FramePacker packer,
            ByteBuffer bases,
            ByteBuffer targets,
            int count,
            long[] ids,
            long[] baseIds,
            int depth,
            Effort effort) {
        boolean trial = candidates.size() > 1 && frames++ % TRIAL_INTERVAL == 0;
        Candidate leader = leader(effort.nanosPerByte());
        Optional<Frame> best = Optional.empty();
        for (Candidate candidate : candidates) {
            if (trial || candidate == leader) {
                candidate.algorithm.level(effort.level());
                long began = System.nanoTime();
                Optional<Frame> frame =
                        packer.packDelta(candidate.algorithm, bases, targets, count, ids, baseIds, depth);
                if (trial) {
                    double bytes = frame.map(f -> (double) length(f) / count).orElse(4096.0);
                    candidate.tried(bytes, (double) (System.nanoTime() - began) / count);
                }
                if (best.isEmpty() || (frame.isPresent() && length(frame.get()) < length(best.get()))) {
                    best = frame;
                }
            }
        }
        return best;
    }

    private static int length(Frame frame) {
        return frame.payloadLength();
    }

    private Candidate leader(double nanosPerByte) {
        Candidate leader = null;
        for (Candidate candidate : candidates) {
            if (leader == null || candidate.cost(nanosPerByte) < leader.cost(nanosPerByte)) {
                leader = candidate;
            }
        }
        return leader;
    }

    @Override
    public void close() {
        candidates.forEach(candidate -> candidate.algorithm.close());
    }
}
