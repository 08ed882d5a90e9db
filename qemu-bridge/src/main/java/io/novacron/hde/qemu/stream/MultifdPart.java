package io.novacron.hde.qemu.stream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/**
 * A multifd channel (QEMU: {@code migration/multifd.c}, versions 7.2 to 10.2): one packet that names the channel, then
 * packets of a header with places and the pages of those places. Headers stand for themselves: QEMU 7.2 leaves in them
 * what earlier packets said.
 */
final class MultifdPart implements Part {
    private static final int VERSION = 1;
    private static final int INIT_LENGTH = 64;

    /** Of a packet with RAM, whatever number of pages it has. */
    private static final int HEADER_LENGTH = 1344;

    private static final int MAX_PAGES = 128;
    private static final int NAME_AT = 64;
    private static final int NAME_LENGTH = 256;
    private static final int OFFSETS_AT = 320;

    private static final int FLAG_SYNC = 0x01;
    private static final int FLAGS_COMPRESSION = 0x3e;
    private static final int FLAG_DEVICE_STATE = 0x40;
    private static final int KNOWN_FLAGS = FLAG_SYNC | FLAGS_COMPRESSION | FLAG_DEVICE_STATE;

    /** Of a packet with device state: its header has the length of what follows at the end. */
    private static final int DEVICE_STATE_HEADER_LENGTH = 276;

    private static final int NO_BLOCK = -1;

    private enum State {
        INIT,
        HEADER,
        PAGES,
        DEVICE_STATE
    }

    private State state = State.INIT;
    private BlockTable blocks = BlockTable.EMPTY;
    private byte[][] paddedNames = new byte[0][];
    private int block = NO_BLOCK;
    private final long[] offsets = new long[MAX_PAGES];
    private int normalPages;
    private int nextPage;
    private boolean sync;

    /** Whether a packet has ended and no other has begun. */
    boolean betweenPackets() {
        return state == State.HEADER;
    }

    BlockTable blocks() {
        return blocks;
    }

    @Override
    public Progress parse(StreamInput in) {
        while (true) {
            Progress progress = switch (state) {
                case INIT -> init(in);
                case HEADER -> header(in);
                case PAGES -> pages(in);
                case DEVICE_STATE -> {
                    if (!in.skipped()) {
                        yield Progress.NEEDS_MORE;
                    }
                    state = State.HEADER;
                    yield Progress.DONE;
                }
            };
            if (progress != Progress.DONE) {
                return progress;
            }
        }
    }

    private Progress init(StreamInput in) {
        if (in.has(8) && in.u32(4) != VERSION) {
            return in.unknown("multifd channel of version " + in.u32(4));
        }
        if (!in.has(INIT_LENGTH)) {
            return Progress.NEEDS_MORE;
        }
        in.consume(INIT_LENGTH);
        state = State.HEADER;
        return Progress.DONE;
    }

    private Progress header(StreamInput in) {
        if (!in.has(12)) {
            return Progress.NEEDS_MORE;
        }
        long flags = in.u32(8);
        if (in.u32(0) != Wire.MULTIFD_MAGIC || in.u32(4) != VERSION || (flags & ~KNOWN_FLAGS) != 0) {
            return in.unknown("unknown multifd packet");
        }
        if ((flags & FLAGS_COMPRESSION) != 0) {
            return in.unknown("multifd compression by QEMU (turn it off: HDE compresses better)");
        }
        if ((flags & FLAG_DEVICE_STATE) != 0) {
            return deviceState(in);
        }
        if (!in.has(HEADER_LENGTH)) {
            return Progress.NEEDS_MORE;
        }
        sync = (flags & FLAG_SYNC) != 0;
        long normal = in.u32(16);
        long zero = in.u32(32);
        if (normal + zero > MAX_PAGES) {
            return in.unknown("multifd packet of " + (normal + zero) + " pages");
        }
        normalPages = (int) normal;
        nextPage = 0;
        if (normal + zero > 0) {
            Progress places = places(in, (int) (normal + zero));
            if (places != Progress.DONE) {
                return places;
            }
        }
        in.consume(HEADER_LENGTH);
        for (int i = normalPages; i < normal + zero; i++) {
            in.zeroPlace(block, offsets[i]);
        }
        state = State.PAGES;
        return Progress.DONE;
    }

    private Progress places(StreamInput in, int count) {
        long length = in.u32(20);
        if (normalPages > 0 && length != (long) normalPages * Wire.PAGE_SIZE) {
            return in.unknown("multifd packet of " + normalPages + " pages in " + length + " bytes");
        }
        if (paddedNames.length == 0 && !learnBlocks(in.multifdBlocks())) {
            return in.unknown("multifd pages of RAM blocks that are not known here");
        }
        int named = find(in);
        if (named == NO_BLOCK) {
            return in.unknown("multifd packet of a RAM block that was not listed");
        }
        for (int i = 0; i < count; i++) {
            offsets[i] = in.u64(OFFSETS_AT + 8 * i);
            if (offsets[i] % Wire.PAGE_SIZE != 0 || !blocks.holdsPage(named, offsets[i])) {
                return in.unknown("multifd page beyond the end of RAM block "
                        + Wire.printable(blocks.list().get(named).name()));
            }
        }
        block = named;
        return Progress.DONE;
    }

    private boolean learnBlocks(List<RamBlock> list) {
        blocks = new BlockTable(list);
        paddedNames = new byte[list.size()][];
        for (int i = 0; i < paddedNames.length; i++) {
            paddedNames[i] = Arrays.copyOf(list.get(i).name().getBytes(StandardCharsets.ISO_8859_1), NAME_LENGTH);
        }
        return paddedNames.length > 0;
    }

    /** The block that the header names; first the one that the last packet named. */
    private int find(StreamInput in) {
        if (block != NO_BLOCK && in.matches(NAME_AT, paddedNames[block])) {
            return block;
        }
        for (int i = 0; i < paddedNames.length; i++) {
            if (in.matches(NAME_AT, paddedNames[i])) {
                return i;
            }
        }
        return NO_BLOCK;
    }

    private Progress pages(StreamInput in) {
        while (nextPage < normalPages) {
            if (!in.has(Wire.PAGE_SIZE)) {
                return Progress.NEEDS_MORE;
            }
            in.barePage(block, offsets[nextPage++]);
        }
        state = State.HEADER;
        if (sync) {
            in.multifdSync();
        }
        return Progress.DONE;
    }

    private Progress deviceState(StreamInput in) {
        if (!in.has(DEVICE_STATE_HEADER_LENGTH)) {
            return Progress.NEEDS_MORE;
        }
        long length = in.u32(DEVICE_STATE_HEADER_LENGTH - 4);
        in.consume(DEVICE_STATE_HEADER_LENGTH);
        in.skip(length);
        state = State.DEVICE_STATE;
        return Progress.DONE;
    }
}
