package io.novacron.hde.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.lifecycle.AfterProperty;
import net.jqwik.api.lifecycle.BeforeProperty;
import org.h2.mvstore.MVStoreException;

/** The blocks of an encrypted store's file. */
class SealedFileTest {
    private static final StoreKey KEY = StoreKey.of(new byte[StoreKey.BYTES]);
    private static final int BLOCKS = 130;
    private static final byte[] CONTENT = content();

    private Path directory;
    private Path file;
    private Path good;

    private static byte[] content() {
        byte[] bytes = new byte[BLOCKS * BlockCipher.BLOCK];
        new Random(1).nextBytes(bytes);
        return bytes;
    }

    @BeforeProperty
    void write() throws Exception {
        directory = Files.createTempDirectory("hde-sealed");
        file = Files.createFile(directory.resolve("file"));
        good = directory.resolve("good");
        SealedFile sealed = open();
        sealed.writeFully(null, 0, ByteBuffer.wrap(CONTENT));
        sealed.release();
        Files.copy(file, good);
    }

    @AfterProperty
    void remove() throws IOException {
        BenchmarkDirectory.delete(directory);
    }

    private SealedFile open() throws Exception {
        return SealedFile.open(file, KEY, Map.of());
    }

    private static int place(int block) {
        return SealedHeader.BYTES + block * BlockCipher.SEALED;
    }

    @Property(tries = 200)
    void whatWasWrittenIsReadWhereverItLies(
            @ForAll @IntRange(max = BLOCKS * BlockCipher.BLOCK) int from,
            @ForAll @IntRange(max = BLOCKS * BlockCipher.BLOCK) int to)
            throws Exception {
        int begin = Math.min(from, to);
        int end = Math.max(from, to);
        SealedFile sealed = open();
        assertThat(sealed.size()).isEqualTo(CONTENT.length);
        assertThat(sealed.readFully(null, begin, end - begin).array())
                .isEqualTo(Arrays.copyOfRange(CONTENT, begin, end));
        assertThatThrownBy(() -> sealed.readFully(null, begin, CONTENT.length - begin + 1))
                .isInstanceOf(MVStoreException.class);
        sealed.release();
    }

    @Property(tries = 300)
    void aFlippedBitIsNoticed(@ForAll @IntRange(min = 2, max = BLOCKS - 1) int block, @ForAll Random random)
            throws Exception {
        byte[] bytes = Files.readAllBytes(good);
        bytes[place(block) + random.nextInt(BlockCipher.SEALED)] ^= (byte) (1 << random.nextInt(8));
        Files.write(file, bytes);
        assertDamaged(block);
    }

    @Property(tries = 100)
    void aBlockFromAnotherPlaceIsNoticed(
            @ForAll @IntRange(min = 2, max = BLOCKS - 1) int block, @ForAll @IntRange(max = BLOCKS - 1) int other)
            throws Exception {
        if (block != other) {
            byte[] bytes = Files.readAllBytes(good);
            System.arraycopy(bytes, place(other), bytes, place(block), BlockCipher.SEALED);
            Files.write(file, bytes);
            assertDamaged(block);
        }
    }

    @Property(tries = 20)
    void aBlockOfAnotherStoreWithTheSameKeyIsNoticed(@ForAll @IntRange(min = 2, max = BLOCKS - 1) int block)
            throws Exception {
        Files.delete(file);
        Files.createFile(file);
        SealedFile second = open();
        second.writeFully(null, 0, ByteBuffer.wrap(CONTENT));
        second.release();
        byte[] bytes = Files.readAllBytes(good);
        System.arraycopy(Files.readAllBytes(file), place(block), bytes, place(block), BlockCipher.SEALED);
        Files.write(file, bytes);
        assertDamaged(block);
    }

