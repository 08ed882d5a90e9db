package io.novacron.hde.bench;

import io.novacron.hde.codec.Segment;
import io.novacron.hde.codec.SourceEncoder;
import java.io.IOException;
import java.nio.channels.FileChannel;

/** Gives a stream to an encoder as a channel does that reads it from QEMU's socket. */
final class StreamFeed {
    /** What becomes of the segments. */
    interface Segments {
        /** One to be filled. */
        Segment next() throws BenchException, IOException;

        /** One that the encoder has ended. */
        void ended(Segment segment) throws BenchException, IOException;
    }

    private StreamFeed() {}

    static void encode(FileChannel stream, SourceEncoder encoder, Segments segments)
            throws BenchException, IOException {
        encoder.begin(segments.next());
        boolean open = true;
        while (open) {
            boolean ended;
            if (stream.read(encoder.space()) < 0) {
                encoder.finish();
                open = false;
                ended = !encoder.empty();
            } else {
                encoder.parse();
                ended = encoder.full();
            }
            if (ended) {
                segments.ended(encoder.end());
                if (open) {
                    encoder.begin(segments.next());
                }
            }
        }
        if (encoder.passThroughReason() != null) {
            throw new BenchException("the image's stream is not understood: " + encoder.passThroughReason());
        }
    }
}
