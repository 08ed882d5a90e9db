package io.novacron.hde.qemu.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Packets of multifd channels that recordings do not have. */
class MultifdChannelTest {
    private static final List<RamBlock> BLOCKS =
            List.of(new RamBlock("pc.ram", 16 * 4096), new RamBlock("vga.ram", 4 * 4096));

    private static StreamBytes channel() {
        return new StreamBytes().u32(0x11223344).u32(1).bytes(new byte[56]);
    }

    /** A packet's header, whose places are {@code offsets}: first those of pages that follow, then those of zero pages. */
    private static UnaryOperator<StreamBytes> header(int flags, int normal, int zero, String block, long... offsets) {
        return s -> {
            s.u32(0x11223344)
                    .u32(1)
                    .u32(flags)
                    .u32(128)
                    .u32(normal)
                    .u32(normal * 4096L)
                    .u64(7)
                    .u32(zero)
                    .u32(0);
            s.bytes(new byte[24]).bytes(Arrays.copyOf(block.getBytes(StandardCharsets.ISO_8859_1), 256));
            for (int i = 0; i < 128; i++) {
                s.u64(i < offsets.length ? offsets[i] : 0x999);
            }
            return s;
        };
    }

    private static Rebuilt read(StreamBytes stream) {
        byte[] bytes = stream.toByteArray();
        Rebuilt found = Feed.whole(bytes, new Rebuilt().knowing(BLOCKS));
        found.assertIs(bytes);
        return found;
    }

    @Test
    void aPacketHasItsPagesInTheOrderOfItsPlacesAndThenTheZeroOnes() {
        StreamBytes stream = header(0, 2, 1, "vga.ram", 4096, 0, 8192).apply(channel());
        stream.random(4096, 1).random(4096, 2);
        stream = header(1, 1, 0, "pc.ram", 15 * 4096).apply(stream).random(4096, 3);

        assertThat(read(stream).events)
                .containsExactly(
                        "verbatim",
                        "verbatim",
                        "zero place 1 8192",
                        "bare page 1 4096",
                        "bare page 1 0",
                        "verbatim",
                        "bare page 0 61440",
                        "sync");
    }

    /** QEMU 7.2 leaves the places of earlier packets in a packet that has no pages. */
    @Test
    void aPacketWithoutPagesIsNotBelieved() {
        StreamBytes stream =
                channel().u32(0x11223344).u32(1).u32(1).u32(128).u32(0).u32(123).u64(8);
        stream = stream.u64(0).random(24 + 256 + 1024, 4);

        assertThat(read(stream).events).containsExactly("verbatim", "sync");
    }

    @Test
    void deviceStateBetweenPacketsStandsForItself() {
        StreamBytes stream = channel()
                .u32(0x11223344)
                .u32(1)
                .u32(0x40)
                .bytes(new byte[256])
                .u32(0)
                .u32(70_000);
        stream = header(0, 1, 0, "pc.ram", 0).apply(stream.random(70_000, 5)).random(4096, 6);

        assertThat(read(stream).events).containsExactly("verbatim", "verbatim", "bare page 0 0");
    }

    @Test
    void piecesOfOneByteAreTheSame() {
        StreamBytes stream = header(0, 2, 1, "vga.ram", 4096, 0, 8192).apply(channel());
        byte[] bytes = stream.random(8192, 1).toByteArray();
        MigrationStreamReader reader = new MigrationStreamReader();
        Rebuilt found = new Rebuilt().knowing(BLOCKS);
        ByteBuffer in = ByteBuffer.wrap(bytes);
        for (int end = 1; end <= bytes.length; end++) {
            in.limit(end);
            assertThat(reader.betweenPackets()).isEqualTo(end > 64 && end <= 64 + 1344);
            reader.read(in, found);
            assertThat(in.remaining()).isLessThan(MigrationStreamReader.MAX_PENDING);
        }
        assertThat(reader.betweenPackets()).isTrue();
        found.assertIs(bytes);
        assertThat(found.pages).isEqualTo(2);
    }

    @ParameterizedTest
    @MethodSource("unknown")
    void whatIsNotKnownPassesThrough(String reason, UnaryOperator<StreamBytes> packet) {
        Rebuilt found = read(packet.apply(channel()).random(5000, 7));
        assertThat(found.passThroughs).containsExactly(reason);
        assertThat(found.pages).isZero();
    }

    static Stream<Arguments> unknown() {
        return Stream.of(
                unknown("unknown multifd packet", s -> s.u32(0x11223345).u32(1).u32(0)),
                unknown("unknown multifd packet", s -> s.u32(0x11223344).u32(2).u32(0)),
                unknown("unknown multifd packet", s -> s.u32(0x11223344).u32(1).u32(0x80)),
                unknown(
                        "multifd compression by QEMU (turn it off: HDE compresses better)",
                        header(4, 1, 0, "pc.ram", 0)),
                unknown("multifd packet of 129 pages", header(0, 128, 1, "pc.ram", 0)),
                unknown("multifd packet of a RAM block that was not listed", header(0, 1, 0, "pc.rom", 0)),
                unknown("multifd page beyond the end of RAM block vga.ram", header(0, 1, 1, "vga.ram", 4096, 4 * 4096)),
                unknown("multifd page beyond the end of RAM block pc.ram", header(0, 1, 0, "pc.ram", 100)),
                unknown("multifd page beyond the end of RAM block pc.ram", header(0, 1, 0, "pc.ram", -4096)));
    }

    private static Arguments unknown(String reason, UnaryOperator<StreamBytes> packet) {
        return Arguments.of(reason, packet);
    }
}
