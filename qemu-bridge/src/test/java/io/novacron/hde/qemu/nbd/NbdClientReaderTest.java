package io.novacron.hde.qemu.nbd;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** A client's half, request by request. */
class NbdClientReaderTest {
    private static final String BLOCKS = "blocks disk0 1003520";

    private static byte[] content(int length) {
        byte[] content = new byte[length];
        new Random(length).nextBytes(content);
        return content;
    }

    private static List<Long> offsets(NbdRead read) {
        return read.pages.stream().map(NbdRead.Page::offset).toList();
    }

    @Test
    void whatIsWrittenIsPagesWhereItLiesAtPages() {
        byte[] content = content(3 * 4096 + 100);
        Arrays.fill(content, 4096, 2 * 4096, (byte) 0);

        NbdRead read =
                NbdRead.whole(NbdBytes.client("disk0").write(8192, content).bytes());

        assertThat(read.annotations).containsExactly(BLOCKS);
        assertThat(offsets(read)).containsExactly(8192L, 12288L, 16384L);
        assertThat(read.pages.get(0).content()).isEqualTo(ByteBuffer.wrap(content, 0, 4096));
        assertThat(read.pages.get(1).isZero()).isTrue();
        assertThat(read.pages.get(2).content()).isEqualTo(ByteBuffer.wrap(content, 8192, 4096));
    }

    @Test
    void headAndTailThatAreNoWholePagesStayAsTheyAre() {
        NbdRead read = NbdRead.whole(NbdBytes.client("disk0")
                .write(4096 + 512, content(4096 + 4096))
                .write(100, content(200))
                .write(0, content(0))
                .write(4096, content(4096))
                .bytes());

        assertThat(offsets(read)).containsExactly(8192L, 4096L);
    }

    @Test
    void whatLiesBeyondTheDiskStaysAsItIs() {
        NbdRead read = NbdRead.whole(NbdBytes.client("disk0")
                .write(NbdRead.DISK / 4096 * 4096, content(2 * 4096))
                .write(-4096, content(2 * 4096))
                .write(Long.MAX_VALUE & -4096, content(2 * 4096))
                .bytes());

        assertThat(offsets(read)).containsExactly(NbdRead.DISK / 4096 * 4096);
    }

    @Test
    void otherCommandsHaveNoPayloadUnlessTheySaySo() {
        NbdRead read = NbdRead.whole(NbdBytes.client("disk0")
                .compact(2, 6, 0, 1 << 20)
                .compact(32, 3, 0, 0)
                .extended(8, 7, 0, 1L << 40)
                .extended(32, 7, 0, 12)
                .raw(content(12))
                .extended(0, 1, 4096, 4096)
                .raw(content(4096))
                .extended(32, 1, 8192, 4096)
                .raw(content(4096))
                .extended(0, 2, 0, 0)
                .bytes());

        assertThat(read.annotations).containsExactly(BLOCKS, "disconnected");
        assertThat(offsets(read)).containsExactly(4096L, 8192L);
        assertThat(read.ends).hasSize(7);
    }

    @Test
    void theStreamRestsBehindRequestsOnly() {
        byte[] request = new NbdBytes().write(0, content(4096)).bytes();
        byte[] client = NbdBytes.client("disk0").raw(request).bytes();
        NbdClientReader reader = new NbdClientReader(() -> NbdRead.DISK);
        NbdRead read = new NbdRead();
        ByteBuffer in = ByteBuffer.wrap(client);

        // Without its first page a request is not handed on.
        reader.read(in.limit(client.length - 1), read);
        assertThat(in.position()).isEqualTo(client.length - request.length);
        assertThat(read.ends).isEmpty();

        reader.read(in.limit(client.length), read);
        assertThat(read.ends).containsExactly(client.length);
    }

