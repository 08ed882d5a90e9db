package io.novacron.hde.delta;

import com.github.luben.zstd.ZstdCompressCtx;
import com.github.luben.zstd.ZstdDecompressCtx;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * Target XOR base, then zstd. The delta is one zstd frame over as many bytes as the target has; where the target is
 * longer than the base, its rest is in there as it is.
 */
final class XorDelta implements DeltaAlgorithm {
    // A view handle does not depend on the order set on a buffer, which differs between callers.
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.nativeOrder())
            .withInvokeExactBehavior();
    private static final int FIRST_SCRATCH = 256 * 1024;

    private final ZstdCompressCtx compressor = ZstdDelta.newCompressor();
    private final ZstdDecompressCtx decompressor = new ZstdDecompressCtx();
    private ByteBuffer scratch = ByteBuffer.allocateDirect(FIRST_SCRATCH);

    @Override
    public byte id() {
        return DeltaAlgorithms.XOR.id();
    }

    @Override
    public String name() {
        return DeltaAlgorithms.XOR.algorithmName();
    }

    @Override
    public void level(int level) {
        compressor.setLevel(level);
    }

    @Override
    public int encode(
            ByteBuffer base,
            int basePos,
            int baseLen,
            ByteBuffer target,
            int targetPos,
            int targetLen,
            ByteBuffer out,
            int outPos,
            int outLen) {
        ZstdDelta.checkRanges(base, basePos, baseLen, target, targetPos, targetLen, out, outPos, outLen);
        if (scratch.capacity() < targetLen) {
            scratch = ByteBuffer.allocateDirect(targetLen);
        }
        int common = Math.min(baseLen, targetLen);
        xor(base, basePos, target, targetPos, scratch, 0, common);
        scratch.put(common, target, targetPos + common, targetLen - common);
        return ZstdDelta.compress(compressor, scratch, 0, targetLen, out, outPos, outLen);
    }

    @Override
    public void decode(
            ByteBuffer base,
            int basePos,
            int baseLen,
            ByteBuffer delta,
            int deltaPos,
            int deltaLen,
            ByteBuffer out,
            int outPos,
            int outLen)
            throws DeltaException {
        ZstdDelta.checkRanges(base, basePos, baseLen, delta, deltaPos, deltaLen, out, outPos, outLen);
        ZstdDelta.decompress(decompressor, delta, deltaPos, deltaLen, out, outPos, outLen);
        xor(base, basePos, out, outPos, out, outPos, Math.min(baseLen, outLen));
    }

    @Override
    public void close() {
        compressor.close();
        decompressor.close();
    }

    private static void xor(
            ByteBuffer left, int leftPos, ByteBuffer right, int rightPos, ByteBuffer out, int outPos, int length) {
        int words = length & -Long.BYTES;
        for (int i = 0; i < words; i += Long.BYTES) {
            long word = (long) LONG.get(left, leftPos + i) ^ (long) LONG.get(right, rightPos + i);
            LONG.set(out, outPos + i, word);
        }
        for (int i = words; i < length; i++) {
            out.put(outPos + i, (byte) (left.get(leftPos + i) ^ right.get(rightPos + i)));
        }
    }
}