    private void assertDamaged(int block) throws Exception {
        SealedFile sealed = open();
        assertThatThrownBy(() -> sealed.readFully(null, (long) block * BlockCipher.BLOCK + 17, 1))
                .isInstanceOf(MVStoreException.class)
                .hasMessageContaining("Block " + block + " of ")
                .hasMessageContaining(" is damaged")
                .satisfies(e -> assertThat(Failures.isFromOutside(e)).isFalse());
        int before = block * BlockCipher.BLOCK;
        assertThat(sealed.readFully(null, 0, before).array()).isEqualTo(Arrays.copyOf(CONTENT, before));
        sealed.release();
    }

    /** An older copy is put back again and again, and the same is written: nothing is encrypted twice in the same way. */
    @Property(tries = 1)
    void noNonceComesAgain() throws Exception {
        Set<ByteBuffer> nonces = new HashSet<>();
        Set<ByteBuffer> keyNonces = new HashSet<>();
        for (int round = 0; round < 20; round++) {
            Files.copy(good, file, StandardCopyOption.REPLACE_EXISTING);
            SealedFile sealed = open();
            sealed.writeFully(null, 0, ByteBuffer.wrap(CONTENT));
            sealed.release();
            ByteBuffer bytes = ByteBuffer.wrap(Files.readAllBytes(file));
            for (int block = 0; block < BLOCKS; block++) {
                assertThat(nonces.add(bytes.slice(place(block), BlockCipher.KEY_NONCE + BlockCipher.NONCE)))
                        .isTrue();
                keyNonces.add(bytes.slice(place(block), BlockCipher.KEY_NONCE));
            }
        }
        assertThat(keyNonces).hasSize(20);
    }

    /** MVStore has two headers, so that a process may be killed while it writes one. */
    @Property(tries = 50)
    void aDamagedHeaderBlockReadsAsZeros(
            @ForAll @IntRange(max = 1) int block, @ForAll @IntRange(max = BlockCipher.SEALED - 1) int at)
            throws Exception {
        byte[] bytes = Files.readAllBytes(good);
        bytes[place(block) + at] ^= 4;
        Files.write(file, bytes);
        byte[] expected = Arrays.copyOf(CONTENT, 2 * BlockCipher.BLOCK);
        Arrays.fill(expected, block * BlockCipher.BLOCK, (block + 1) * BlockCipher.BLOCK, (byte) 0);
        SealedFile sealed = open();
        assertThat(sealed.readFully(null, 0, 2 * BlockCipher.BLOCK).array()).isEqualTo(expected);
        sealed.release();
    }

    @Property(tries = 100)
    void aDamagedHeaderIsNeverTakenForAnotherKey(@ForAll @IntRange(max = SealedHeader.USED - 1) int at)
            throws Exception {
        byte[] bytes = Files.readAllBytes(good);
        bytes[at] ^= 16;
        Files.write(file, bytes);
        assertThatThrownBy(this::open)
                .isInstanceOf(MVStoreException.class)
                .hasMessageContaining("The header is damaged")
                .satisfies(e -> assertThat(Failures.isFromOutside(e)).isFalse());
    }

    @Property(tries = 100)
    void aTruncatedFileHasTheWholeBlocksThatAreLeft(@ForAll @IntRange(max = BLOCKS * BlockCipher.SEALED) int length)
            throws Exception {
        Files.write(file, Arrays.copyOf(Files.readAllBytes(good), SealedHeader.BYTES + length));
        SealedFile sealed = open();
        int left = length / BlockCipher.SEALED * BlockCipher.BLOCK;
        assertThat(sealed.size()).isEqualTo(left);
        assertThat(sealed.readFully(null, 0, left).array()).isEqualTo(Arrays.copyOf(CONTENT, left));
        assertThatThrownBy(() -> sealed.readFully(null, 0, left + 1))
                .isInstanceOf(MVStoreException.class)
                .satisfies(e -> assertThat(Failures.isFromOutside(e)).isFalse());
        sealed.release();
    }

    @Property(tries = 1)
    void anotherKeyIsNoticed() {
        byte[] other = new byte[StoreKey.BYTES];
        other[0] = 1;
        assertThatThrownBy(() -> SealedFile.open(file, StoreKey.of(other), Map.of()))
                .isInstanceOf(SealedFile.OtherKeyException.class);
    }
}
