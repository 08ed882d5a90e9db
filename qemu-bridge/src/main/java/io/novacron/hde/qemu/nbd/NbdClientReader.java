package io.novacron.hde.qemu.nbd;

import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.qemu.stream.StreamHandler;
import io.novacron.hde.qemu.stream.StreamReader;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.function.LongSupplier;

/**
 * Reads an NBD client's half of a conversation.
 *
 * <p>Of what is written, every 4096 bytes that lie at a multiple of 4096 of the disk are a page, or a zero page; the rest
 * of it, requests and negotiation are verbatim. {@code blocks} comes with the first request: one block, named as the
 * export and as long as it. {@code ramSectionEnd} says that a request is complete, after which the client may wait for its
 * reply; with {@code last}, that it was the last, because the client has disconnected in good order. There are no other
 * annotations, and no opaque pages.
 *
 * <pre>
 * u32 flags
 * options      u64 IHAVEOPT, u32 option, u32 length, data (of GO: u32 length of the name, name, u16 n, n times u16)
 * requests     u32 magic, u16 flags, u16 type, u64 cookie, u64 offset, u32 length; u64 length if extended
 * </pre>
 *
 * <p>Which form requests have depends on what the server has answered; the magic tells them apart, and options from
 * requests. Every WRITE has a payload of its length, whatever its flags: QEMU 10.2 leaves PAYLOAD_LENGTH out.
 */
