package io.novacron.hde.qemu.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Properties;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Streams that QEMU 7.2 and 10.0 wrote (integration-tests/fixtures/record-streams). What the reader finds in them must
 * be what QEMU itself counted while it wrote them.
 */
class RecordedStreamsTest {
    private static final String DEVICE_STATE = "device state";

    /** What the guest writes to, over and over. */
    private static final int DIRTIED_PAGES = 129;

    /** Every recording, and why the reader stops understanding it. */
    enum Recording {
        PLAIN_7_2("7.2/plain", DEVICE_STATE),
        RETURN_PATH_7_2("7.2/return-path", DEVICE_STATE),
        XBZRLE_7_2("7.2/xbzrle", DEVICE_STATE),
        COMPRESS_7_2("7.2/compress", DEVICE_STATE),
        MULTIFD_7_2("7.2/multifd", DEVICE_STATE),
        POSTCOPY_7_2("7.2/postcopy", "postcopy"),
        IGNORE_SHARED_7_2("7.2/ignore-shared", DEVICE_STATE),
        DIRTY_BITMAP_7_2("7.2/dirty-bitmap", DEVICE_STATE),
        MACHINE_2_3_7_2("7.2/machine-i440fx-2.3", DEVICE_STATE),
        PLAIN_10_0("10.0/plain", DEVICE_STATE),
        RETURN_PATH_10_0("10.0/return-path", DEVICE_STATE),
        XBZRLE_10_0("10.0/xbzrle", DEVICE_STATE),
        MULTIFD_10_0("10.0/multifd", DEVICE_STATE),
        POSTCOPY_10_0("10.0/postcopy", "postcopy"),
        IGNORE_SHARED_10_0("10.0/ignore-shared", DEVICE_STATE),
        DIRTY_BITMAP_10_0("10.0/dirty-bitmap", DEVICE_STATE),
        VIRTIO_MEM_10_0("10.0/virtio-mem", DEVICE_STATE),
        MACHINE_7_2_10_0("10.0/machine-q35-7.2", DEVICE_STATE);

        private final String path;
        private final String passThrough;

        Recording(String path, String passThrough) {
            this.path = path;
            this.passThrough = passThrough;
        }

        boolean is(String variant) {
            return path.endsWith("/" + variant);
        }
    }

    @ParameterizedTest
    @EnumSource
    void findsWhatQemuCounted(Recording recording) {
        byte[] stream = load(recording.path + ".zst");
        Properties counted = counted(recording);
        Rebuilt found = Feed.whole(stream);

        found.assertIs(stream);
        assertThat(found.passThroughs).containsExactly(recording.passThrough);
        assertThat(found.passThroughExpected).isEqualTo(recording.passThrough.equals(DEVICE_STATE));
        assertThat(found.blockLists).isOne();
        assertThat(found.blocks)
                .contains(new RamBlock("pc.bios", 64 << 10))
                .contains(new RamBlock(recording.is("ignore-shared") ? "shared" : "pc.ram", 8 << 20));

        int zeroPages = number(counted, "zero_pages");
        int normalPages = number(counted, "normal_pages");
        switch (recording) {
            case POSTCOPY_7_2, POSTCOPY_10_0 -> {
                // QEMU went on counting behind the switch, where the reader does not look.
                assertThat(found.ramEnded).isFalse();
                assertThat(found.zeroPages).isEqualTo(zeroPages);
                assertThat(found.pages).isBetween(DIRTIED_PAGES, normalPages - 1);
                assertThat(found.opaquePages).isZero();
            }
            case MULTIFD_7_2, MULTIFD_10_0 -> {
                // The other channel carries the pages, with 10.0 the zero pages too.
                assertThat(found.zeroPages).isEqualTo(recording == Recording.MULTIFD_7_2 ? zeroPages : 0);
                assertThat(found.pages).isZero();
                assertThat(found.opaquePages).isZero();
            }
            case XBZRLE_7_2, XBZRLE_10_0 -> {
                assertThat(found.zeroPages).isEqualTo(zeroPages);
                assertThat(found.pages).isEqualTo(normalPages);
                // QEMU also counts pages that had not changed, for which it sends nothing.
                int encoded = number(counted, "xbzrle_pages") - number(counted, "xbzrle_overflows");
                assertThat(found.opaquePages).isBetween(1, encoded);
            }
            case COMPRESS_7_2 -> {
                // With several threads QEMU counts a thread's last page again when it flushes them all.
                int most = zeroPages + normalPages + number(counted, "compressed_pages");
                assertThat(found.zeroPages + found.pages + found.opaquePages).isBetween(pagesOf(found), most);
                assertThat(found.opaquePages).isGreaterThanOrEqualTo(DIRTIED_PAGES);
            }
            default -> {
                assertThat(found.zeroPages).isEqualTo(zeroPages);
                assertThat(found.pages).isEqualTo(normalPages);
                assertThat(found.opaquePages).isZero();
            }
        }
        // A round that is slowed down takes many sections, but with nothing to send there is one for each.
        assertThat(found.ramSections).isGreaterThanOrEqualTo(number(counted, "dirty_syncs"));
    }

    @ParameterizedTest
    @EnumSource
    void identityByteByByteAndCutAnywhere(Recording recording) {
        byte[] stream = load(recording.path + ".zst");
        Feed.byteByByte(stream).assertIs(stream);

        // The reader's own end, at a sample of places; byte by byte covers the bytes of all of them.
        Random random = new Random(recording.path.hashCode());
        for (int i = 0; i < 20; i++) {
            int length = random.nextInt(stream.length);
            Feed.pieces(stream, length, 100_000, random).assertIsBeginningOf(stream, length);
        }
    }

