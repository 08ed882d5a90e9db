package io.novacron.hde.qemu.nbd;

import static org.assertj.core.api.Assertions.assertThat;

import com.github.luben.zstd.Zstd;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * Conversations between QEMUs of 7.2, with compact requests, and 10.0, with extended ones
 * (integration-tests/fixtures/record-nbd): what the reader finds in the client's half, written to a disk, is what the
 * destination's disk was.
 */
class RecordedNbdTest {
    private static final int DISK = (1 << 20) + 512;

    private static byte[] load(String name) {
        try (InputStream in = RecordedNbdTest.class.getResourceAsStream("/nbd/" + name + ".zst")) {
            byte[] packed = in.readAllBytes();
            return Zstd.decompress(packed, 4 << 20);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    @ParameterizedTest
    @CsvSource({"7.2, 28", "10.0, 32"})
    void whatIsWrittenIsWhatTheDiskHas(String version, int header) {
        byte[] client = load(version + "/mirror.client");
        byte[] disk = load(version + "/mirror.disk");

        NbdRead read = NbdRead.pieces(client, DISK, 100_000, new Random(5));

        assertThat(read.annotations).containsExactly("blocks drive-virtio-disk0 1052672", "disconnected");
        byte[] rebuilt = new byte[1052672];
        for (NbdRead.Page page : read.pages) {
            byte[] content = page.isZero() ? new byte[4096] : page.content().array();
            System.arraycopy(content, 0, rebuilt, (int) page.offset(), 4096);
        }
        // Two pages have other parts written to them, and WRITE_ZEROES came over 16 others; all else is pages.
        for (int at = 0; at + 4096 <= disk.length; at += 4096) {
            boolean partly = at == 0 || at == 8192 || at == 16384;
            boolean zeroed = at >= 65536 && at < 131072;
            if (!partly && !zeroed) {
                assertThat(Arrays.copyOfRange(rebuilt, at, at + 4096))
                        .as("page at %d", at)
                        .isEqualTo(Arrays.copyOfRange(disk, at, at + 4096));
            }
        }
        assertThat(read.pages).hasSizeGreaterThan(80);
        assertThat(read.pages.stream().filter(NbdRead.Page::isZero)).isNotEmpty();
        int last = read.ends.get(read.ends.size() - 1);
        assertThat(last - read.ends.get(read.ends.size() - 2)).isEqualTo(header);
        assertThat(last).isEqualTo(client.length);
    }

    @ParameterizedTest
    @ValueSource(strings = {"7.2", "10.0"})
    void theServerHasSaidHowLongTheDiskIs(String version) {
        NbdServerReader reader = new NbdServerReader();

        reader.read(ByteBuffer.wrap(load(version + "/mirror.server")));

        assertThat(reader.exportBytes()).isEqualTo(DISK);
    }

    @ParameterizedTest
    @ValueSource(strings = {"7.2", "10.0"})
    void piecesOfAnySizeAreReadAlike(String version) {
        byte[] client = load(version + "/mirror.client");
        NbdRead whole = NbdRead.pieces(client, DISK, client.length, new Random(1));

        for (int most : new int[] {1, 7, 4096, 65536}) {
            NbdRead pieces = NbdRead.pieces(client, DISK, most, new Random(most));
            assertThat(pieces.ends).isEqualTo(whole.ends);
            assertThat(pieces.pages).isEqualTo(whole.pages);
        }
    }
}