    @Test
    void anExportThatIsRefusedIsFollowedByAnother() {
        NbdRead read = NbdRead.whole(new NbdBytes()
                .raw(NbdBytes.client("other").bytes())
                .option(
                        6,
                        new NbdBytes()
                                .u32(5)
                                .raw("third".getBytes(US_ASCII))
                                .u16(0)
                                .bytes())
                .option(1, "disk0".getBytes(US_ASCII))
                .write(4096, content(4096))
                .bytes());

        assertThat(read.annotations).containsExactly(BLOCKS);
        assertThat(offsets(read)).containsExactly(4096L);
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "two words", "\u00e9t\u00e9"})
    void anExportWithoutAPlainNamePassesThrough(String name) {
        NbdRead read =
                NbdRead.whole(NbdBytes.client(name).write(4096, content(4096)).bytes());

        assertThat(read.annotations).containsExactly("an NBD export whose name is not 1 to 255 characters of ASCII");
        assertThat(read.pages).isEmpty();
    }

    @Test
    void aNameThatIsLongerThanItsOptionIsNone() {
        NbdRead read = NbdRead.whole(new NbdBytes()
                .u32(3)
                .option(
                        7,
                        new NbdBytes()
                                .u32(0xffff_fff0)
                                .raw("disk0".getBytes(US_ASCII))
                                .bytes())
                .write(4096, content(4096))
                .bytes());

        assertThat(read.annotations).hasSize(1).first().asString().contains("whose name is not");
    }

    @ParameterizedTest
    @ValueSource(longs = {0, -1, (1L << 48) + 1})
    void anExportOfUnknownSizePassesThrough(long size) {
        byte[] client = NbdBytes.client("disk0").write(4096, content(4096)).bytes();

        NbdRead read = NbdRead.pieces(client, size, 512, new Random(1));

        assertThat(read.annotations).containsExactly("an NBD export of unknown size");
    }

    @Test
    void whatIsUnknownPassesThrough() {
        assertThat(NbdRead.whole(NbdBytes.client("disk0")
                                .u64(0x0102_0304_0506_0708L)
                                .bytes())
                        .annotations)
                .containsExactly("unknown NBD request 0x1020304");
        assertThat(NbdRead.whole(NbdBytes.client("disk0").compact(0, 8, 0, 0).bytes()).annotations)
                .containsExactly("unknown NBD command 8");
        assertThat(NbdRead.whole(
                                new NbdBytes().u32(3).u64(Nbd.OPTION + 1).u64(0).bytes())
                        .annotations)
                .containsExactly("unknown NBD option 0x49484156454f5055");
        assertThat(NbdRead.whole(NbdBytes.client("disk0").extended(0, 1, 0, -1).bytes()).annotations)
                .containsExactly("NBD command 1 of 18446744073709551615 bytes");
        assertThat(NbdRead.whole(new NbdBytes()
                                .u32(3)
                                .option(5)
                                .raw((byte) 22, (byte) 3, (byte) 1, (byte) 2)
                                .bytes())
                        .annotations)
                .containsExactly("NBD inside TLS");
        // a request before an export was asked for
        assertThat(NbdRead.whole(new NbdBytes().u32(3).compact(0, 3, 0, 0).bytes()).annotations)
                .containsExactly("unknown NBD request 0x25609513");
    }

    @Test
    void lengthsAllocateNothing() {
        byte[] client = NbdBytes.client("disk0")
                .extended(0, 1, 1L << 40, 1L << 62)
                .raw(content(10_000))
                .bytes();
        assertThat(NbdRead.pieces(client, NbdRead.DISK, 777, new Random(2)).pages)
                .isEmpty();

        byte[] option = new NbdBytes()
                .u32(3)
                .u64(Nbd.OPTION)
                .u32(3)
                .u32(-1)
                .raw(content(9000))
                .bytes();
        assertThat(NbdRead.pieces(option, NbdRead.DISK, 777, new Random(3)).annotations)
                .isEmpty();
    }

    @Test
    void whatComesBehindTheEndStaysAsItIs() {
        byte[] client =
                NbdBytes.client("disk0").disconnect().write(4096, content(4096)).bytes();

        NbdRead read = NbdRead.whole(client);

        assertThat(read.annotations).containsExactly(BLOCKS, "disconnected");
        assertThat(read.pages).isEmpty();
    }

    @Test
    void theWriterWritesNothingWhereThereIsNoRoom() {
        NbdClientWriter writer = new NbdClientWriter();
        ByteBuffer out = ByteBuffer.allocate(4095);

        assertThatThrownBy(() -> writer.beginPage(out, 0, 0, false)).isInstanceOf(BufferOverflowException.class);
        assertThatThrownBy(() -> writer.zeroPage(out, 0, 0, false)).isInstanceOf(BufferOverflowException.class);
        assertThatThrownBy(() -> writer.verbatim(out, ByteBuffer.allocate(4096), 0, 4096))
                .isInstanceOf(BufferOverflowException.class);
        assertThat(out.position()).isZero();
    }
}
