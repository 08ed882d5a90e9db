package io.novacron.hde.qemu.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;

/** Writes what the reader reports through the writer, and counts it. Checks what {@link StreamHandler} promises. */
final class Rebuilt implements StreamHandler {
    private final MigrationStreamWriter writer = new MigrationStreamWriter();
    private ByteBuffer out = ByteBuffer.allocate(1 << 16);

    List<RamBlock> blocks = List.of();
    int blockLists;
    int pages;
    int zeroPages;
    int opaquePages;
    int ramSections;
    int syncs;
    boolean ramEnded;
    private boolean lastRamSection;
    final List<String> passThroughs = new ArrayList<>();
    boolean passThroughExpected;
    int passThroughAt = -1;
    final List<String> events = new ArrayList<>();
    boolean keepEvents;

    /** What was rebuilt must be exactly this. */
    void assertIs(byte[] input) {
        assertIsBeginningOf(input, input.length);
    }

    void assertIsBeginningOf(byte[] input, int length) {
        assertThat(out.position()).as("bytes rebuilt").isEqualTo(length);
        assertThat(Arrays.mismatch(out.array(), 0, length, input, 0, length))
                .as("first difference")
                .isEqualTo(-1);
    }

    int length() {
        return out.position();
    }

    /** Whether the bytes rebuilt from {@code from} on are those of the input at the same place. */
    boolean agreesWith(byte[] input, int from) {
        return out.position() <= input.length
                && Arrays.equals(out.array(), from, out.position(), input, from, out.position());
    }

    @Override
    public void verbatim(ByteBuffer bytes, int position, int length) {
        promise(length > 0);
        room(length);
        writer.verbatim(out, bytes, position, length);
        event(() -> "verbatim");
    }

    @Override
    public void blocks(List<RamBlock> list) {
        blocks = list;
        blockLists++;
        writer.blocks(list);
        event(() -> "blocks " + list);
    }

    @Override
    public void page(int block, long offset, boolean named, ByteBuffer bytes, int contentPosition) {
        checkPlace(block, offset);
        room(MigrationStreamWriter.MAX_PAGE_RECORD);
        int before = out.position();
        int at = writer.beginPage(out, block, offset, named);
        promise(out.position() == before + writer.pageRecordLength(block, named));
        out.put(at, bytes, contentPosition, MigrationStreamReader.PAGE_SIZE);
        pages++;
        event(() -> "page " + block + " " + offset + " " + named);
    }

    @Override
    public void zeroPage(int block, long offset, boolean named) {
        checkPlace(block, offset);
        room(MigrationStreamWriter.MAX_PAGE_RECORD);
        int before = out.position();
        writer.zeroPage(out, block, offset, named);
        promise(out.position() == before + writer.zeroRecordLength(block, named));
        zeroPages++;
        event(() -> "zero " + block + " " + offset + " " + named);
    }

    @Override
    public void opaquePage(int block, long offset, ByteBuffer bytes, int position, int length) {
        checkPlace(block, offset);
        room(length);
        writer.verbatim(out, bytes, position, length);
        opaquePages++;
        event(() -> "opaque " + block + " " + offset + " " + length);
    }

    /** The blocks that another channel has listed. */
    Rebuilt knowing(List<RamBlock> list) {
        blocks = list;
        return this;
    }

    @Override
    public List<RamBlock> multifdBlocks() {
        blockLists++;
        return blocks;
    }

    @Override
    public void barePage(int block, long offset, ByteBuffer bytes, int contentPosition) {
        checkPlace(block, offset);
        room(MigrationStreamReader.PAGE_SIZE);
        int at = writer.beginBarePage(out);
        out.put(at, bytes, contentPosition, MigrationStreamReader.PAGE_SIZE);
        pages++;
        event(() -> "bare page " + block + " " + offset);
    }

    @Override
    public void zeroPlace(int block, long offset) {
        checkPlace(block, offset);
        zeroPages++;
        event(() -> "zero place " + block + " " + offset);
    }

    @Override
    public void multifdSync() {
        syncs++;
        event(() -> "sync");
    }

    @Override
    public void lastRamSection() {
        assertThat(lastRamSection).isFalse();
        lastRamSection = true;
    }

    @Override
    public void ramSectionEnd(boolean last) {
        assertThat(ramEnded).isFalse();
        assertThat(last).isEqualTo(lastRamSection);
        ramSections++;
        ramEnded = last;
        event(() -> "ram section end " + last);
    }

    @Override
    public void passThrough(String reason, boolean expected) {
        assertThat(reason).matches("[ -~]+");
        passThroughs.add(reason);
        passThroughExpected = expected;
        passThroughAt = out.position();
        event(() -> "pass through " + reason + " " + expected);
    }

    private void checkPlace(int block, long offset) {
        promise(passThroughs.isEmpty()
                && offset % MigrationStreamReader.PAGE_SIZE == 0
                && offset >= 0
                && offset <= blocks.get(block).usedLength() - MigrationStreamReader.PAGE_SIZE);
    }

    // Cheap, because it is called for every record of large recordings.
    private static void promise(boolean kept) {
        if (!kept) {
            throw new AssertionError("the reader broke a promise of StreamHandler");
        }
    }

    private void event(Supplier<String> event) {
        if (keepEvents) {
            events.add(event.get());
        }
    }

    private void room(int length) {
        if (out.remaining() < length) {
            ByteBuffer bigger = ByteBuffer.allocate(2 * (out.capacity() + length));
            bigger.put(out.flip());
            out = bigger;
        }
    }
}
