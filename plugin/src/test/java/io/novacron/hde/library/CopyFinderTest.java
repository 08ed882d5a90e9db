package io.novacron.hde.library;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class CopyFinderTest {
    private static byte[] random(long seed, int length) {
        byte[] data = new byte[length];
        new Random(seed).nextBytes(data);
        return data;
    }

    private static ByteBuffer direct(byte[] data) {
        return ByteBuffer.allocateDirect(Math.max(1, data.length)).put(0, data);
    }

    private static CopyFinder find(byte[] data) {
        CopyFinder finder = new CopyFinder();
        finder.find(direct(data), data.length, ByteBuffer.allocateDirect(Math.max(1, data.length)));
        return finder;
    }

    private static byte[] roundTrip(byte[] data) throws EncodedFormException {
        ByteBuffer literals = ByteBuffer.allocateDirect(Math.max(1, data.length));
        CopyFinder finder = new CopyFinder();
        finder.find(direct(data), data.length, literals);
        FormWriter payload = new FormWriter()
                .varint((long) finder.copies().length() << 1)
                .bytes(finder.copies().toBytes())
                .varint((long) finder.literals() << 1)
                .bytes(literals, 0, finder.literals());
        return unpack(payload.toBytes(), data.length);
    }

    private static byte[] unpack(byte[] payload, int length) throws EncodedFormException {
        EncodedForm form = new EncodedForm(
                EncodedForm.Method.PACKED,
                false,
                0,
                new DataName(0, 0),
                length,
                Optional.empty(),
                Optional.empty(),
                Optional.empty());
        try (Workspace work = new Workspace(3)) {
            ByteBuffer encoded = direct(payload);
            ByteBuffer out = new DataUnpacker(work, encoded, new FormReader(encoded, payload.length), length)
                    .unpack(form, Optional.empty(), Optional.empty());
            return DataPacker.bytes(out, length);
        }
    }

    @Property(tries = 1000)
    void madeUpCopiesGiveDataOrTheException(
            @ForAll @Size(max = 12) List<@IntRange(max = 6) Integer> numbers, @ForAll @Size(max = 12) byte[] literals) {
        FormWriter copies = new FormWriter();
        int length = literals.length;
        for (int i = 0; i < numbers.size(); i++) {
            copies.varint(numbers.get(i));
            length += i % 3 == 1 ? numbers.get(i) : 0;
        }
        byte[] payload = new FormWriter()
                .varint((long) copies.length() << 1)
                .bytes(copies.toBytes())
                .varint((long) literals.length << 1)
                .bytes(literals)
                .toBytes();
        try {
            byte[] data = unpack(payload, length);
            assertThat(data).isEqualTo(apply(numbers, literals, length));
        } catch (EncodedFormException e) {
            assertThat(e.reason()).isEqualTo(EncodedFormException.Reason.DAMAGED);
            assertThat(copies.length() > length || apply(numbers, literals, length) == null)
                    .isTrue();
        }
    }

    @Test
    void nothingIsAllocatedForMoreCopiesThanData() {
        int claimed = 1001;
        byte[] payload = new FormWriter()
                .varint(((long) claimed << 1) | 1)
                .varint(50)
                .bytes(new byte[50])
                .toBytes();
        assertThatThrownBy(() -> unpack(payload, 1000))
                .isInstanceOf(EncodedFormException.class)
                .hasMessageContaining("There cannot be 1001 bytes of the copies, at most 1000");
    }

    /** What copies make, a byte at a time, or null if they cannot be done. */
    private static byte[] apply(List<Integer> numbers, byte[] literals, int length) {
        byte[] data = new byte[length];
        int made = 0;
        int taken = 0;
        if (numbers.size() % 3 != 0) {
            return null;
        }
        for (int i = 0; i < numbers.size(); i += 3) {
            int distance = numbers.get(i + 2);
            if (numbers.get(i) > literals.length - taken || numbers.get(i + 1) == 0) {
                return null;
            }
            for (int k = 0; k < numbers.get(i); k++) {
                data[made++] = literals[taken++];
            }
            if (distance == 0 || distance > made) {
                return null;
            }
            for (int k = 0; k < numbers.get(i + 1); k++, made++) {
                data[made] = data[made - distance];
            }
        }
        while (taken < literals.length) {
            data[made++] = literals[taken++];
        }
        return data;
    }

    @Property(tries = 300)
    void dataMadeOfPiecesOfItselfComesBack(
            @ForAll long seed, @ForAll @Size(max = 40) List<@IntRange(max = 3000) Integer> pieces)
            throws EncodedFormException {
        Random random = new Random(seed);
        byte[] data = {};
        for (int piece : pieces) {
            int had = data.length;
            data = Arrays.copyOf(data, had + piece);
            int from = had == 0 || random.nextInt(4) == 0 ? -1 : random.nextInt(had);
            for (int i = 0; i < piece; i++) {
                // A piece from just before the end overlaps itself.
                data[had + i] = from < 0 ? (byte) random.nextInt(3) : data[from + i];
            }
        }
        assertThat(roundTrip(data)).isEqualTo(data);
    }

    @Property(tries = 100)
    void aPeriodIsSaidOnce(@ForAll @IntRange(min = 1, max = 5000) int period) throws EncodedFormException {
        byte[] pattern = random(period, period);
        byte[] data = new byte[20_000];
        for (int i = 0; i < data.length; i++) {
            data[i] = pattern[i % period];
        }
        assertThat(find(data).literals()).isLessThanOrEqualTo(period);
        assertThat(roundTrip(data)).isEqualTo(data);
    }

    @Test
    void aRepetitionIsFoundHoweverFarBack() {
        byte[] data = random(1, 8 << 20);
        byte[] piece = Arrays.copyOfRange(data, 12_345, 12_345 + 100);
        System.arraycopy(piece, 0, data, data.length - 150, 100);
        CopyFinder finder = find(data);
        assertThat(data.length - finder.literals()).isBetween(100, 101);
    }

    @Test
    void manyCopiesFromEverywhereAreFound() throws EncodedFormException {
        byte[] data = random(1, 400_000);
        Random random = new Random(2);
        for (int at = 200_000; at + 1000 <= data.length; at += 1000) {
            System.arraycopy(data, random.nextInt(199_000), data, at, 900);
        }
        assertThat(find(data).literals()).isLessThan(200_000 + 200 * 110);
        assertThat(roundTrip(data)).isEqualTo(data);
    }

    @Test
    void aShortRepetitionNearbyIsLeftToZstd() {
        byte[] data = random(4, 10_000);
        System.arraycopy(data, 100, data, 9000, CopyFinder.SHORTEST - 30);
        assertThat(find(data).copies().length()).isZero();
        System.arraycopy(data, 100, data, 9000, 2 * CopyFinder.SHORTEST);
        assertThat(find(data).literals()).isLessThanOrEqualTo(10_000 - 2 * CopyFinder.SHORTEST);
    }

    @Test
    void noiseHasNoCopies() throws EncodedFormException {
        byte[] data = random(3, 300_000);
        CopyFinder finder = find(data);
        assertThat(finder.literals()).isEqualTo(data.length);
        assertThat(finder.copies().length()).isZero();
        assertThat(roundTrip(data)).isEqualTo(data);
    }

    @Test
    void theShortestData() throws EncodedFormException {
        for (int length = 0; length < 2 * CopyFinder.SHORTEST; length++) {
            assertThat(roundTrip(new byte[length])).isEqualTo(new byte[length]);
        }
    }
}
