package io.novacron.hde.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.Page;
import java.util.List;
import org.junit.jupiter.api.Test;

class GuestOutlineTest {
    private static MemoryTable table(long... pages) {
        List<BlockLayout> layout = new java.util.ArrayList<>();
        for (long count : pages) {
            layout.add(new BlockLayout("block " + layout.size(), count * Page.SIZE));
        }
        return new MemoryTable(layout);
    }

    @Test
    void aSmallGuestIsKnownExactly() {
        MemoryTable table = table(10, 0, 6);
        table.set(0, 3, 1, 1);
        table.setZero(0, 4);
        table.set(2, 5, 1, 2);
        GuestOutline guest = new GuestOutline(table);

        assertThat(guest.pages()).isEqualTo(16);
        assertThat(guest.before(2, 5)).isEqualTo(15);
        assertThat(guest.content(3)).isZero();
        assertThat(guest.content(4)).isEqualTo(1);
        assertThat(guest.zero(4)).isZero();
        assertThat(guest.zero(5)).isEqualTo(1);
        assertThat(guest.content(15)).isEqualTo(1);
        assertThat(guest.content(16)).isEqualTo(2);
        assertThat(guest.content(Long.MAX_VALUE)).isEqualTo(2);
        assertThat(guest.content(-1)).isZero();
    }

    @Test
    void aLargeGuestIsKnownAbout() {
        long pages = 100_000;
        MemoryTable table = table(pages, 16);
        for (long page = 0; page < pages / 2; page++) {
            if (page % 4 == 0) {
                table.set(0, page, 1, page);
            } else {
                table.setZero(0, page);
            }
        }
        GuestOutline guest = new GuestOutline(table);

        assertThat(guest.content(pages / 4)).isCloseTo(pages / 16.0, within(pages / 200.0));
        assertThat(guest.content(pages)).isCloseTo(pages / 8.0, within(pages / 100.0));
        assertThat(guest.zero(pages)).isCloseTo(3.0 * pages / 8, within(pages / 100.0));
    }

    @Test
    void aGuestWithoutMemoryHasNothing() {
        GuestOutline guest = new GuestOutline(table());
        assertThat(guest.pages()).isZero();
        assertThat(guest.content(1)).isZero();
        assertThat(guest.zero(0)).isZero();
    }
}
