package io.novacron.hde.delta;

import java.nio.ByteBuffer;

/**
 * One way of saying a target by means of a base.
 *
 * <p>All buffers are direct and are addressed by absolute positions; their own positions, limits and orders are
 * neither used nor changed. Base, target, delta and output may not overlap. An instance belongs to one thread and may
 * hold memory outside the heap until it is closed.
 */
public interface DeltaAlgorithm extends AutoCloseable {
    /** The name on the wire and in the store; never 0, never used again for another algorithm. */
    byte id();

    /** The name in configuration, logs and metrics. */
    String name();

    /**
     * How hard to try from now on, on zstd's scale; algorithms without such a choice ignore it. Decoding does not
     * depend on it.
     */
    void level(int level);

    /**
     * Writes the delta that turns a base into a target. Every pair of lengths is possible, empty ones too.
     *
     * @return the bytes written, or -1 if {@code outLen} is too little or the algorithm takes no base or target of this
     *     length; what is in {@code out} is then undefined
     * @throws IndexOutOfBoundsException if a range does not lie within its buffer
     */
    int encode(
            ByteBuffer base,
            int basePos,
            int baseLen,
            ByteBuffer target,
            int targetPos,
            int targetLen,
            ByteBuffer out,
            int outPos,
            int outLen);

    /**
     * Writes the target: exactly {@code outLen} bytes, or an exception, after which what is in them is undefined.
     * Nothing outside of them is touched, whatever the delta says.
     *
     * @throws DeltaException if the delta is damaged or makes a target of another length
     * @throws IndexOutOfBoundsException if a range does not lie within its buffer
     */
    void decode(
            ByteBuffer base,
            int basePos,
            int baseLen,
            ByteBuffer delta,
            int deltaPos,
            int deltaLen,
            ByteBuffer out,
            int outPos,
            int outLen)
            throws DeltaException;

    @Override
    void close();
}
