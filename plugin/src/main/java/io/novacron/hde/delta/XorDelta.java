package io.novacron.hde.delta;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/**
 * XOR with run lengths: base and target are compared in place, in words of 8 bytes, and what differs is written in
 * three streams.
 *
 * <ul>
 *   <li>The runs: how many words are equal and how many after them are not, in one byte (equal in bits 0 to 4, changed
 *       less 1 in bits 5 to 7) if there are fewer than 31 and 8; 31 and 7 mean that the rest follows, as unsigned
 *       LEB128, that of the equal ones first. The equal words at the end have no run.
 *   <li>The masks: a byte for each changed word, whose bit i says that byte i of word XOR word is not zero.
 *   <li>The bytes: the target's at those places; at the end, as they are, those that lie beyond the last whole word of
 *       the shorter of base and target.
 * </ul>
 *
 * <p>XOR finds the bytes, but the bytes of the target are what is written: pointers and text come again in them, and
 * zstd packs them better than their difference. On 2659 changed pages of a guest, in batches of 64 at level 3, it was
 * 385 KB; with the XOR of those bytes 423 KB; and 494 KB for one zstd frame over the XOR of everything.
 */
final class XorDelta implements DeltaAlgorithm {
    // Bit i of a mask is byte i in memory, so the words are little-endian whatever the machine and the buffer.
    private static final VarHandle LONG = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN)
            .withInvokeExactBehavior();

    private static final int STEP = 4 * Long.BYTES;
    private static final int MANY_EQUAL = 31;
    private static final int MANY_CHANGED = 7;
    private static final int CHANGED_SHIFT = 5;

    private final DeltaStreams streams = new DeltaStreams("runs", "masks", "bytes");
    private final DeltaStreamWriter runs = streams.writer(0);
    private final DeltaStreamWriter masks = streams.writer(1);
    private final DeltaStreamWriter bytes = streams.writer(2);
    private final DeltaStreamReader runsRead = streams.reader(0);
    private final DeltaStreamReader masksRead = streams.reader(1);
    private final DeltaStreamReader bytesRead = streams.reader(2);

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
        int compared = wholeWords(baseLen, targetLen);
        streams.clear();
        // No run is longer than the words it stands for, and the last bytes of a word are put with 8 bytes of room.
        runs.reserve(compared / Long.BYTES);
        masks.reserve(compared / Long.BYTES);
        bytes.reserve(targetLen + (long) Long.BYTES);
        int equalFrom = 0;
        int changedFrom = firstDifference(base, basePos, target, targetPos, 0, compared);
        while (changedFrom < compared) {
            int changedTo = putChangedWords(base, basePos, target, targetPos, changedFrom, compared);
            putRun((changedFrom - equalFrom) / Long.BYTES, (changedTo - changedFrom) / Long.BYTES);
            equalFrom = changedTo;
            changedFrom = firstDifference(base, basePos, target, targetPos, changedTo, compared);
        }
        bytes.putBytes(target, targetPos + compared, targetLen - compared);
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
        int compared = wholeWords(baseLen, outLen);
        int words = compared / Long.BYTES;
        streams.unpack(delta, deltaPos, deltaLen, outLen);
        out.put(outPos, base, basePos, compared);
        int word = 0;
        while (runsRead.remaining() > 0) {
            int run = runsRead.nextByte();
            int equal = run & MANY_EQUAL;
            if (equal == MANY_EQUAL) {
                equal += runsRead.length(words);
            }
            int changed = 1 + (run >>> CHANGED_SHIFT);
            if (changed == 1 + MANY_CHANGED) {
                changed += runsRead.length(words);
            }
            if (equal + (long) changed > words - word) {
                throw runsRead.damaged("they go beyond the end of base or target");
            }
            word += equal;
            for (int last = word + changed; word < last; word++) {
                changeWord(out, outPos + word * Long.BYTES);
            }
        }
        if (masksRead.remaining() > 0) {
            throw masksRead.damaged("there are more of them than changed words");
        }
        if (bytesRead.remaining() != outLen - compared) {
            throw bytesRead.damaged(bytesRead.remaining() + " are left for the end, which has " + (outLen - compared));
        }
        bytesRead.moveTo(out, outPos + compared, outLen - compared);
    }

    @Override
    public void close() {
        streams.close();
    }

    private static int wholeWords(int baseLen, int targetLen) {
        return Math.min(baseLen, targetLen) & -Long.BYTES;
    }

    private static int firstDifference(
            ByteBuffer base, int basePos, ByteBuffer target, int targetPos, int from, int to) {
        int at = from;
        while (at <= to - STEP
                && (differenceAt(base, basePos + at, target, targetPos + at)
                                | differenceAt(base, basePos + at + 8, target, targetPos + at + 8)
                                | differenceAt(base, basePos + at + 16, target, targetPos + at + 16)
                                | differenceAt(base, basePos + at + 24, target, targetPos + at + 24))
                        == 0) {
            at += STEP;
        }
        while (at < to && differenceAt(base, basePos + at, target, targetPos + at) == 0) {
            at += Long.BYTES;
        }
        return at;
    }

    private static long differenceAt(ByteBuffer base, int basePos, ByteBuffer target, int targetPos) {
        return (long) LONG.get(base, basePos) ^ (long) LONG.get(target, targetPos);
    }

    /** Puts masks and bytes of the words from here on; returns where they are equal again. */
    private int putChangedWords(ByteBuffer base, int basePos, ByteBuffer target, int targetPos, int from, int to) {
        int at = from;
        while (at < to) {
            long word = (long) LONG.get(target, targetPos + at);
            long difference = word ^ (long) LONG.get(base, basePos + at);
            if (difference == 0) {
                break;
            }
            int mask = changedBytes(difference);
            masks.putByte(mask);
            bytes.putSelected(word, mask);
            at += Long.BYTES;
        }
        return at;
    }

    /** Bit i is set if byte i is not zero. */
    private static int changedBytes(long difference) {
        long low = 0x7f7f7f7f7f7f7f7fL;
        long highest = (((difference & low) + low) | difference) & ~low;
        // The product brings the highest bit of byte i to bit 56 + i.
        return (int) (((highest >>> 7) * 0x0102040810204080L) >>> 56);
    }

    private void putRun(int equal, int changed) {
        int equalHere = Math.min(equal, MANY_EQUAL);
        int changedHere = Math.min(changed - 1, MANY_CHANGED);
        runs.putByte(equalHere | changedHere << CHANGED_SHIFT);
        if (equalHere == MANY_EQUAL) {
            runs.putVarint(equal - MANY_EQUAL);
        }
        if (changedHere == MANY_CHANGED) {
            runs.putVarint(changed - 1 - MANY_CHANGED);
        }
    }

    private void changeWord(ByteBuffer out, int position) throws DeltaException {
        int mask = masksRead.nextByte();
        int count = Integer.bitCount(mask);
        if (count == 0 || count > bytesRead.remaining()) {
            throw masksRead.damaged(count == 0 ? "one of them is 0" : "they ask for more bytes than there are");
        }
        if (count == Long.BYTES) {
            bytesRead.moveTo(out, position, Long.BYTES);
            return;
        }
        for (int left = mask; left != 0; left &= left - 1) {
            out.put(position + Integer.numberOfTrailingZeros(left), (byte) bytesRead.nextByte());
        }
    }
}
