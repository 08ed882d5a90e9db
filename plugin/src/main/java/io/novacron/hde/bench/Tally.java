package io.novacron.hde.bench;

import io.novacron.hde.codec.Segment;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.MessageWriter;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.ByteBuffer;
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
        ByteBuffer body = segment.body();
        body.getInt(); // stream bytes
        int frames = Byte.toUnsignedInt(body.get()) + Byte.toUnsignedInt(body.get());
        for (int i = 0; i < frames; i++) {
            int start = body.position();
            byte kind = body.get();
            byte algorithm = body.get();
            int pages = Short.toUnsignedInt(body.getShort());
            body.getInt(); // dictionary
            int length = body.getInt();
            body.position(body.position() + length);
            int bytes = body.position() - start;
            frameBytes += bytes;
            algorithms.merge(
                    name(kind, algorithm),
                    new BenchReport.Frames(1, pages, bytes),
                    (a, b) -> new BenchReport.Frames(
                            a.frames() + b.frames(), a.pages() + b.pages(), a.bytes() + b.bytes()));
        }
    }

    private static String name(byte kind, byte algorithm) {
        if (kind == Frame.PAGES) {
            return algorithm == Frame.STORED ? "stored" : "zstd";
        }
        return "delta-"
                + DeltaAlgorithms.byId(algorithm)
                        .map(DeltaAlgorithms::algorithmName)
                        .orElse("unknown");
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
