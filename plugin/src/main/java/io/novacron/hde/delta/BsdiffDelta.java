package io.novacron.hde.delta;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;

/**
 * bsdiff (Percival, Naive differences of executable code, 2003): the target is put together from parts of the base that
 * are <em>nearly</em> equal, and the differences, which are mostly zero, are compressed. The parts grow from the longest
 * matches that a suffix array of the base finds. The streams:
 *
 * <ul>
 *   <li>The steps, three numbers each: how many bytes are base + difference, how many after them are extra (unsigned
 *       LEB128), and how far to move in the base then (zigzag LEB128).
 *   <li>The differences, target - base, byte by byte.
 *   <li>The extra bytes.
 * </ul>
 *
 * <p>For base and target of up to 16 MiB each; encoding declines longer ones. It takes, and keeps, up to 7 bytes of
 * memory for each byte of the base and 5 for each of the target, as large as the largest so far.
 */
final class BsdiffDelta implements DeltaAlgorithm {
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    /** All bits of eight bytes but the highest of each. */
    private static final long LOW_BITS = 0x7f7f7f7f7f7f7f7fL;

    /** Of base or target, in bytes. */
    static final int LONGEST = 16 << 20;

    /** A match must be better by so many bytes than going on where the last one was. */
    private static final int BETTER = 8;

    /** After a match of so many bytes, the next look-up waits until a 16th of them have gone by. */
    private static final int WAIT_SHIFT = 4;

    /** Three numbers, the last one of 33 bits. */
    private static final int MOST_STEP_BYTES = 15;

    private final SuffixArray suffixArray = new SuffixArray();
    private final DeltaStreams streams = new DeltaStreams("steps", "differences", "extra bytes");
    private final DeltaStreamWriter steps = streams.writer(0);
    private final DeltaStreamWriter differences = streams.writer(1);
    private final DeltaStreamWriter extra = streams.writer(2);
    private final DeltaStreamReader stepsRead = streams.reader(0);
    private final DeltaStreamReader differencesRead = streams.reader(1);
    private final DeltaStreamReader extraRead = streams.reader(2);

    // Of the encoding under way; arrays are compared several times faster than buffers.
    private byte[] from = new byte[0];
    private int fromLength;
    private byte[] to = new byte[0];
    private int toLength;
    private int[] suffixes;
    private int foundAt;

    @Override
    public byte id() {
        return DeltaAlgorithms.BSDIFF.id();
    }

    @Override
    public String name() {
        return DeltaAlgorithms.BSDIFF.algorithmName();
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
        if (baseLen > LONGEST || targetLen > LONGEST) {
            return -1;
        }
        from = copy(base, basePos, baseLen, from);
        fromLength = baseLen;
        to = copy(target, targetPos, targetLen, to);
        toLength = targetLen;
        suffixes = suffixArray.sort(from, baseLen);
        streams.clear();
        putSteps();
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
        while (stepsRead.remaining() > 0) {
            int different =
                    stepsRead.length(Math.min(Math.min(baseLen - inBase, differencesRead.remaining()), outLen - made));
            differencesRead.moveTo(out, outPos + made, different);
            add(base, basePos + (int) inBase, out, outPos + made, different);
            made += different;
            int more = stepsRead.length(Math.min(extraRead.remaining(), outLen - made));
            extraRead.moveTo(out, outPos + made, more);
            made += more;
            inBase += different + stepsRead.nextSigned();
            if (inBase < 0 || inBase > baseLen) {
                throw stepsRead.damaged("they leave the base");
            }
        }
        if (made < outLen) {
            throw stepsRead.damaged("they make " + made + " bytes of " + outLen);
        }
        if (differencesRead.remaining() > 0) {
            throw differencesRead.damaged("there are more of them than the steps use");
        }
        if (extraRead.remaining() > 0) {
            throw extraRead.damaged("there are more of them than the steps use");
        }
    }

    @Override
    public void close() {
        streams.close();
    }

    /** Adds bytes to others, each modulo 256. */
    private static void add(ByteBuffer from, int fromPos, ByteBuffer to, int toPos, int length) {
        int words = length & -Long.BYTES;
        for (int i = 0; i < words; i += Long.BYTES) {
            long one = (long) LONG.get(from, fromPos + i);
            long other = (long) LONG.get(to, toPos + i);
            // The highest bits are added apart, so that nothing is carried from one byte to the next.
            LONG.set(to, toPos + i, ((one & LOW_BITS) + (other & LOW_BITS)) ^ ((one ^ other) & ~LOW_BITS));
        }
        for (int i = words; i < length; i++) {
            to.put(toPos + i, (byte) (from.get(fromPos + i) + to.get(toPos + i)));
        }
    }

    private static byte[] copy(ByteBuffer buffer, int position, int length, byte[] old) {
        byte[] bytes = old.length < length ? new byte[length] : old;
        buffer.get(position, bytes, 0, length);
        return bytes;
    }

