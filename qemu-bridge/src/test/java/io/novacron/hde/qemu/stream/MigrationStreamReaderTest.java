package io.novacron.hde.qemu.stream;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.function.UnaryOperator;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class MigrationStreamReaderTest {
    private static final RamBlock PC_RAM = new RamBlock("pc.ram", 16 * 4096);
    private static final RamBlock VGA_RAM = new RamBlock("vga.ram", 4 * 4096);

    @Test
    void reportsRecordsInStreamOrder() {
        byte[] stream = new StreamBytes()
                .toFirstPart()
                .part(2)
                .u64(0x1000 | 0x08)
                .str8("pc.ram")
                .random(4096, 1)
                .u64(0x2000 | 0x22)
                .u8(0)
                .u64(0x02)
                .str8("vga.ram")
                .u8(0)
                .u64(0x3000 | 0x28)
                .random(4096, 2)
                .u64(0x200)
                .eos()
                .footer(2)
                .part(2)
                .u64(0x1000 | 0x60)
                .u8(1)
                .u16(3)
                .random(3, 3)
                .u64(0x1000 | 0x22)
                .u8(0x5a)
                .u64(0x4000 | 0x100)
                .str8("pc.ram")
                .u32(50)
                .random(50, 4)
                .eos()
                .footer(2)
                .command(11, 0)
                .end(2)
                .eos()
                .footer(2)
                .full(4, "cpu", 12)
                .random(100, 5)
                .toByteArray();

        Rebuilt found = Feed.whole(stream);

        assertThat(found.events)
                .containsExactly(
                        "verbatim",
                        "blocks [" + PC_RAM + ", " + VGA_RAM + "]",
                        "verbatim",
                        "ram section end false",
                        "verbatim",
                        "page 0 4096 true",
                        "zero 0 8192 false",
                        "zero 1 0 true",
                        "page 1 12288 false",
                        "verbatim",
                        "ram section end false",
                        "verbatim",
                        "opaque 1 4096 14",
                        "opaque 1 4096 9",
                        "opaque 0 16384 69",
                        "verbatim",
                        "ram section end false",
                        "verbatim",
                        "ram section end true",
                        "pass through device state true",
                        "verbatim");
        found.assertIs(stream);
        Feed.byteByByte(stream).assertIs(stream);
    }

    @Test
    void pageContentIsWhereItIsInTheCallersBuffer() {
        byte[] prefix = new StreamBytes().toFirstPart().part(2).toByteArray();
        byte[] record =
                new StreamBytes().u64(0x08).str8("pc.ram").random(4096, 9).toByteArray();
        ByteBuffer in = ByteBuffer.allocateDirect(prefix.length + record.length + 7);
        in.position(7).put(prefix).put(record).flip().position(7);
        int[] position = {-1};
        new MigrationStreamReader().read(in, new Ignoring() {
            @Override
            public void page(int block, long offset, boolean named, ByteBuffer bytes, int contentPosition) {
                assertThat(bytes).isSameAs(in);
                position[0] = contentPosition;
            }
        });
        assertThat(position[0]).isEqualTo(7 + prefix.length + 8 + 7);
    }

    @Test
    void tellsOfBlocksReturnPathAndPassThrough() {
        MigrationStreamReader reader = new MigrationStreamReader();
        assertThat(reader.blocks()).isEmpty();
        reader.read(new StreamBytes().toFirstPart().toBuffer(), new Ignoring());
        assertThat(reader.blocks()).containsExactly(PC_RAM, VGA_RAM);
        assertThat(reader.returnPathOpened()).isFalse();
        assertThat(reader.passingThrough()).isFalse();
        reader.read(new StreamBytes().command(1, 0).toBuffer(), new Ignoring());
        assertThat(reader.returnPathOpened()).isTrue();
        reader.read(new StreamBytes().u8(0x44).toBuffer(), new Ignoring());
        assertThat(reader.passingThrough()).isTrue();
        assertThat(reader.blocks()).hasSize(2);
    }

    @Test
    void nothingOfAFinishedSectionIsHeldBack() {
        byte[] stream = new StreamBytes().toFirstPart().part(2).eos().footer(2).toByteArray();
        ByteBuffer in = ByteBuffer.wrap(stream);
        Rebuilt found = new Rebuilt();
        new MigrationStreamReader().read(in, found);
        assertThat(in.remaining()).isZero();
        assertThat(found.ramSections).isEqualTo(2);
    }

    @Test
    void oldMachinesHaveNeitherConfigurationNorFooters() {
        byte[] stream = new StreamBytes()
                .header()
                .start(2, "ram", 4)
                .u64(4096 + 4)
                .str8("pc.ram")
                .u64(4096)
                .eos()
                .part(2)
                .u64(0x02)
                .str8("pc.ram")
                .u8(0)
                .eos()
                .end(2)
                .eos()
                .random(50, 1)
                .toByteArray();
        Rebuilt found = Feed.whole(stream);
        assertThat(found.zeroPages).isOne();
        assertThat(found.ramSections).isEqualTo(3);
        assertThat(found.passThroughs).containsExactly("device state");
        found.assertIs(stream);
    }

    @Test
    void readsConfigurationWithSubsections() {
        byte[] stream = new StreamBytes()
                .header()
                .configuration("pc-q35-10.0")
                .u8(5)
                .str8("configuration/target-page-bits")
                .u32(1)
                .u32(12)
                .u8(5)
                .str8("configuration/capabilities")
                .u32(1)
                .u32(1)
                .str8("x-ignore-shared")
                .u8(5)
                .str8("configuration/uuid")
                .u32(1)
                .random(16, 1)
                .start(0, "ram", 4)
                .u64(2 * 4096 + 4)
                .str8("pc.ram")
                .u64(4096)
                .u64(0)
                .str8("rom")
                .u64(4096)
                .u64(0xfff00000L)
                .eos()
                .footer(0)
                .part(0)
                .u64(0x02)
                .str8("rom")
                .u8(0)
                .eos()
                .footer(0)
                .toByteArray();
        Rebuilt found = Feed.byteByByte(stream);
        assertThat(found.passThroughs).isEmpty();
        assertThat(found.blocks).containsExactly(new RamBlock("pc.ram", 4096), new RamBlock("rom", 4096));
        assertThat(found.zeroPages).isOne();
    }

    /** With postcopy advised for huge pages only some entries carry a page size, and nothing says which. */
    @ParameterizedTest
    @MethodSource("hugePageLists")
    void tellsPageSizesInTheBlockListApart(boolean shared, boolean first, boolean last, int follower) {
        StreamBytes stream = new StreamBytes().header().configuration("pc-q35-7.2");
        if (shared) {
            stream.u8(5).str8("configuration/capabilities").u32(1).u32(1).str8("x-ignore-shared");
        }
        stream.command(3, 16).u64(0x201000).u64(0x1000).start(2, "ram", 4).u64(0x400000 + 0x2000 + 4);
        stream.str8("a").u64(first ? 0x400000 : 0x2000);
        if (first) {
            stream.u64(0x200000);
        }
        if (shared) {
            stream.u64(0x100000000L);
        }
        stream.str8("b").u64(first ? 0x2000 : 0x400000);
        if (last) {
            stream.u64(0x200000);
        }
        if (shared) {
            stream.u64(0);
        }
        byte[] bytes = stream.u64(follower).eos().footer(2).toByteArray();
        if (follower == 0x10) {
            bytes = Arrays.copyOf(bytes, bytes.length - 13);
        }
        Rebuilt found = Feed.byteByByte(bytes);
        assertThat(found.passThroughs).isEmpty();
        assertThat(found.blocks)
                .containsExactly(
                        new RamBlock("a", first ? 0x400000 : 0x2000), new RamBlock("b", first ? 0x2000 : 0x400000));
    }

    static Stream<Arguments> hugePageLists() {
        return Stream.of(0x10, 0x200)
                .flatMap(follower -> Stream.of(false, true)
                        .flatMap(shared -> Stream.of(
                                Arguments.of(shared, true, false, follower),
                                Arguments.of(shared, false, true, follower),
                                Arguments.of(shared, false, false, follower),
                                Arguments.of(shared, true, true, follower))));
    }

    @Test
    void parsesOtherIterablesAndVirtioMem() {
        byte[] stream = new StreamBytes()
                .toFirstPart()
                .start(3, "dirty-bitmap", 1)
                .u8(0x1c)
                .str8("node")
                .str8("bitmap")
                .u32(65536)
                .u8(1)
                .u8(0x01)
                .footer(3)
                .start(7, "0000:00:05.0/vfio", 1)
                .u64(0xffffffffef100003L)
                .u64(0xffffffffef100001L)
                .footer(7)
                .full(9, "0000:00:01.0/virtio-mem-device-early", 1)
                .u64(0x140000000L)
                .u64(512L << 20)
                .u64(2 << 20)
                .u32(0)
                .u64(64 << 20)
                .random(32, 3)
                .footer(9)
                .part(3)
                .u8(0x40)
                .u64(0)
                .u32(128)
                .u64(20_000)
                .random(20_000, 4)
                .u8(0x42)
                .u64(128)
                .u32(128)
                .u8(0x01)
                .footer(3)
                .part(7)
                .u64(0xffffffffef100004L)
                .u64(100_000)
                .random(100_000, 5)
                .u64(0xffffffffef100005L)
                .footer(7)
                .part(2)
                .u64(0x08)
                .str8("pc.ram")
                .random(4096, 6)
                .eos()
                .footer(2)
                .end(3)
                .u8(0x20)
                .u8(0x01)
                .footer(3)
                .end(7)
                .u64(0xffffffffef100004L)
                .u64(0)
                .u64(0xffffffffef100001L)
                .footer(7)
                .end(2)
                .eos()
                .footer(2)
                .toByteArray();
        Rebuilt found = Feed.byteByByte(stream);
        assertThat(found.pages).isOne();
        assertThat(found.passThroughs).containsExactly("device state");
        Feed.pieces(stream, stream.length, 9000, new Random(1)).assertIs(stream);
    }

    @ParameterizedTest
    @MethodSource("unknowns")
    void passesThroughAtWhatItDoesNotKnow(String reason, UnaryOperator<StreamBytes> beginning, byte[] unknown) {
        StreamBytes known = beginning.apply(new StreamBytes());
        int knownLength = known.size();
        byte[] stream = known.bytes(unknown).random(600, 8).toByteArray();
        Rebuilt found = Feed.whole(stream);
        assertThat(found.passThroughs).containsExactly(reason);
        assertThat(found.passThroughExpected).isFalse();
        assertThat(found.passThroughAt).isEqualTo(knownLength);
        found.assertIs(stream);
        assertThat(Feed.byteByByte(stream).passThroughs).containsExactly(reason);
    }

    static Stream<Arguments> unknowns() {
        UnaryOperator<StreamBytes> nothing = s -> s;
        UnaryOperator<StreamBytes> ram = s -> s.toFirstPart();
        UnaryOperator<StreamBytes> part = s -> s.toFirstPart().part(2);
        UnaryOperator<StreamBytes> configuration = s -> s.header().configuration("m");
        return Stream.of(
                unknown(
                        "multifd channel of version 2",
                        nothing,
                        s -> s.u32(0x11223344).u32(2)),
                unknown("TLS inside the stream (without --tls the tunnel encrypts it)", nothing, s -> s.u16(0x1603)),
                unknown("not a migration stream", nothing, s -> s.u32(0x51455600)),
                unknown("not a migration stream", nothing, s -> s.u64(0)),
                unknown(
                        "postcopy channel for requested pages",
                        nothing,
                        s -> s.u64(0x492f008).str8("pc.ram")),
                unknown("postcopy channel for requested pages", nothing, s -> s.u64(0x10)),
                unknown(
                        "migration stream of version 2",
                        nothing,
                        s -> s.u32(0x5145564d).u32(2)),
                unknown("postcopy recovery", nothing, s -> s.command(10, 7)),
                unknown("postcopy", ram, s -> s.command(4, 0)),
                unknown("postcopy", ram, s -> s.command(5, 0)),
                unknown("postcopy", ram, s -> s.command(6, 25)),
                unknown("postcopy", ram, s -> s.command(7, 4)),
                unknown("COLO", ram, s -> s.command(8, 0)),
                unknown("postcopy recovery", ram, s -> s.command(9, 0)),
                unknown("unknown command 12", ram, s -> s.command(12, 0)),
                unknown("unknown command 0", ram, s -> s.command(0, 0)),
                unknown("command 2 of 5 bytes", ram, s -> s.command(2, 5)),
                unknown("command 1 of 1 bytes", ram, s -> s.command(1, 1)),
                unknown("command 11 of 4 bytes", ram, s -> s.command(11, 4)),
                unknown("command 3 of 8 bytes", ram, s -> s.command(3, 8)),
                unknown(
                        "guest pages of 65536 bytes",
                        ram,
                        s -> s.command(3, 16).u64(65536).u64(65536)),
                unknown("configuration in mid-stream", ram, s -> s.configuration("again")),
                unknown(
                        "configuration with a machine name of 256 bytes",
                        s -> s.header().u8(7),
                        s -> s.u32(256)),
                unknown(
                        "configuration with a machine name of 4294967295 bytes",
                        s -> s.header().u8(7),
                        s -> s.u32(-1)),
                unknown(
                        "guest pages of 2^16 bytes",
                        configuration,
                        s -> s.u8(5)
                                .str8("configuration/target-page-bits")
                                .u32(1)
                                .u32(16)),
                unknown(
                        "unknown subsection configuration/new?",
                        configuration,
                        s -> s.u8(5).str8("configuration/new\n").u32(1)),
                unknown(
                        "unknown version of configuration/uuid",
                        configuration,
                        s -> s.u8(5).str8("configuration/uuid").u32(2)),
                unknown(
                        "configuration with 65 capabilities",
                        configuration,
                        s -> s.u8(5).str8("configuration/capabilities").u32(1).u32(65)),
                unknown(
                        "capability mapped-ram",
                        s -> s.header()
                                .configuration("m")
                                .u8(5)
                                .str8("configuration/capabilities")
                                .u32(1)
                                .u32(1),
                        s -> s.str8("mapped-ram")),
                unknown("unknown section block version 1", ram, s -> s.start(1, "block", 1)),
                unknown("unknown section ram version 5", s -> s.header(), s -> s.start(2, "ram", 5)),
                unknown("unknown section cpu version 12", ram, s -> s.full(5, "cpu", 12)),
                unknown("second RAM section", ram, s -> s.start(3, "ram", 4)),
                unknown("section 2 is started twice, or too many are", ram, s -> s.start(2, "dirty-bitmap", 1)),
                unknown("section 5 was not started", ram, s -> s.part(5)),
                unknown("section 5 was not started", ram, s -> s.end(5)),
                unknown("end of the sections before the end of RAM", ram, s -> s.u8(0)),
                unknown("unknown section type 6", ram, s -> s.u8(6)),
                unknown(
                        "section 2 without its footer",
                        s -> s.toFirstPart().part(2).eos(),
                        s -> s.footer(3)),
                unknown(
                        "section 2 without its footer",
                        s -> s.toFirstPart().part(2).eos(),
                        s -> s.part(2)),
                unknown("record without a RAM block", part, s -> s.u64(0x28)),
                unknown(
                        "record of a RAM block that was not listed",
                        part,
                        s -> s.u64(0x08).str8("pc.rom")),
                unknown(
                        "record of a RAM block that was not listed",
                        part,
                        s -> s.u64(0x08).str8("")),
                unknown(
                        "record beyond the end of RAM block pc.ram",
                        part,
                        s -> s.u64(0x10008).str8("pc.ram")),
                unknown(
                        "record beyond the end of RAM block pc.ram",
                        part,
                        s -> s.u64(0xfffffffffffff008L).str8("pc.ram")),
                unknown("unknown RAM record 0x1010", part, s -> s.u64(0x1010)),
                unknown("unknown RAM record 0x1200", part, s -> s.u64(0x1200)),
                unknown("unknown RAM record 0x400", part, s -> s.u64(0x400)),
                unknown("unknown RAM record 0x0", part, s -> s.u64(0)),
                unknown("unknown RAM record 0xa", part, s -> s.u64(0x0a)),
                unknown("RDMA inside the stream", part, s -> s.u64(0x80)),
                unknown("second list of RAM blocks", part, s -> s.u64(0x1004)),
                unknown(
                        "XBZRLE record of kind 2, 4 bytes",
                        part,
                        s -> s.u64(0x40).str8("pc.ram").u8(2).u16(4)),
                unknown(
                        "XBZRLE record of kind 1, 4097 bytes",
                        part,
                        s -> s.u64(0x40).str8("pc.ram").u8(1).u16(4097)),
                unknown(
                        "compressed page of 5121 bytes",
                        part,
                        s -> s.u64(0x100).str8("pc.ram").u32(5121)),
                unknown(
                        "record of a RAM block that was not listed",
                        s -> s.header().start(2, "ram", 4),
                        s -> s.u64(0x08).str8("pc.ram")),
                unknown("RAM of 562949953421312 bytes", s -> s.header().start(2, "ram", 4), s -> s.u64((1L << 49) + 4)),
                unknown("RAM block without a name", MigrationStreamReaderTest::inList, s -> s.u8(0)),
                unknown(
                        "RAM block of 12288 bytes",
                        MigrationStreamReaderTest::inList,
                        s -> s.str8("a").u64(12288)),
                unknown(
                        "RAM block of 100 bytes",
                        MigrationStreamReaderTest::inList,
                        s -> s.str8("a").u64(100)),
                unknown(
                        "RAM block of 18446744073709547520 bytes",
                        MigrationStreamReaderTest::inList,
                        s -> s.str8("a").u64(-4096)),
                unknown(
                        "two RAM blocks of the same name",
                        s -> inList(s).str8("a").u64(4096).str8("a").u64(4096),
                        s -> s),
                unknown(
                        "RAM of 9223372036854775808 bytes",
                        s -> s.header().start(2, "ram", 4),
                        s -> s.u64(0x8000000000000004L)),
                unknown(
                        "unknown dirty-bitmap flags 0x80",
                        s -> s.toFirstPart().start(3, "dirty-bitmap", 1),
                        s -> s.u8(0x80)),
                unknown(
                        "unknown dirty-bitmap flags 0x50",
                        s -> s.toFirstPart().start(3, "dirty-bitmap", 1),
                        s -> s.u8(0x50)),
                unknown(
                        "dirty-bitmap chunk of 18446744073709551615 bytes",
                        s -> s.toFirstPart().start(3, "dirty-bitmap", 1),
                        s -> s.u8(0x40).u64(0).u32(1).u64(-1)),
                unknown(
                        "unknown vfio word 0xffffffffef100002",
                        s -> s.toFirstPart().start(3, "x/vfio", 1),
                        s -> s.u64(0xffffffffef100002L)),
                unknown(
                        "vfio data of 18446744073709551615 bytes",
                        s -> s.toFirstPart().start(3, "x/vfio", 1),
                        s -> s.u64(0xffffffffef100004L).u64(-1)),
                unknown(
                        "virtio-mem of 4096 bytes in blocks of 0",
                        s -> s.toFirstPart().full(3, "x/virtio-mem-device-early", 1),
                        s -> s.u64(0).u64(4096).u64(0).u32(0).u64(0)));
    }

    private static StreamBytes inList(StreamBytes stream) {
        return stream.header().start(2, "ram", 4).u64(8192 + 4);
    }

    private static Arguments unknown(
            String reason, UnaryOperator<StreamBytes> beginning, UnaryOperator<StreamBytes> unknown) {
        return Arguments.of(reason, beginning, unknown.apply(new StreamBytes()).toByteArray());
    }

    @Test
    void allocatesNothingForAPage() {
        StreamBytes stream = new StreamBytes().toFirstPart().part(2);
        stream.u64(0x02).str8("pc.ram").u8(0);
        int beginning = stream.size();
        for (int i = 0; i < 1000; i++) {
            stream.u64(0x22)
                    .u8(0)
                    .u64(0x1008)
                    .str8(i % 2 == 0 ? "pc.ram" : "vga.ram")
                    .random(4096, i);
            stream.u64(0x1060).u8(1).u16(3).random(3, i);
        }
        ByteBuffer in = stream.toBuffer();
        MigrationStreamReader reader = new MigrationStreamReader();
        StreamHandler ignoring = new Ignoring();
        reader.read(in, ignoring);

        ThreadMXBean threads = (ThreadMXBean) ManagementFactory.getThreadMXBean();
        long before = threads.getCurrentThreadAllocatedBytes();
        for (int i = 0; i < 10; i++) {
            in.position(beginning);
            reader.read(in, ignoring);
        }
        // 30,000 records; the smallest object has 16 bytes.
        assertThat(threads.getCurrentThreadAllocatedBytes() - before).isLessThan(16 * 10_000);
        assertThat(reader.passingThrough()).isFalse();
        assertThat(in.hasRemaining()).isFalse();
    }

    @Test
    void tooManyBlocksAreNotGathered() {
        StreamBytes stream = new StreamBytes().header().start(2, "ram", 4).u64((5000L * 4096) | 4);
        for (int i = 0; i < 5000; i++) {
            stream.str8("block" + i).u64(4096);
        }
        byte[] bytes = stream.toByteArray();
        Rebuilt found = Feed.whole(bytes);
        assertThat(found.passThroughs).containsExactly("more than 4096 RAM blocks");
        assertThat(found.blockLists).isZero();
        found.assertIs(bytes);
    }

    @Test
    void decidesOnTheFirstByteThatFitsNoBeginning() {
        for (int first = 0; first < 256; first++) {
            MigrationStreamReader reader = new MigrationStreamReader();
            ByteBuffer in = ByteBuffer.wrap(new byte[] {(byte) first});
            reader.read(in, new Ignoring());
            boolean mayBeKnown = first == 0 || first == 'Q' || first == 0x11 || first == 0x16 || first == 0x08;
            assertThat(reader.passingThrough()).as("first byte %d", first).isNotEqualTo(mayBeKnown);
            assertThat(in.hasRemaining()).isEqualTo(mayBeKnown);
        }
    }

    /** Takes no note of anything. */
    private static class Ignoring implements StreamHandler {
        @Override
        public void verbatim(ByteBuffer bytes, int position, int length) {}

        @Override
        public void blocks(List<RamBlock> blocks) {}

        @Override
        public void page(int block, long offset, boolean named, ByteBuffer bytes, int contentPosition) {}

        @Override
        public void zeroPage(int block, long offset, boolean named) {}

        @Override
        public void opaquePage(int block, long offset, ByteBuffer bytes, int position, int length) {}

        @Override
        public void lastRamSection() {}

        @Override
        public void ramSectionEnd(boolean last) {}

        @Override
        public void passThrough(String reason, boolean expected) {}
    }
}
