package io.novacron.hde.channel;

import io.novacron.hde.codec.FrameReport;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/** What a source channel's packers have made so far, and how long it took them. Thread-safe. */
public final class PackCounts {
    /** Upper ends, inclusive, of what {@link Snapshot#batchesByTime} counts, in seconds; one more count is for the rest. */
    public static final List<Double> TIME_BOUNDS =
            List.of(0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0);

    private final Map<Form, Sum> forms = new LinkedHashMap<>();
    private final long[] batchesByTime = new long[TIME_BOUNDS.size() + 1];
    private long nanos;

    /**
     * What became of a frame's pages.
     *
     * @param name as in {@link FrameReport#form}
     * @param dictionary whether it was packed with a trained dictionary
     */
    public record Form(String name, boolean dictionary) {}

    /**
     * Frames of one form.
     *
     * @param pages in them
     * @param bytes that they took in their batches
     */
    public record Sum(long frames, long pages, long bytes) {
        /** Both together. */
        public Sum plus(Sum other) {
            return new Sum(frames + other.frames, pages + other.pages, bytes + other.bytes);
        }
    }

    /**
     * All of it at one moment.
     *
     * @param batchesByTime batches by the processor time that packing them took, see {@link #TIME_BOUNDS}
     * @param seconds of processor time, all batches together
     */
    public record Snapshot(Map<Form, Sum> forms, List<Long> batchesByTime, double seconds) {
        public Snapshot {
            forms = Map.copyOf(forms);
            batchesByTime = List.copyOf(batchesByTime);
        }
    }

    synchronized void packed(List<FrameReport> frames, long nanosTaken) {
        for (FrameReport frame : frames) {
            forms.merge(
                    new Form(frame.form(), frame.dictionary()), new Sum(1, frame.pages(), frame.bytes()), Sum::plus);
        }
        int bucket = 0;
        double seconds = (double) nanosTaken / TimeUnit.SECONDS.toNanos(1);
        while (bucket < TIME_BOUNDS.size() && seconds > TIME_BOUNDS.get(bucket)) {
            bucket++;
        }
        batchesByTime[bucket]++;
        nanos += nanosTaken;
    }

    /** What frames took in their batches. */
    synchronized ChannelProgress.FrameBytes bytes() {
        long delta = 0;
        long compressed = 0;
        long stored = 0;
        for (Map.Entry<Form, Sum> form : forms.entrySet()) {
            long bytes = form.getValue().bytes();
            if (form.getKey().name().startsWith("delta-")) {
                delta += bytes;
            } else if (form.getKey().name().equals("stored")) {
                stored += bytes;
            } else {
                compressed += bytes;
            }
        }
        return new ChannelProgress.FrameBytes(delta, compressed, stored);
    }

    public synchronized Snapshot snapshot() {
        return new Snapshot(
                forms, Arrays.stream(batchesByTime).boxed().toList(), (double) nanos / TimeUnit.SECONDS.toNanos(1));
    }
}
