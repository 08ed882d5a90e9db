package io.novacron.hde.qemu.stream;

import java.nio.ByteBuffer;
import java.util.List;

/**
 * Receives what {@link MigrationStreamReader} finds, in stream order.
 *
 * <p>Some calls stand for bytes ({@code verbatim}, {@code page}, {@code zeroPage}, {@code opaquePage}, {@code barePage}): theirs,
 * concatenated, are exactly the input, and {@link MigrationStreamWriter} turns them back into it. The others are
 * annotations between the bytes. Positions are absolute in the buffer that was given to the reader and are valid during
 * the call only. After an exception from a handler the reader must not be used any more.
 */
public interface StreamHandler {
    /** Stands for {@code length} bytes of {@code bytes} from {@code position}: they stand for themselves. */
    void verbatim(ByteBuffer bytes, int position, int length);

    /**
     * Annotation, at most once: the MEM_SIZE list was read. It comes right after the verbatim call that completes the
     * list's bytes. The numbers of blocks in later calls are indexes into this list. At most 4096 blocks of 256 TiB
     * together, all of different names; whether that much memory is believed is the handler's decision.
     */
    void blocks(List<RamBlock> blocks);

    /**
     * Stands for one PAGE record with the guest's page as it is.
     *
     * @param offset bytes from the block's start; a multiple of the page size, and the page ends within the block
     * @param named whether the record names its block (else it carries CONTINUE)
     * @param contentPosition where the page's 4096 bytes begin in {@code bytes}
     */
    void page(int block, long offset, boolean named, ByteBuffer bytes, int contentPosition);

    /** Stands for one ZERO record with fill byte 0; parameters as for {@link #page}. */
    void zeroPage(int block, long offset, boolean named);

    /**
     * Stands for a whole record, header included (XBZRLE, COMPRESS_PAGE, ZERO with another fill byte than 0): what the
     * page holds afterwards is not known from the record alone.
     */
    void opaquePage(int block, long offset, ByteBuffer bytes, int position, int length);

    /**
     * Annotation, once, when the first packet of a multifd channel names a RAM block: which blocks there are. They were
     * listed on another channel, the migration's main one. The numbers of blocks in later calls are indexes into what is
     * returned.
     *
     * @return the blocks; empty if they are not known, and then the channel is passed through
     */
    default List<RamBlock> multifdBlocks() {
        return List.of();
    }

    /**
     * Stands for one page of a multifd channel, 4096 bytes without a record around them: their place was in the packet's
     * header. Parameters as for {@link #page}.
     */
    default void barePage(int block, long offset, ByteBuffer bytes, int contentPosition) {
        throw new IllegalStateException("a multifd channel's page, though no RAM blocks were given");
    }

    /** Annotation: the header of a multifd packet, which was handed on, says that this page is all zero. */
    default void zeroPlace(int block, long offset) {
        throw new IllegalStateException("a multifd channel's zero page, though no RAM blocks were given");
    }

    /** Annotation: a multifd packet with the flag SYNC has ended; the destination may wait for it. */
    default void multifdSync() {
        // of no interest to who only looks at the pages
    }

    /**
     * Annotation: RAM's SECTION_END begins, which QEMU writes when it has stopped the guest (savevm.c,
     * qemu_savevm_state_complete_precopy).
     */
    void lastRamSection();

    /**
     * Annotation: a RAM section ended, its EOS and footer were handed on.
     *
     * @param last whether it was RAM's SECTION_END, after which only device state follows
     */
    void ramSectionEnd(boolean last);

    /**
     * Annotation, at most once: from here on everything is verbatim.
     *
     * @param reason a short phrase for the log, free of control characters
     * @param expected whether this is the normal end (device state after RAM's SECTION_END)
     */
    void passThrough(String reason, boolean expected);
}
