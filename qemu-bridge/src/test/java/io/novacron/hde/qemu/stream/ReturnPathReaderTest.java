package io.novacron.hde.qemu.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class ReturnPathReaderTest {
    @Test
    void observesASuccessfulMigration() {
        ReturnPathReader reader = new ReturnPathReader();
        reader.read(new StreamBytes().u16(2).u16(4).u32(1).toBuffer());
        assertThat(reader.seen(ReturnPathFrame.PONG)).isOne();
        assertThat(reader.shutDown()).isFalse();
        reader.read(new StreamBytes().u16(1).u16(4).u32(0).toBuffer());
        assertThat(reader.shutDown()).isTrue();
        assertThat(reader.succeeded()).isTrue();
        assertThat(reader.observing()).isTrue();
    }

    @Test
    void observesAFailedMigration() {
        for (int status : new int[] {1, 0x10000, 0x80000000}) {
            ReturnPathReader reader = new ReturnPathReader();
            reader.read(new StreamBytes().u16(1).u16(4).u32(status).toBuffer());
            assertThat(reader.shutDown()).isTrue();
            assertThat(reader.succeeded()).isFalse();
        }
    }

    @Property(tries = 200)
    void observesEveryFrameForAnySplit(@ForAll long seed, @ForAll @IntRange(min = 1, max = 40) int most) {
        byte[] bytes = everyFrame();
        ReturnPathReader reader = new ReturnPathReader();
        Random random = new Random(seed);
        for (int at = 0; at < bytes.length; ) {
            int piece = Math.min(1 + random.nextInt(most), bytes.length - at);
            ByteBuffer in = ByteBuffer.wrap(bytes, at, piece);
            reader.read(in);
            assertThat(in.hasRemaining()).isFalse();
            at += piece;
        }
        for (ReturnPathFrame frame : ReturnPathFrame.values()) {
            assertThat(reader.seen(frame)).as(frame.name()).isEqualTo(frame == ReturnPathFrame.RECV_BITMAP ? 2 : 1);
        }
        assertThat(reader.observing()).isTrue();
        assertThat(reader.succeeded()).isTrue();
    }

    private static byte[] everyFrame() {
        return new StreamBytes()
                .u16(7)
                .u16(0)
                .u16(2)
                .u16(4)
                .u32(1)
                .u16(3)
                .u16(19)
                .u64(0x1000)
                .u32(4096)
                .str8("pc.ram")
                .u16(4)
                .u16(12)
                .u64(0x2000)
                .u32(4096)
                .u16(5)
                .u16(7)
                .str8("pc.ram")
                .u64(256)
                .random(256, 1)
                .u64(0x0123456789abcdefL)
                .u16(5)
                .u16(7)
                .str8("pc.ram")
                .u64(0)
                .u64(0x0123456789abcdefL)
                .u16(6)
                .u16(4)
                .u32(1)
                .u16(1)
                .u16(4)
                .u32(0)
                .toByteArray();
    }

    @Test
    void stopsObservingAtWhatItDoesNotKnow() {
        byte[][] unknowns = {
            new StreamBytes().u16(0).u16(0).toByteArray(),
            new StreamBytes().u16(8).u16(0).toByteArray(),
            new StreamBytes().u16(1).u16(5).toByteArray(),
            new StreamBytes().u16(3).u16(600).toByteArray(),
            new StreamBytes().u16(5).u16(2).u16(0x0161).u64(-1).toByteArray(),
            new StreamBytes().u16(5).u16(2).u16(0x0161).u64(1).u8(0).u64(7).toByteArray()
        };
        for (byte[] unknown : unknowns) {
            ReturnPathReader reader = new ReturnPathReader();
            reader.read(new StreamBytes().u16(2).u16(4).u32(1).toBuffer());
            reader.read(ByteBuffer.wrap(unknown));
            assertThat(reader.observing()).isFalse();
            reader.read(new StreamBytes().u16(1).u16(4).u32(0).toBuffer());
            assertThat(reader.shutDown()).isFalse();
            assertThat(reader.seen(ReturnPathFrame.PONG)).isOne();
        }
    }

    @Property(tries = 300)
    void neverThrows(@ForAll @Size(max = 300) byte[] garbage) {
        ByteBuffer in = ByteBuffer.wrap(garbage);
        new ReturnPathReader().read(in);
        assertThat(in.hasRemaining()).isFalse();
    }
}
