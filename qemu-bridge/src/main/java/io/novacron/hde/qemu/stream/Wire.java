package io.novacron.hde.qemu.stream;

import java.nio.charset.StandardCharsets;

/** The numbers of the migration stream (QEMU: {@code migration/savevm.h}, {@code savevm.c}, {@code ram.c}). */
final class Wire {
    static final int PAGE_BITS = 12;
    static final int PAGE_SIZE = 1 << PAGE_BITS;
    static final int FLAGS_MASK = PAGE_SIZE - 1;
    static final int MAX_STR8 = 255;

    static final int MAGIC = 0x5145564d; // "QEVM"
    static final int VERSION = 3;
    static final int MULTIFD_MAGIC = 0x11223344;

    static final int EOF = 0x00;
    static final int SECTION_START = 0x01;
    static final int SECTION_PART = 0x02;
    static final int SECTION_END = 0x03;
    static final int SECTION_FULL = 0x04;
    static final int SUBSECTION = 0x05;
    static final int VM_DESCRIPTION = 0x06;
    static final int CONFIGURATION = 0x07;
    static final int COMMAND = 0x08;
    static final int SECTION_FOOTER = 0x7e;

    static final int RAM_VERSION = 4;

    static final int RAM_ZERO = 0x002;
    static final int RAM_MEM_SIZE = 0x004;
    static final int RAM_PAGE = 0x008;
    static final int RAM_EOS = 0x010;
    static final int RAM_CONTINUE = 0x020;
    static final int RAM_XBZRLE = 0x040;
    static final int RAM_HOOK = 0x080;
    static final int RAM_COMPRESS_PAGE = 0x100;
    static final int RAM_MULTIFD_FLUSH = 0x200;

    static final int CMD_OPEN_RETURN_PATH = 1;
    static final int CMD_PING = 2;
    static final int CMD_POSTCOPY_ADVISE = 3;
    static final int CMD_POSTCOPY_LISTEN = 4;
    static final int CMD_POSTCOPY_RUN = 5;
    static final int CMD_POSTCOPY_RAM_DISCARD = 6;
    static final int CMD_PACKAGED = 7;
    static final int CMD_ENABLE_COLO = 8;
    static final int CMD_POSTCOPY_RESUME = 9;
    static final int CMD_RECV_BITMAP = 10;
    static final int CMD_SWITCHOVER_START = 11;

    private Wire() {}

    /** A block's name as the str8 that stands for it. */
    static byte[] str8(String name) {
        byte[] bytes = name.getBytes(StandardCharsets.ISO_8859_1);
        if (bytes.length > MAX_STR8) {
            throw new IllegalArgumentException("a name in the stream has at most 255 bytes: " + name);
        }
        byte[] str8 = new byte[1 + bytes.length];
        str8[0] = (byte) bytes.length;
        System.arraycopy(bytes, 0, str8, 1, bytes.length);
        return str8;
    }

    /** A name that came from the peer, made harmless for a log line. */
    static String printable(String name) {
        StringBuilder out = new StringBuilder(name.length());
        for (int i = 0; i < name.length() && i < 64; i++) {
            char c = name.charAt(i);
            out.append(c > ' ' && c < 0x7f ? c : '?');
        }
        return out.toString();
    }
}