    /**
     * Goes through the target as Percival's bsdiff does: a match is taken where it is better than going on beside the
     * last one, and from both of them the part between grows as long as at least half of its bytes fit.
     *
     * <p>His looks up every byte anew, each time comparing the whole match, which is quadratic where two long matches
     * differ in a few bytes. Here a long match that was not taken stands for the next positions too, less their
     * distance: no look-up can find less.
     */
    private void putSteps() {
        int scan = 0;
        int length = 0;
        int match = 0;
        int lastScan = 0;
        int lastMatch = 0;
        int lastOffset = 0;
        while (scan < toLength) {
            int fits = 0;
            scan += length;
            int counted = scan;
            int nextSearch = scan;
            for (; scan < toLength; scan++) {
                if (scan >= nextSearch) {
                    length = search(scan);
                    match = foundAt;
                    nextSearch = scan + Math.max(1, length >>> WAIT_SHIFT);
                } else {
                    length--;
                    match++;
                }
                for (; counted < scan + length; counted++) {
                    fits += fits(counted, lastOffset);
                }
                if ((length == fits && length != 0) || length > fits + BETTER) {
                    break;
                }
                fits -= fits(scan, lastOffset);
            }
            if (length != fits || scan == toLength) {
                int ahead = growAhead(lastScan, lastMatch, scan);
                int behind = scan < toLength ? growBehind(lastScan, scan, match) : 0;
                int overlap = lastScan + ahead - (scan - behind);
                if (overlap > 0) {
                    int kept = split(overlap, lastScan + ahead, lastMatch + ahead, scan - behind, match - behind);
                    ahead += kept - overlap;
                    behind -= kept;
                }
                putStep(lastScan, lastMatch, ahead, scan - behind, match - behind);
                lastScan = scan - behind;
                lastMatch = match - behind;
                lastOffset = match - scan;
            }
        }
    }

    /** 1 if the target's byte is the one at an offset in the base, else 0. */
    private int fits(int at, int offset) {
        int inBase = at + offset;
        return inBase >= 0 && inBase < fromLength && from[inBase] == to[at] ? 1 : 0;
    }

    /** How far to go on from the last match: as far as most of the bytes fit. */
    private int growAhead(int lastScan, int lastMatch, int scan) {
        int best = 0;
        int bestScore = 0;
        int same = 0;
        int most = Math.min(scan - lastScan, fromLength - lastMatch);
        for (int i = 1; i <= most; i++) {
            same += from[lastMatch + i - 1] == to[lastScan + i - 1] ? 1 : 0;
            if (2 * same - i > bestScore) {
                bestScore = 2 * same - i;
                best = i;
            }
        }
        return best;
    }

    /** How far to go back from a match, likewise. */
    private int growBehind(int lastScan, int scan, int match) {
        int best = 0;
        int bestScore = 0;
        int same = 0;
        int most = Math.min(scan - lastScan, match);
        for (int i = 1; i <= most; i++) {
            same += from[match - i] == to[scan - i] ? 1 : 0;
            if (2 * same - i > bestScore) {
                bestScore = 2 * same - i;
                best = i;
            }
        }
        return best;
    }

    /** How many of the bytes that both would take the part before keeps, so that most fit. */
    private int split(int overlap, int aheadEnd, int aheadEndInBase, int behind, int behindInBase) {
        int best = 0;
        int bestScore = 0;
        int score = 0;
        for (int i = 0; i < overlap; i++) {
            score += to[aheadEnd - overlap + i] == from[aheadEndInBase - overlap + i] ? 1 : 0;
            score -= to[behind + i] == from[behindInBase + i] ? 1 : 0;
            if (score > bestScore) {
                bestScore = score;
                best = i + 1;
            }
        }
        return best;
    }

    private void putStep(int scan, int match, int length, int next, int nextMatch) {
        differences.reserve(length + (long) Long.BYTES);
        for (int i = 0; i < length; i++) {
            differences.putByte(to[scan + i] - from[match + i]);
        }
        int more = next - (scan + length);
        extra.reserve(more);
        extra.putBytes(to, scan + length, more);
        steps.reserve(MOST_STEP_BYTES);
        steps.putVarint(length);
        steps.putVarint(more);
        steps.putSigned(nextMatch - (match + (long) length));
    }

    /** The length of the longest match of the target from a position on; {@code foundAt} is where in the base. */
    private int search(int scan) {
        int low = 0;
        int high = fromLength + 1;
        int lowLength = 0;
        int highLength = 0;
        while (high - low > 1) {
            int middle = (low + high) >>> 1;
            int suffix = suffixes[middle];
            // All suffixes between two share what both share with the target (Manber and Myers).
            int equal = Math.min(lowLength, highLength);
            int most = Math.min(fromLength - suffix, toLength - scan);
            int mismatch = Arrays.mismatch(from, suffix + equal, suffix + most, to, scan + equal, scan + most);
            equal = mismatch < 0 ? most : equal + mismatch;
            if (equal == most
                    ? most == fromLength - suffix
                    : (from[suffix + equal] & 0xff) < (to[scan + equal] & 0xff)) {
                low = middle;
                lowLength = equal;
            } else {
                high = middle;
                highLength = equal;
            }
        }
        foundAt = lowLength >= highLength ? suffixes[low] : suffixes[high];
        return Math.max(lowLength, highLength);
    }
}
