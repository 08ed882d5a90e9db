package io.novacron.hde.qemu.stream;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.BufferOverflowException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class MigrationStreamWriterTest {
    private static final List<RamBlock> BLOCKS =
            List.of(new RamBlock("pc.ram", 16 * 4096), new RamBlock("vga.ram", 4 * 4096));

    @ParameterizedTest
    @ValueSource(strings = {"BIG_ENDIAN", "LITTLE_ENDIAN"})
    void writesWholeStreams(String order) {
        byte[] content = new StreamBytes().random(4096, 1).toByteArray();
        ByteBuffer out = ByteBuffer.allocate(20_000)
                .order(order.equals("BIG_ENDIAN") ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        MigrationStreamWriter writer = new MigrationStreamWriter();
        writer.header(out, "pc-q35-7.2");
        writer.openReturnPath(out);
        writer.ramStart(out, 2, BLOCKS);
        writer.beginRamPart(out, 2);
        out.put(writer.beginPage(out, 0, 0x1000, true), content);
        out.put(writer.beginPage(out, 0, 0x2000, false), content);
        writer.zeroPage(out, 1, 0x3000, true);
        writer.zeroPage(out, 1, 0, false);
        writer.multifdFlush(out);
        writer.endRamSection(out, 2);
        writer.beginRamEnd(out, 2);
        writer.endRamSection(out, 2);
        writer.end(out, "{}");

        byte[] expected = new StreamBytes()
                .header()
                .configuration("pc-q35-7.2")
                .command(1, 0)
                .command(2, 4)
                .u32(1)
                .start(2, "ram", 4)
                .u64(20 * 4096 + 4)
                .str8("pc.ram")
                .u64(16 * 4096)
                .str8("vga.ram")
                .u64(4 * 4096)
                .eos()
                .footer(2)
                .part(2)
                .u64(0x1008)
                .str8("pc.ram")
                .bytes(content)
                .u64(0x2028)
                .bytes(content)
                .u64(0x3002)
                .str8("vga.ram")
                .u8(0)
                .u64(0x22)
                .u8(0)
                .u64(0x200)
                .eos()
                .footer(2)
                .end(2)
                .eos()
                .footer(2)
                .u8(0)
                .u8(6)
                .u32(2)
                .u8('{')
                .u8('}')
                .toByteArray();
        assertThat(Arrays.copyOf(out.array(), out.position())).isEqualTo(expected);

        Rebuilt found = Feed.whole(expected);
        assertThat(found.passThroughs).containsExactly("device state");
        assertThat(found.blocks).isEqualTo(BLOCKS);
        assertThat(found.pages).isEqualTo(2);
        assertThat(found.zeroPages).isEqualTo(2);
        assertThat(found.ramSections).isEqualTo(3);
    }

    @Test
    void tooLittleRoomIsAnOverflowAndWritesNothing() {
        MigrationStreamWriter writer = new MigrationStreamWriter();
        writer.blocks(BLOCKS);
        overflows(4103, out -> writer.beginPage(out, 0, 0, false));
        overflows(4110, out -> writer.beginPage(out, 0, 0, true));
        overflows(8, out -> writer.zeroPage(out, 0, 0, false));
        overflows(15, out -> writer.zeroPage(out, 0, 0, true));
        overflows(3, out -> writer.verbatim(out, ByteBuffer.allocate(9), 5, 4));
        overflows(20, out -> writer.header(out, "pc-q35-7.2"));
        overflows(13, writer::openReturnPath);
        overflows(60, out -> writer.ramStart(out, 2, BLOCKS));
        overflows(4, out -> writer.beginRamPart(out, 2));
        overflows(4, out -> writer.beginRamEnd(out, 2));
        overflows(12, out -> writer.endRamSection(out, 2));
        overflows(7, writer::multifdFlush);
        overflows(7, out -> writer.end(out, "{}"));
    }

    private static void overflows(int room, Consumer<ByteBuffer> write) {
        ByteBuffer out = ByteBuffer.allocate(room);
        assertThatThrownBy(() -> write.accept(out)).isInstanceOf(BufferOverflowException.class);
        assertThat(out.position()).isZero();
        assertThat(out.array()).containsOnly(0);
    }

    @Test
    void blocksHaveNamesAndWholePages() {
        assertThatThrownBy(() -> new RamBlock("", 0)).hasMessageContaining("1 to 255 bytes");
        assertThatThrownBy(() -> new RamBlock("x".repeat(256), 0)).hasMessageContaining("1 to 255 bytes");
        assertThatThrownBy(() -> new RamBlock("\u0100", 0)).hasMessageContaining("1 to 255 bytes");
        assertThatThrownBy(() -> new RamBlock("a", -4096)).hasMessageContaining("-4096");
        assertThatThrownBy(() -> new RamBlock("a", 100)).hasMessageContaining("100");
    }
}
