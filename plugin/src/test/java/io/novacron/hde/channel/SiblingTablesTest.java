package io.novacron.hde.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.Background;
import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;

class SiblingTablesTest {
    private static final List<BlockLayout> LAYOUT = List.of(new BlockLayout("pc.ram", 10_000 * 4096L));

    private final SiblingTables siblings = new SiblingTables();
    private final MemoryTable main = new MemoryTable(LAYOUT);

    private MemoryTable with(long... pagesAndContents) {
        MemoryTable table = main.copy();
        for (int i = 0; i < pagesAndContents.length; i += 2) {
            table.set(0, pagesAndContents[i], 0, pagesAndContents[i + 1]);
        }
        return table;
    }

    @Test
    void whatAnyChannelHasChangedCountsTheLastOneFirst() throws Exception {
        main.set(0, 1, 0, 1);
        main.set(0, 2, 0, 2);
        main.set(0, 5000, 0, 3);
        siblings.opened(2);
        siblings.opened(1);
        MemoryTable start = main.copy();
        siblings.ended(2, start, with(2, 22, 3, 23));
        siblings.ended(1, start, with(2, 12, 9999, 19, 5000, 0));

        MemoryTable merged = siblings.merge(main).orElseThrow();

        assertThat(merged.root())
                .isEqualTo(with(1, 1, 2, 22, 3, 23, 5000, 0, 9999, 19).root());
        assertThat(merged.presentPages()).isEqualTo(4);
    }

    @Test
    void withoutOtherChannelsItIsTheMainOnesTable() throws Exception {
        main.set(0, 7, 0, 7);
        assertThat(siblings.merge(main).orElseThrow().root()).isEqualTo(main.root());
    }

    @Test
    void aChannelThatHadNoTableChangesNothing() throws Exception {
        main.set(0, 7, 0, 7);
        siblings.opened(1);
        siblings.ended(1, new MemoryTable(List.of()), new MemoryTable(List.of()));
        assertThat(siblings.merge(main).orElseThrow().root()).isEqualTo(main.root());
    }

    @Test
    void nothingCountsIfAChannelIsLost() throws Exception {
        siblings.opened(1);
        siblings.opened(2);
        siblings.ended(2, main, with(1, 1));
        siblings.lost(2);
        siblings.lost(1);
        assertThat(siblings.merge(main)).isEmpty();
    }

    @Test
    void theMainChannelWaitsForTheOthers() throws Exception {
        siblings.opened(1);
        AtomicReference<Optional<MemoryTable>> merged = new AtomicReference<>();
        CompletableFuture<Void> merging = Background.run(() -> merged.set(siblings.merge(main)));
        assertThat(merged.get()).isNull();
        siblings.ended(1, main, with(4, 4));
        merging.join();
        assertThat(merged.get().orElseThrow().root()).isEqualTo(with(4, 4).root());
    }

    @Test
    void whatCrossedIsKeptOnceWhicheverEndsFirst() {
        siblings.opened(1);
        siblings.opened(2);
        assertThat(siblings.ended(1, main, with(1, 1))).isFalse();
        assertThat(siblings.mainFailed()).hasSize(1);
        assertThat(siblings.ended(2, main, with(2, 2))).isTrue();
    }

    @Test
    void aPeerThatOpensMoreThanQemuCouldHasNoBaseline() throws Exception {
        for (int number = 1; number <= 257; number++) {
            siblings.opened(number);
            siblings.ended(number, main, main);
        }
        assertThat(siblings.merge(main)).isEmpty();
    }
}
