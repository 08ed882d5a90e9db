package io.novacron.hde.qemu.stream;

import com.github.luben.zstd.Zstd;
import io.novacron.hde.fuzz.Bounded;
import io.novacron.hde.fuzz.Documents;
import io.novacron.hde.fuzz.Input;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;

/** The return path is seen alike in one piece and byte by byte. */
public final class ReturnPathFuzz {
    private static final int MOST_RECORDING = 1 << 20;

    private ReturnPathFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        Bounded.run(64L * bytes.length, () -> {
            ReturnPathReader whole = new ReturnPathReader();
            whole.read(ByteBuffer.wrap(bytes));
            ReturnPathReader pieces = new ReturnPathReader();
            for (int at = 0; at < bytes.length; at++) {
                pieces.read(ByteBuffer.wrap(bytes, at, 1));
            }
            for (ReturnPathFrame frame : ReturnPathFrame.values()) {
                check(whole.seen(frame) == pieces.seen(frame));
            }
            check(whole.observing() == pieces.observing() && whole.succeeded() == pieces.succeeded());
            check(!whole.succeeded() || whole.shutDown());
        });
    }

    private static void check(boolean alike) {
        if (!alike) {
            throw new AssertionError("what is seen depends on the pieces");
        }
    }

    /** The recorded ones. */
    public static Map<String, byte[]> seeds() throws IOException {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        for (Map.Entry<String, byte[]> each :
                Documents.recordings(".return-path.zst").entrySet()) {
            seeds.put(each.getKey(), Zstd.decompress(each.getValue(), MOST_RECORDING));
        }
        seeds.put("shut", Input.u8(0, 1, 0, 4, 0, 0, 0, 0));
        return seeds;
    }
}
