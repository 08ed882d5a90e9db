package io.novacron.hde.bench;

import io.novacron.hde.codec.Effort;
import io.novacron.hde.codec.Estimate;
import io.novacron.hde.codec.PageSample;
import io.novacron.hde.page.Page;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.Random;

/** Estimates from a sample of an image's pages what all of them will take. */
final class SampledImage {
    /** Which part of the pages is looked at. */
    private static final double PART = 0.02;

    private SampledImage() {}

    static Estimate estimate(MemoryImage image, Hosts hosts, int level) throws BenchException {
        // the same pages for each base, and in each run
        long[] places = PageSample.places(image.pages(), PART, new Random(1));
        PageSample sample = new PageSample(image.pages(), places.length);
        ByteBuffer page = ByteBuffer.allocateDirect(Page.SIZE);
        try (FileChannel in = FileChannel.open(image.file())) {
            for (long place : places) {
                page.clear();
                while (page.hasRemaining()) {
                    if (in.read(page, place * Page.SIZE + page.position()) < 0) {
                        throw new BenchException(image.file() + ": has become shorter while it was read");
                    }
                }
                sample.add(0, place, page, 0);
            }
        } catch (IOException e) {
            throw new BenchException(image.file() + ": " + e.getMessage(), e);
        }
        return Estimate.of(
                sample, hosts.agreed(), hosts.sourceStore(), Hosts.packOptions(), Effort.ofLevel(level), () -> false);
    }
}
