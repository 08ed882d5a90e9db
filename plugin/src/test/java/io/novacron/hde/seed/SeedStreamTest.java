package io.novacron.hde.seed;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import io.novacron.hde.qemu.stream.MigrationStreamReader;
import io.novacron.hde.qemu.stream.RamBlock;
import io.novacron.hde.qemu.stream.StreamHandler;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.Channels;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class SeedStreamTest {
    private static final int PAGES = 700;

    private final MadeUpPages guest = new MadeUpPages().with("pc.ram", PAGES).with("vga.vram", 16);
    private final ChangedPages changed = new ChangedPages();
    private final SeedProgress progress = new SeedProgress(guest.pages());

    private MemoryTable nothing() {
        return new MemoryTable(SeedStream.layout(guest.blocks()));
    }

    private SeedStream stream(MemoryTable base, ChangedPages before) {
        return new SeedStream(guest, base, new ProcessorShare(1, () -> 0, () -> 0), progress, before, changed);
    }

    private List<String> written(MemoryTable base) throws IOException {
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        assertThat(stream(base, new ChangedPages()).write(Channels.newChannel(bytes), 0, () -> false))
                .isEqualTo(guest.pages());
        return records(bytes.toByteArray());
    }

    /** What the encoder will see: "block page" of a page with content, "block page 0" of a zero one. */
    private List<String> records(byte[] stream) {
        List<String> records = new ArrayList<>();
        MigrationStreamReader reader = new MigrationStreamReader();
        ByteBuffer bytes = ByteBuffer.allocateDirect(stream.length).put(stream).flip();
        boolean[] ended = new boolean[1];
        StreamHandler handler = new StreamHandler() {
            @Override
            public void verbatim(ByteBuffer from, int position, int length) {
                // what is around the pages
            }

            @Override
            public void blocks(List<RamBlock> blocks) {
                assertThat(blocks)
                        .containsExactly(
                                new RamBlock("pc.ram", (long) PAGES * Page.SIZE),
                                new RamBlock("vga.vram", 16L * Page.SIZE));
            }

            @Override
            public void page(int block, long offset, boolean named, ByteBuffer from, int position) {
                records.add(block + " " + offset / Page.SIZE);
                byte[] expected = new byte[Page.SIZE];
                System.arraycopy(guest.content(block), (int) offset, expected, 0, Page.SIZE);
                byte[] page = new byte[Page.SIZE];
                from.get(position, page);
                assertThat(page).isEqualTo(expected);
            }

            @Override
            public void zeroPage(int block, long offset, boolean named) {
                records.add(block + " " + offset / Page.SIZE + " 0");
            }

            @Override
            public void opaquePage(int block, long offset, ByteBuffer from, int position, int length) {
                throw new AssertionError("a page that nobody can read");
            }

            @Override
            public void lastRamSection() {
                // its end is looked at
            }

            @Override
            public void ramSectionEnd(boolean last) {
                ended[0] |= last;
            }

            @Override
            public void passThrough(String reason, boolean expected) {
                assertThat(expected).as(reason).isTrue();
            }
        };
        reader.read(bytes, handler);
        reader.finish(bytes, handler);
        assertThat(ended[0]).as("the end of the memory").isTrue();
        return records;
    }

    @Test
    void withoutABaselineAllIsWritten() throws IOException {
        guest.write(0, 3, 7);
        guest.write(0, 4, 0);
        guest.write(1, 15, 9);
        List<String> written = written(nothing());
        assertThat(written).hasSize(PAGES + 16).contains("0 3", "0 4 0", "0 699 0", "1 0 0", "1 15");
        assertThat(progress.done()).isEqualTo(PAGES + 16);
        assertThat(progress.present()).isEqualTo(2);
        assertThat(progress.changed()).isEqualTo(2);
        assertThat(guest.bytesRead).as("pages that were touched").isEqualTo(3 * Page.SIZE);
    }

    @Test
    void onlyWhatIsNotAsInTheBaselineIsWritten() throws IOException {
        MemoryTable base = nothing();
        for (int page = 0; page < PAGES; page++) {
            base.setZero(0, page);
        }
        for (int page = 0; page < 16; page++) {
            base.setZero(1, page);
        }
        guest.write(0, 5, 1);
        guest.write(0, 300, 2);
        hold(base, 0, 5);
        hold(base, 0, 300);
        assertThat(written(base)).isEmpty();
        guest.write(0, 5, 3);
        guest.write(0, 300, 0);
        guest.write(1, 1, 4);
        assertThat(written(base)).containsExactly("0 5", "0 300 0", "1 1");
    }

    private void hold(MemoryTable base, int block, int page) {
        PageHasher hasher = new PageHasher();
        hasher.hash(ByteBuffer.wrap(guest.content(block)), page * Page.SIZE);
        base.set(block, page, hasher.high(), hasher.low());
    }

    @Test
    void whatChangesAgainIsCounted() throws IOException {
        ChangedPages before = new ChangedPages();
        before.add(guest.blocks().get(0), 5);
        guest.write(0, 5, 1);
        guest.write(0, 6, 1);
        stream(nothing(), before).write(Channels.newChannel(new ByteArrayOutputStream()), 0, () -> false);
        assertThat(progress.changed()).isEqualTo(2);
        assertThat(progress.changedAgain()).isEqualTo(1);
        assertThat(changed.contains(guest.blocks().get(0), 6)).isTrue();
    }

    @Property(tries = 50)
    void aStreamThatIsStoppedGoesOnWhereItEnded(
            @ForAll @Size(max = 40) List<@IntRange(max = PAGES - 1) Integer> pages,
            @ForAll @IntRange(min = 1, max = 5) int windows)
            throws IOException {
        for (int page : pages) {
            guest.write(0, page, page + 1L);
        }
        List<String> all = new ArrayList<>();
        long position = 0;
        while (position < guest.pages()) {
            ByteArrayOutputStream bytes = new ByteArrayOutputStream();
            AtomicInteger asked = new AtomicInteger();
            long next = stream(nothing(), new ChangedPages())
                    .write(Channels.newChannel(bytes), position, () -> asked.getAndIncrement() == windows);
            assertThat(next).isGreaterThan(position);
            position = next;
            all.addAll(records(bytes.toByteArray()));
        }
        assertThat(all).isEqualTo(written(nothing()));
    }

    @Test
    void aGuestThatExitsEndsTheStreamInTheMiddle() {
        guest.write(0, 0, 1);
        guest.write(0, 2, 1);
        guest.exitAfter(1);
        ByteArrayOutputStream bytes = new ByteArrayOutputStream();
        assertThatThrownBy(
                        () -> stream(nothing(), new ChangedPages()).write(Channels.newChannel(bytes), 0, () -> false))
                .isInstanceOf(GuestException.class)
                .hasMessage("vm: the QEMU has exited");
    }

    @Test
    void aTableOfOtherBlocksIsRefused() {
        MemoryTable other = new MemoryTable(SeedStream.layout(List.of(new GuestPages.Block("pc.ram", 4096))));
        assertThatThrownBy(() -> stream(other, new ChangedPages())).isInstanceOf(IllegalArgumentException.class);
    }
}
