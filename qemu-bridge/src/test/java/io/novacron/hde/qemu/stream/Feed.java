package io.novacron.hde.qemu.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.Random;

/** Gives a reader its input in pieces, as a socket would. */
final class Feed {
    private Feed() {}

    /** In one piece, to the end. */
    static Rebuilt whole(byte[] input) {
        return whole(input, new Rebuilt());
    }

    /** The same, handed on to this. */
    static Rebuilt whole(byte[] input, Rebuilt rebuilt) {
        rebuilt.keepEvents = true;
        new MigrationStreamReader().finish(ByteBuffer.wrap(input), rebuilt);
        return rebuilt;
    }

    /** In pieces of random length up to {@code most}, through a buffer that is compacted between two pieces. */
    static Rebuilt pieces(byte[] input, int length, int most, Random random) {
        return pieces(input, length, most, random, new Rebuilt());
    }

    /** The same, handed on to this. */
    static Rebuilt pieces(byte[] input, int length, int most, Random random, Rebuilt rebuilt) {
        MigrationStreamReader reader = new MigrationStreamReader();
        int capacity = MigrationStreamReader.MAX_PENDING + most;
        ByteBuffer in = random.nextBoolean() ? ByteBuffer.allocateDirect(capacity) : ByteBuffer.allocate(capacity);
        in.order(random.nextBoolean() ? ByteOrder.BIG_ENDIAN : ByteOrder.LITTLE_ENDIAN);
        int at = 0;
        while (at < length) {
            int piece = Math.min(1 + random.nextInt(most), length - at);
            in.put(input, at, piece);
            at += piece;
            in.flip();
            reader.read(in, rebuilt);
            assertThat(in.remaining()).isLessThanOrEqualTo(MigrationStreamReader.MAX_PENDING);
            assertThat(rebuilt.length() + in.remaining()).isEqualTo(at);
            in.compact();
        }
        in.flip();
        reader.finish(in, rebuilt);
        assertThat(in.remaining()).isZero();
        return rebuilt;
    }

    /**
     * Byte by byte. After every byte it checks that what was rebuilt and what is pending are the input so far, which is
     * what {@code finish} would hand on: so this covers the cut at every place, too.
     */
    static Rebuilt byteByByte(byte[] input) {
        MigrationStreamReader reader = new MigrationStreamReader();
        Rebuilt rebuilt = new Rebuilt();
        ByteBuffer in = ByteBuffer.wrap(input);
        int checked = 0;
        for (int end = 1; end <= input.length; end++) {
            in.limit(end);
            reader.read(in, rebuilt);
            if (rebuilt.length() != in.position()
                    || in.remaining() > MigrationStreamReader.MAX_PENDING
                    || !rebuilt.agreesWith(input, checked)) {
                throw new AssertionError("after byte " + end + ": rebuilt " + rebuilt.length() + ", consumed "
                        + in.position() + ", or the bytes differ");
            }
            checked = rebuilt.length();
        }
        reader.finish(in, rebuilt);
        return rebuilt;
    }
}