    @ParameterizedTest
    @EnumSource
    void identityForRandomPieces(Recording recording) {
        byte[] stream = load(recording.path + ".zst");
        Rebuilt whole = Feed.whole(stream);
        for (int most : new int[] {10, 3000, 5000, 100_000}) {
            Rebuilt found = Feed.pieces(stream, stream.length, most, new Random(most));
            found.assertIs(stream);
            assertThat(found.pages).isEqualTo(whole.pages);
            assertThat(found.zeroPages).isEqualTo(whole.zeroPages);
            assertThat(found.passThroughAt).isEqualTo(whole.passThroughAt);
        }
    }

    @ParameterizedTest
    @EnumSource
    void identityWhenDamaged(Recording recording) {
        byte[] stream = load(recording.path + ".zst");
        Random random = new Random(recording.path.hashCode());
        for (int i = 0; i < 20; i++) {
            byte[] damaged = stream.clone();
            // The first 20 KB hold headers, lists and records, where nearly every byte means something.
            int at = random.nextInt(i % 2 == 0 ? 20_000 : stream.length);
            damaged[at] = (byte) (damaged[at] ^ (1 << random.nextInt(8)));
            Feed.pieces(damaged, damaged.length, 100_000, random).assertIs(damaged);
        }
    }

    @ParameterizedTest
    @CsvSource({"7.2, pc-q35-7.2, 2", "10.0, pc-q35-10.0, 1"})
    void writerBeginsStreamsAsQemuDoes(String version, String machine, int sectionId) {
        byte[] stream = load(version + "/return-path.zst");
        MigrationStreamReader reader = new MigrationStreamReader();
        reader.finish(ByteBuffer.wrap(stream), new Rebuilt());
        assertThat(reader.returnPathOpened()).isTrue();

        ByteBuffer out = ByteBuffer.allocate(1000);
        MigrationStreamWriter writer = new MigrationStreamWriter();
        writer.header(out, machine);
        writer.openReturnPath(out);
        writer.ramStart(out, sectionId, reader.blocks());
        writer.beginRamPart(out, sectionId);
        byte[] written = Arrays.copyOf(out.array(), out.position());
        assertThat(Arrays.copyOf(stream, written.length)).isEqualTo(written);
    }

    @ParameterizedTest
    @ValueSource(strings = {"7.2", "10.0"})
    void aMultifdChannelHasThePagesThatQemuCounted(String version) {
        Rebuilt main = Feed.whole(load(version + "/multifd.zst"));
        Properties counted = counted(version.equals("7.2") ? Recording.MULTIFD_7_2 : Recording.MULTIFD_10_0);
        byte[] stream = load(version + "/multifd.multifd.zst");
        for (int most : new int[] {1000, 5000, 100_000}) {
            Rebuilt found =
                    Feed.pieces(stream, stream.length, most, new Random(most), new Rebuilt().knowing(main.blocks));
            found.assertIs(stream);
            assertThat(found.passThroughs).isEmpty();
            assertThat(found.blockLists).isEqualTo(1);
            // QEMU 7.2 wrote 522 pages and counted 521
            assertThat(found.pages - number(counted, "normal_pages")).isBetween(0, 1);
            assertThat(main.zeroPages + found.zeroPages).isEqualTo(number(counted, "zero_pages"));
            assertThat(found.syncs).isPositive();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"7.2", "10.0"})
    void aMultifdChannelWithoutRamBlocksPassesThrough(String version) {
        byte[] stream = load(version + "/multifd.multifd.zst");
        Rebuilt found = Feed.pieces(stream, stream.length, 1000, new Random(1));
        assertThat(found.passThroughs).containsExactly("multifd pages of RAM blocks that are not known here");
        found.assertIs(stream);
    }

    @ParameterizedTest
    @CsvSource({"7.2/return-path, 1", "7.2/postcopy, 4", "10.0/return-path, 1", "10.0/postcopy, 4"})
    void returnPaths(String recording, int pongs) {
        byte[] bytes = load(recording + ".return-path.zst");
        for (int piece = 1; piece <= bytes.length; piece++) {
            ReturnPathReader reader = new ReturnPathReader();
            for (int at = 0; at < bytes.length; at += piece) {
                assertThat(reader.shutDown()).isFalse();
                reader.read(ByteBuffer.wrap(bytes, at, Math.min(piece, bytes.length - at)));
            }
            assertThat(reader.observing()).isTrue();
            assertThat(reader.shutDown()).isTrue();
            assertThat(reader.succeeded()).isTrue();
            assertThat(reader.seen(ReturnPathFrame.PONG)).isEqualTo(pongs);
            assertThat(reader.seen(ReturnPathFrame.REQ_PAGES_ID) > 0).isEqualTo(recording.endsWith("postcopy"));
        }
    }

    private static int pagesOf(Rebuilt found) {
        long bytes = found.blocks.stream().mapToLong(RamBlock::usedLength).sum();
        return (int) (bytes / MigrationStreamReader.PAGE_SIZE);
    }

    private static int number(Properties counted, String name) {
        return Integer.parseInt(counted.getProperty(name));
    }

    private static Properties counted(Recording recording) {
        Properties properties = new Properties();
        try (InputStream in = resource(recording.path + ".properties")) {
            properties.load(in);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
        return properties;
    }

    private static byte[] load(String path) {
        try (InputStream in = resource(path)) {
            byte[] packed = in.readAllBytes();
            return Zstd.decompress(packed, (int) Zstd.getFrameContentSize(packed));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private static InputStream resource(String path) {
        InputStream in = RecordedStreamsTest.class.getResourceAsStream("/streams/" + path);
        assertThat(in).as("recording %s", path).isNotNull();
        return in;
    }
}