public final class NbdClientReader implements StreamReader {
    private static final VarHandle U16 = MethodHandles.byteBufferViewVarHandle(short[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle U32 = MethodHandles.byteBufferViewVarHandle(int[].class, ByteOrder.BIG_ENDIAN);
    private static final VarHandle U64 = MethodHandles.byteBufferViewVarHandle(long[].class, ByteOrder.BIG_ENDIAN);

    private static final int PAGE_SIZE = 4096;
    private static final int CLIENT_FLAGS = 4;
    private static final int OPTION_HEADER = 16;
    private static final int REQUEST = 28;
    private static final int EXTENDED_REQUEST = 32;

    /** A longer name is not from libvirt, and has no place in a table. */
    private static final int MAX_NAME = 255;

    private enum State {
        FLAGS,
        /** An option or, once an export was asked for, a request. */
        HEADER,
        SKIP,
        PAYLOAD,
        PASS_THROUGH
    }

    private final LongSupplier exportBytes;

    private ByteBuffer bytes;
    private StreamHandler handler;
    private int position;
    private int limit;
    // up to where the bytes have been handed on
    private int handedOn;

    private State state = State.FLAGS;
    private long skip;
    private boolean inRequest;
    // of a write's payload
    private long offset;
    private long left;

    private boolean exportAsked;
    private String exportName = "";
    private boolean tlsAsked;
    private boolean transmitting;
    private long blockBytes;

    /**
     * @param exportBytes the size of the export as the server has said it, 0 while it has not; asked at the first request,
     *     which no client sends before it knows it
     */
    public NbdClientReader(LongSupplier exportBytes) {
        this.exportBytes = exportBytes;
    }

    @Override
    public void read(ByteBuffer in, StreamHandler to) {
        bytes = in;
        handler = to;
        position = in.position();
        limit = in.limit();
        handedOn = position;
        while (step()) {
            // until more is needed
        }
        handOn();
        in.position(position);
    }

    @Override
    public void finish(ByteBuffer in, StreamHandler to) {
        read(in, to);
        position = limit;
        handOn();
        in.position(position);
    }

    @Override
    public boolean returnPathOpened() {
        return false;
    }

    /** Whether everything from here on is verbatim. */
    public boolean passingThrough() {
        return state == State.PASS_THROUGH;
    }

    /** Whether there may be more to do with what is at hand. */
    private boolean step() {
        switch (state) {
            case FLAGS:
                if (!has(CLIENT_FLAGS)) {
                    return false;
                }
                position += CLIENT_FLAGS;
                state = State.HEADER;
                return true;
            case HEADER:
                return header();
            case SKIP:
                return skipped();
            case PAYLOAD:
                return payload();
            default:
                position = limit;
                return false;
        }
    }

    private boolean header() {
        if (!has(4)) {
            return false;
        }
        int magic = u32(0);
        if (exportAsked && (magic == Nbd.REQUEST || magic == Nbd.EXTENDED_REQUEST)) {
            return request(magic == Nbd.EXTENDED_REQUEST);
        }
        if (transmitting || magic != (int) (Nbd.OPTION >>> 32)) {
            return passThrough(tlsAsked ? "NBD inside TLS" : "unknown NBD request 0x" + Integer.toHexString(magic));
        }
        return option();
    }

    private boolean option() {
        if (!has(OPTION_HEADER)) {
            return false;
        }
        if (u64(0) != Nbd.OPTION) {
            return passThrough("unknown NBD option 0x" + Long.toHexString(u64(0)));
        }
        int option = u32(8);
        long length = Integer.toUnsignedLong(u32(12));
        if (option == Nbd.OPTION_GO || option == Nbd.OPTION_EXPORT_NAME) {
            // the length of the name comes first, or is that of the option
            int prefix = option == Nbd.OPTION_GO ? 4 : 0;
            if (length >= prefix && !has(OPTION_HEADER + prefix)) {
                return false;
            }
            long nameLength = prefix == 0 ? length : length < prefix ? -1 : Integer.toUnsignedLong(u32(OPTION_HEADER));
            boolean possible = nameLength >= 1 && nameLength <= Math.min(MAX_NAME, length - prefix);
            if (possible && !has(OPTION_HEADER + prefix + (int) nameLength)) {
                return false;
            }
            exportAsked = true;
            exportName = possible ? string(OPTION_HEADER + prefix, (int) nameLength) : "";
        }
        tlsAsked |= option == Nbd.OPTION_STARTTLS;
        position += OPTION_HEADER;
        return skip(length, false);
    }

    private boolean request(boolean extended) {
        int headerLength = extended ? EXTENDED_REQUEST : REQUEST;
        if (!has(headerLength)) {
            return false;
        }
        int flags = u16(4);
        int type = u16(6);
        long at = u64(16);
        long length = extended ? u64(24) : Integer.toUnsignedLong(u32(24));
        boolean write = type == Nbd.COMMAND_WRITE;
        boolean payload = write || (extended && (flags & Nbd.FLAG_PAYLOAD_LENGTH) != 0);
        if (type > Nbd.LAST_COMMAND) {
            return passThrough("unknown NBD command " + type);
        }
        if (payload && length < 0) {
            return passThrough("NBD command " + type + " of " + Long.toUnsignedString(length) + " bytes");
        }
        // A request is not handed on before its first page: the stream does not rest between the two.
        if (write && !has(headerLength + (int) Math.min(length, PAGE_SIZE))) {
            return false;
        }
        if (!transmitting && !begin()) {
            return true;
        }
        position += headerLength;
        if (type == Nbd.COMMAND_DISCONNECT) {
            handOn();
            state = State.PASS_THROUGH;
            handler.ramSectionEnd(true);
            return true;
        }
        if (!write || at < 0) {
            return skip(payload ? length : 0, true);
        }
        offset = at;
        left = length;
        state = State.PAYLOAD;
        return true;
    }

    /** The first request; false if nothing is to be made of this disk. */
    private boolean begin() {
        transmitting = true;
        long size = exportBytes.getAsLong();
        if (exportName.isEmpty() || !isPrintable(exportName)) {
            passThrough("an NBD export whose name is not 1 to " + MAX_NAME + " characters of ASCII");
            return false;
        }
        if (size <= 0 || size > Nbd.MAX_DISK) {
            passThrough("an NBD export of unknown size");
            return false;
        }
        blockBytes = (size + PAGE_SIZE - 1) / PAGE_SIZE * PAGE_SIZE;
        handOn();
        handler.blocks(List.of(new RamBlock(exportName, blockBytes)));
        return true;
    }

    private boolean payload() {
        while (left > 0) {
            int beyond = (int) offset & (PAGE_SIZE - 1);
            boolean page = beyond == 0 && left >= PAGE_SIZE && offset >= 0 && offset < blockBytes;
            if (page) {
                if (!has(PAGE_SIZE)) {
                    return false;
                }
                page();
            } else {
                int now = (int) Math.min(Math.min(left, PAGE_SIZE - beyond), limit - position);
                if (now == 0) {
                    return false;
                }
                position += now;
                offset += now;
                left -= now;
            }
        }
        return requestEnd();
    }

    private void page() {
        handOn();
        if (isZero()) {
            handler.zeroPage(0, offset, false);
        } else {
            handler.page(0, offset, false, bytes, position);
        }
        position += PAGE_SIZE;
        handedOn = position;
        offset += PAGE_SIZE;
        left -= PAGE_SIZE;
    }

    private boolean isZero() {
        for (int i = 0; i < PAGE_SIZE; i += Long.BYTES) {
            if (bytes.getLong(position + i) != 0) {
                return false;
            }
        }
        return true;
    }

    private boolean skip(long length, boolean ofRequest) {
        skip = length;
        inRequest = ofRequest;
        state = State.SKIP;
        return true;
    }

    private boolean skipped() {
        int now = (int) Math.min(skip, limit - position);
        position += now;
        skip -= now;
        if (skip > 0) {
            return false;
        }
        if (inRequest) {
            return requestEnd();
        }
        state = State.HEADER;
        return true;
    }

    private boolean requestEnd() {
        state = State.HEADER;
        handOn();
        handler.ramSectionEnd(false);
        return true;
    }

    private boolean passThrough(String reason) {
        state = State.PASS_THROUGH;
        handOn();
        handler.passThrough(reason, false);
        return true;
    }

    private void handOn() {
        if (position > handedOn) {
            handler.verbatim(bytes, handedOn, position - handedOn);
            handedOn = position;
        }
    }

    private boolean has(int length) {
        return limit - position >= length;
    }

    private int u16(int at) {
        return (short) U16.get(bytes, position + at) & 0xffff;
    }

    private int u32(int at) {
        return (int) U32.get(bytes, position + at);
    }

    private long u64(int at) {
        return (long) U64.get(bytes, position + at);
    }

    private String string(int at, int length) {
        byte[] copy = new byte[length];
        bytes.get(position + at, copy, 0, length);
        return new String(copy, StandardCharsets.ISO_8859_1);
    }

    private static boolean isPrintable(String name) {
        return name.chars().allMatch(c -> c > ' ' && c < 0x7f);
    }
}
