package io.novacron.hde.frame;

import io.novacron.hde.fuzz.Bounded;
import io.novacron.hde.page.Page;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.zip.CRC32C;

/** A frame as the store has it, damaged under a checksum that is right; and what was read is written as it was. */
public final class StoredFrameFuzz {
    private static final int CRC = 16;
    private static final int HEADER = 20;

    private StoredFrameFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        byte[] stored = bytes.clone();
        if (stored.length >= HEADER) {
            CRC32C crc = new CRC32C();
            crc.update(stored, 0, CRC);
            crc.update(stored, HEADER, stored.length - HEADER);
            ByteBuffer.wrap(stored).putInt(CRC, (int) crc.getValue());
        }
        Bounded.run(8L * bytes.length, () -> read(stored));
    }

    private static void read(byte[] stored) {
        Frame frame;
        try {
            frame = FrameFormat.read(stored);
        } catch (FrameException e) {
            return;
        }
        byte[] written = FrameFormat.write(frame);
        // A PAGES frame has no depth, whatever it says there.
        if (frame.kind() == Frame.DELTA ? !Arrays.equals(written, stored) : written.length != stored.length) {
            throw new AssertionError(frame + " is not what was read");
        }
    }

    /** One of each kind. */
    public static Map<String, byte[]> seeds() {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        long[] ids = {1, 2, 3, 4};
        seeds.put("zstd", FrameFormat.write(Frame.pages(Frame.ZSTD, 2, new byte[20], ids)));
        seeds.put("stored", FrameFormat.write(Frame.pages(Frame.STORED, 1, new byte[Page.SIZE], new long[] {5, 6})));
        seeds.put("delta", FrameFormat.write(Frame.delta((byte) 2, 2, new byte[30], ids, ids, 3)));
        return seeds;
    }
}
