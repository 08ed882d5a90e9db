package io.novacron.hde.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import io.novacron.hde.seed.MadeUpPages;
import io.novacron.hde.seed.SeedStream;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;

class SurveyTest {
    private static final int PAGES = 3000;

    private final MadeUpPages guest = new MadeUpPages().with("pc.ram", PAGES).with("pc.bios", 64);

    private MemoryTable table() {
        MemoryTable table = new MemoryTable(SeedStream.layout(guest.blocks()));
        PageHasher hasher = new PageHasher();
        ByteBuffer bytes = ByteBuffer.wrap(guest.content(0));
        for (int page = 0; page < PAGES; page++) {
            hasher.hash(bytes, page * Page.SIZE);
            table.set(0, page, hasher.high(), hasher.low());
        }
        return table;
    }

    private Survey survey(MemoryTable... agreed) throws Exception {
        return Survey.of(guest, TouchedPages.of(guest), List.of(agreed), new Random(1));
    }

    @Test
    void withoutABaselineEachContentIsPackedOnce() throws Exception {
        for (int page = 0; page < 1000; page++) {
            guest.write(0, page, 1 + page % 900);
        }
        guest.write(0, 2000, 0);
        Survey survey = survey();
        assertThat(survey.packed()).isEqualTo(900);
        assertThat(survey.known()).isEqualTo(100);
        assertThat(survey.kept()).isZero();
        assertThat(survey.zero()).isEqualTo(PAGES + 64 - 1000);
        assertThat(survey.filled()).isEqualTo(1000);
        assertThat(survey.sample().count()).isEqualTo(900);
        assertThat(survey.least()).hasSize(512).doesNotHaveDuplicates().isSortedAccordingTo(Long::compareUnsigned);
        assertThat(survey(table()).least()).as("whatever the peer holds").isEqualTo(survey.least());
    }

    @Test
    void whatThePeerHoldsIsKeptOrKnown() throws Exception {
        for (int page = 0; page < 1000; page++) {
            guest.write(0, page, 1 + page);
        }
        MemoryTable held = table();
        guest.write(0, 0, 5000);
        guest.write(0, 1, 5001);
        // moved from where it is held
        guest.write(0, 2500, 11);
        Survey survey = survey(held);
        assertThat(survey.kept()).isEqualTo(998);
        assertThat(survey.known()).isEqualTo(1);
        assertThat(survey.packed()).isEqualTo(2);
        assertThat(survey.sample().count()).isEqualTo(2);
    }

    @Test
    void aSiblingsPagesAreKnownWhereverTheyAre() throws Exception {
        for (int page = 0; page < 100; page++) {
            guest.write(0, page, 1 + page);
        }
        MemoryTable sibling = table();
        MemoryTable none = new MemoryTable(List.of(new BlockLayout("pc.ram", (long) PAGES * Page.SIZE)));
        Survey survey = survey(none, sibling);
        assertThat(survey.known()).isEqualTo(100);
        assertThat(survey.packed()).isZero();
    }

    @Test
    void anEmptyGuestIsNoProblem() throws Exception {
        Survey survey = survey();
        assertThat(survey.zero()).isEqualTo(PAGES + 64);
        assertThat(survey.filled()).isZero();
        assertThat(survey.sample().count()).isZero();
    }

    @Test
    void touchedPagesAreFoundAndSpreadEvenly() throws Exception {
        for (int page = 0; page < PAGES; page += 2) {
            guest.write(0, page, 1 + page);
        }
        for (int page = 10; page < 20; page++) {
            guest.write(1, page, 1 + page);
        }
        TouchedPages touched = TouchedPages.of(guest);
        assertThat(touched.count()).isEqualTo(PAGES / 2 + 10);
        assertThat(touched.guestPages()).isEqualTo(PAGES + 64);
        TouchedPages some = touched.some(100);
        assertThat(some.count()).isBetween(100L, 110L);
        assertThat(some.first(some.pieces() / 2)).isBetween(PAGES / 3L, 2L * PAGES / 3);
        assertThat(touched.some(PAGES)).isSameAs(touched);
    }
}
