package io.novacron.hde.qemu.nbd;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;

/** Puts a conversation together, one half at a time. */
final class NbdBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    /** The client's half up to the first request for an export of this name. */
    static NbdBytes client(String export) {
        byte[] name = export.getBytes(StandardCharsets.ISO_8859_1);
        return new NbdBytes()
                .u32(3)
                .option(8)
                .option(
                        7,
                        new NbdBytes().u32(name.length).raw(name).u16(1).u16(3).bytes());
    }

    NbdBytes option(int number, byte... data) {
        return u64(Nbd.OPTION).u32(number).u32(data.length).raw(data);
    }

    NbdBytes compact(int flags, int type, long offset, int length) {
        return u32(Nbd.REQUEST).u16(flags).u16(type).u64(0x1234).u64(offset).u32(length);
    }

    NbdBytes extended(int flags, int type, long offset, long length) {
        return u32(Nbd.EXTENDED_REQUEST)
                .u16(flags)
                .u16(type)
                .u64(0x1234)
                .u64(offset)
                .u64(length);
    }

    NbdBytes write(long offset, byte[] content) {
        return compact(0, 1, offset, content.length).raw(content);
    }

    NbdBytes disconnect() {
        return compact(0, 2, 0, 0);
    }

    NbdBytes u16(int value) {
        return raw(ByteBuffer.allocate(2).putShort((short) value).array());
    }

    NbdBytes u32(int value) {
        return raw(ByteBuffer.allocate(4).putInt(value).array());
    }

    NbdBytes u64(long value) {
        return raw(ByteBuffer.allocate(8).putLong(value).array());
    }

    NbdBytes raw(byte... bytes) {
        out.writeBytes(bytes);
        return this;
    }

    byte[] bytes() {
        return out.toByteArray();
    }
}
