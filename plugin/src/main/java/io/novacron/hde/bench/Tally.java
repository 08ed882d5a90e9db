package io.novacron.hde.bench;

import io.novacron.hde.codec.FrameReport;
import io.novacron.hde.codec.Segment;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.MessageWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;

/** Counts what crosses: bytes of whole messages, pages by tier, frames by algorithm. One thread. */
final class Tally {
    private final MessageWriter wire = new MessageWriter(OutputStream.nullOutputStream());
    private final long[] tiers = new long[Tier.values().length];
    private final Map<String, BenchReport.Frames> algorithms = new TreeMap<>();
    private long frameBytes;
    private long batches;

    /** Counts a segment that has been packed. */
    void add(Segment segment) throws IOException {
        wire.write(new Message.Batch(++batches, segment.body()));
        for (Tier tier : Tier.values()) {
            tiers[tier.ordinal()] += segment.pages(tier);
        }
        for (FrameReport frame : segment.reports()) {
            frameBytes += frame.bytes();
            algorithms.merge(
                    frame.form(),
                    new BenchReport.Frames(1, frame.pages(), frame.bytes()),
                    (a, b) -> new BenchReport.Frames(
                            a.frames() + b.frames(), a.pages() + b.pages(), a.bytes() + b.bytes()));
        }
    }

    /** Bytes of all messages. */
    long bytes() {
        return wire.bytesWritten();
    }

    /** Those that are in no frame. */
    long scriptBytes() {
        return bytes() - frameBytes;
    }

    Map<String, Long> tiers() {
        Map<String, Long> pages = new LinkedHashMap<>();
        for (Tier tier : Tier.values()) {
            pages.put(tier.name().toLowerCase(Locale.ROOT), tiers[tier.ordinal()]);
        }
        return pages;
    }

    Map<String, BenchReport.Frames> algorithms() {
        return algorithms;
    }
}
