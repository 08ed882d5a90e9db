package io.novacron.hde.delta;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * rsync's block matching (Tridgell and Mackerras, The rsync algorithm, 1996): the target is copied from the base where a
 * block of the base is found in it, at whatever position, and literal where none is.
 *
 * <p>Both sides have the base, so a candidate is compared before it is used, and a match grows in both directions as far
 * as the bytes are equal, over as many blocks as there are. The streams:
 *
 * <ul>
 *   <li>The copies, three numbers each: literal bytes before it (unsigned LEB128), its length (the same), and how far
 *       its place in the base is from the expected one (zigzag LEB128). Expected is the place behind the last copy, as
 *       many bytes further on as were literal: 0 after a change in place.
 *   <li>The literals: those before each copy, then those behind the last one.
 * </ul>
 */
final class RsyncDelta implements DeltaAlgorithm {
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    /** After a copy the base is tried so many bytes further on, before blocks are looked for. */
    private static final int CHANGE_IN_PLACE = 512;

    /** Equal bytes that are worth going on for; a copy takes 3 bytes at least. */
    private static final int LEAST_IN_PLACE = 2 * Long.BYTES;

    /** Three numbers, the last one of 33 bits. */
    private static final int MOST_COPY_BYTES = 15;

    private final BlockIndex index = new BlockIndex();
    private final DeltaStreams streams = new DeltaStreams("copies", "literals");
    private final DeltaStreamWriter copies = streams.writer(0);
    private final DeltaStreamWriter literals = streams.writer(1);
    private final DeltaStreamReader copiesRead = streams.reader(0);
    private final DeltaStreamReader literalsRead = streams.reader(1);

    // Of the encoding under way: the place in the base of the match found last, and how many bytes may yet be compared
    // in vain. A guest can make blocks whose fingerprints are equal and whose bytes are not.
    private int foundInBase;
    private long patience;

    @Override
    public byte id() {
        return DeltaAlgorithms.RSYNC.id();
    }

    @Override
    public String name() {
        return DeltaAlgorithms.RSYNC.algorithmName();
    }

    @Override
    public void level(int level) {
        streams.level(level);
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
        streams.clear();
        index.fill(base, basePos, baseLen);
        int said = 0;
        int expected = 0;
        patience = targetLen;
        while (said < targetLen) {
            int from = findInPlace(base, basePos, baseLen, expected, target, targetPos, targetLen, said);
            if (from < 0) {
                from = findBlock(base, basePos, target, targetPos, targetLen, said);
            }
            if (from < 0) {
                break;
            }
            int inBase = foundInBase;
            int length = equalAhead(
                    base, basePos + inBase, target, targetPos + from, Math.min(baseLen - inBase, targetLen - from));
            int back = equalBehind(base, basePos + inBase, target, targetPos + from, Math.min(inBase, from - said));
            int literal = from - back - said;
            copies.reserve(MOST_COPY_BYTES);
            copies.putVarint(literal);
            copies.putVarint(back + length);
            copies.putSigned(inBase - back - (expected + (long) literal));
            literals.reserve(literal);
            literals.putBytes(target, targetPos + said, literal);
            said = from + length;
            expected = inBase + length;
        }
        literals.reserve(targetLen - said);
        literals.putBytes(target, targetPos + said, targetLen - said);
        return streams.pack(targetLen, out, outPos, outLen);
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
        streams.unpack(delta, deltaPos, deltaLen, outLen);
        int made = 0;
        long inBase = 0;
        while (copiesRead.remaining() > 0) {
            int literal = copiesRead.length(Math.min(literalsRead.remaining(), outLen - made));
            int length = copiesRead.length(outLen - made - literal);
            inBase += literal + copiesRead.nextSigned();
            if (inBase < 0 || inBase > baseLen - length) {
                throw copiesRead.damaged("one of them is not within the base");
            }
            literalsRead.moveTo(out, outPos + made, literal);
            made += literal;
            out.put(outPos + made, base, basePos + (int) inBase, length);
            made += length;
            inBase += length;
        }
        if (literalsRead.remaining() != outLen - made) {
            throw literalsRead.damaged(
                    literalsRead.remaining() + " are left for the end, which has " + (outLen - made));
        }
        literalsRead.moveTo(out, outPos + made, outLen - made);
    }

    @Override
    public void close() {
        streams.close();
    }

    /** Looks a few bytes on from {@code said} for where the target goes on like the base; -1 if it does not. */
    private int findInPlace(
            ByteBuffer base,
            int basePos,
            int baseLen,
            int expected,
            ByteBuffer target,
            int targetPos,
            int targetLen,
            int said) {
        int tries = Math.min(CHANGE_IN_PLACE, Math.min(baseLen - expected, targetLen - said) - LEAST_IN_PLACE);
        for (int i = 0; i <= tries; i++) {
            int one = basePos + expected + i;
            int other = targetPos + said + i;
            if ((long) LONG.get(base, one) == (long) LONG.get(target, other)
                    && (long) LONG.get(base, one + Long.BYTES) == (long) LONG.get(target, other + Long.BYTES)) {
                foundInBase = expected + i;
                return said + i;
            }
        }
        return -1;
    }

    /** Looks for the first block of the base in the target from {@code said} on; -1 if there is none. */
    private int findBlock(ByteBuffer base, int basePos, ByteBuffer target, int targetPos, int targetLen, int said) {
        int block = index.blockBytes();
        int last = targetLen - block;
        if (said > last || patience < 0) {
            return -1;
        }
        long fingerprint = index.fingerprint(target, targetPos + said);
        for (int at = said; ; at++) {
            int inBase = index.find(fingerprint);
            if (inBase >= 0) {
                int equal = equalAhead(base, basePos + inBase, target, targetPos + at, block);
                if (equal == block) {
                    foundInBase = inBase;
                    return at;
                }
                patience -= equal;
            }
            if (at == last || patience < 0) {
                return -1;
            }
            fingerprint = index.roll(fingerprint, target.get(targetPos + at), target.get(targetPos + at + block));
        }
    }

    private static int equalAhead(ByteBuffer one, int onePos, ByteBuffer other, int otherPos, int most) {
        int equal = 0;
        for (; equal <= most - Long.BYTES; equal += Long.BYTES) {
            long difference = (long) LONG.get(one, onePos + equal) ^ (long) LONG.get(other, otherPos + equal);
            if (difference != 0) {
                return equal + Long.numberOfTrailingZeros(difference) / Byte.SIZE;
            }
        }
        while (equal < most && one.get(onePos + equal) == other.get(otherPos + equal)) {
            equal++;
        }
        return equal;
    }

    private static int equalBehind(ByteBuffer one, int onePos, ByteBuffer other, int otherPos, int most) {
        int equal = 0;
        while (equal < most && one.get(onePos - 1 - equal) == other.get(otherPos - 1 - equal)) {
            equal++;
        }
        return equal;
    }
}
