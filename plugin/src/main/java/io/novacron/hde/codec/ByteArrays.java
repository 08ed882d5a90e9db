package io.novacron.hde.codec;

import java.util.ArrayList;
import java.util.List;
import java.util.function.IntFunction;

/**
 * The arrays that a segment's batch and frames lie in, used again for the next. A part of what is seldom needed, large
 * arrays, is not kept. One thread at a time.
 */
final class ByteArrays implements IntFunction<byte[]> {
    /** The most bytes kept while the segment is not used: a frame of 64 pages that do not compress, and a little. */
    private static final int MOST_KEPT_BYTES = 320 << 10;

    private static final int LENGTH_STEP = 16 << 10;

    private final List<byte[]> used = new ArrayList<>();
    private final List<byte[]> idle = new ArrayList<>();

    /** An array of at least that length, the caller's until {@link #clear}. */
    @Override
    public byte[] apply(int length) {
        int best = -1;
        for (int i = 0; i < idle.size(); i++) {
            if (idle.get(i).length >= length && (best < 0 || idle.get(i).length < idle.get(best).length)) {
                best = i;
            }
        }
        byte[] array = best >= 0 ? idle.remove(best) : new byte[(length + LENGTH_STEP - 1) / LENGTH_STEP * LENGTH_STEP];
        used.add(array);
        return array;
    }

    /** All arrays may be used again. */
    void clear() {
        int kept = 0;
        // those used last are the ones of the size that is needed
        idle.addAll(0, used);
        used.clear();
        for (int i = 0; i < idle.size(); ) {
            if (kept + idle.get(i).length > MOST_KEPT_BYTES) {
                idle.remove(i);
            } else {
                kept += idle.get(i++).length;
            }
        }
    }
}
