package io.novacron.hde.qemu.nbd;

/** NBD's numbers, all big-endian on the wire. */
final class Nbd {
    static final long GREETING = 0x4e42444d41474943L; // "NBDMAGIC"
    static final long OPTION = 0x49484156454f5054L; // "IHAVEOPT"
    static final long OPTION_REPLY = 0x0003e889045565a9L;

    static final int OPTION_EXPORT_NAME = 1;
    static final int OPTION_STARTTLS = 5;
    static final int OPTION_INFO = 6;
    static final int OPTION_GO = 7;

    static final int REPLY_ACK = 1;
    static final int REPLY_INFO = 3;
    static final int INFO_EXPORT = 0;

    static final int REQUEST = 0x25609513;
    static final int EXTENDED_REQUEST = 0x21e41c71;

    static final int COMMAND_WRITE = 1;
    static final int COMMAND_DISCONNECT = 2;
    /** The highest command that is known: BLOCK_STATUS. */
    static final int LAST_COMMAND = 7;

    /** In an extended request: its length is that of a payload. */
    static final int FLAG_PAYLOAD_LENGTH = 32;

    /** No disk is larger, 256 TiB; a server's claim beyond that is not believed. Bytes. */
    static final long MAX_DISK = 1L << 48;

    private Nbd() {}
}
