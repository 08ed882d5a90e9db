package io.novacron.hde.qemu.nbd;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import org.junit.jupiter.api.Test;

/** The size of the export, from what the server says. */
class NbdServerReaderTest {
    private static NbdBytes greeting() {
        return new NbdBytes().u64(Nbd.GREETING).u64(Nbd.OPTION).u16(3);
    }

    private static NbdBytes reply(NbdBytes to, int option, int type, byte... data) {
        return to.u64(Nbd.OPTION_REPLY).u32(option).u32(type).u32(data.length).raw(data);
    }

    private static byte[] info(long size) {
        return new NbdBytes().u16(0).u64(size).u16(0xded).bytes();
    }

    private static byte[] blockSize() {
        return new NbdBytes().u16(3).u32(1).u32(1 << 16).u32(1 << 25).bytes();
    }

    /** The size, which must be the same in one piece and byte by byte. */
    private static long read(NbdBytes server) {
        NbdServerReader whole = new NbdServerReader();
        whole.read(ByteBuffer.wrap(server.bytes()));
        NbdServerReader bytewise = new NbdServerReader();
        for (byte each : server.bytes()) {
            bytewise.read(ByteBuffer.wrap(new byte[] {each}));
        }
        assertThat(bytewise.exportBytes()).isEqualTo(whole.exportBytes());
        return whole.exportBytes();
    }

    @Test
    void theSizeComesWithTheInformationOnTheExport() {
        NbdBytes server = greeting();
        reply(server, 8, 1);
        reply(server, 10, 4, (byte) 0, (byte) 0, (byte) 0, (byte) 0, (byte) 'x');
        reply(server, 7, 3, blockSize());
        reply(server, 7, 3, info(123_456));
        reply(server, 7, 1);

        assertThat(read(server)).isEqualTo(123_456);
        assertThat(read(server.u64(0x67446698_00000000L).u64(7))).isEqualTo(123_456);
    }

    @Test
    void theLastExportCounts() {
        NbdBytes server = greeting();
        reply(server, 6, 3, info(1));
        reply(server, 6, 1);
        reply(server, 7, 0x80000006, "no such export".getBytes(US_ASCII));
        reply(server, 7, 3, info(2));

        assertThat(read(server)).isEqualTo(2);
    }

    @Test
    void withoutGoItIsAllThatIsSaid() {
        assertThat(read(greeting().u64(99_999).u16(1))).isEqualTo(99_999);
    }

    @Test
    void sizesThatCannotBeAreNotBelieved() {
        assertThat(read(reply(greeting(), 7, 3, info(-1)))).isZero();
        assertThat(read(reply(greeting(), 7, 3, info((1L << 48) + 1)))).isZero();
        assertThat(read(greeting())).isZero();
        assertThat(read(new NbdBytes().u64(1).u64(2).u64(3).raw(info(5)))).isZero();
    }

    @Test
    void aLongAnswerAllocatesNothing() {
        NbdBytes server = greeting()
                .u64(Nbd.OPTION_REPLY)
                .u32(7)
                .u32(3)
                .u32(-1)
                .raw(info(77))
                .raw(new byte[5000]);

        assertThat(read(server)).isEqualTo(77);
    }
}
