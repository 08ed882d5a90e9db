package io.novacron.hde.qemu.stream;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Puts streams together from numbers written out anew, independent of the writer and its constants. */
final class StreamBytes {
    private final ByteArrayOutputStream out = new ByteArrayOutputStream();

    byte[] toByteArray() {
        return out.toByteArray();
    }

    int size() {
        return out.size();
    }

    StreamBytes u8(int value) {
        out.write(value);
        return this;
    }

    StreamBytes u16(int value) {
        return u8(value >> 8).u8(value);
    }

    StreamBytes u32(long value) {
        return u16((int) (value >> 16)).u16((int) value);
    }

    StreamBytes u64(long value) {
        return u32(value >> 32).u32(value);
    }

    StreamBytes bytes(byte[] value) {
        out.writeBytes(value);
        return this;
    }

    StreamBytes random(int length, long seed) {
        byte[] content = new byte[length];
        new Random(seed).nextBytes(content);
        return bytes(content);
    }

    StreamBytes str8(String value) {
        byte[] name = value.getBytes(StandardCharsets.ISO_8859_1);
        return u8(name.length).bytes(name);
    }

    StreamBytes header() {
        return u32(0x5145564d).u32(3);
    }

    StreamBytes configuration(String machine) {
        return u8(7).u32(machine.length()).bytes(machine.getBytes(StandardCharsets.ISO_8859_1));
    }

    StreamBytes command(int command, int length) {
        return u8(8).u16(command).u16(length);
    }

    StreamBytes start(int id, String name, int version) {
        return u8(1).u32(id).str8(name).u32(0).u32(version);
    }

    StreamBytes part(int id) {
        return u8(2).u32(id);
    }

    StreamBytes end(int id) {
        return u8(3).u32(id);
    }

    StreamBytes full(int id, String name, int version) {
        return u8(4).u32(id).str8(name).u32(0).u32(version);
    }

    StreamBytes footer(int id) {
        return u8(0x7e).u32(id);
    }

    StreamBytes eos() {
        return u64(0x10);
    }

    /** header, configuration, START of ram (id 2) with pc.ram of 16 pages and vga.ram of 4. */
    StreamBytes toFirstPart() {
        return header().configuration("pc-q35-7.2")
                .start(2, "ram", 4)
                .u64(20 * 4096 + 4)
                .str8("pc.ram")
                .u64(16 * 4096)
                .str8("vga.ram")
                .u64(4 * 4096)
                .eos()
                .footer(2);
    }

    ByteBuffer toBuffer() {
        return ByteBuffer.wrap(toByteArray());
    }
}
