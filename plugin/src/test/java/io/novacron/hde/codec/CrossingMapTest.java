package io.novacron.hde.codec;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.RamBlock;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class CrossingMapTest {
    private final CrossingMap map = new CrossingMap();

    private static RamBlock block(String name, long pages) {
        return new RamBlock(name, pages * Page.SIZE);
    }

    @Example
    void aCellIsThatByWhichMostOfItsPagesCrossed() {
        map.begin(List.of(block("pc.ram", 8192), block("rom", 3)));
        // two cells short of what a page each would take: four pages
        assertThat(map.snapshot().pagesPerCell()).isEqualTo(4);
        map.count(0, 0, Tier.ZERO);
        map.count(0, 1, Tier.ZERO);
        map.count(0, 3, Tier.NEW);
        map.count(0, 4, Tier.KEPT);
        map.count(0, 7, Tier.DELTA);
        for (int i = 0; i < 100; i++) {
            map.count(0, 8191, Tier.RAW);
        }
        map.count(1, 2, Tier.KNOWN);
        CrossingMap.Snapshot snapshot = map.snapshot();
        assertThat(snapshot.blocks())
                .containsExactly(
                        new CrossingMap.Block("pc.ram", 8192 * 4096, 2048), new CrossingMap.Block("rom", 12288, 1));
        assertThat(snapshot.tiers()).hasSize(2049).startsWith("03.").endsWith(".52");
        assertThat(snapshot.times()).hasSize(2049).startsWith("110").endsWith("090");
    }

    @Example
    void theSameBlocksAgainChangeNothingAndOthersBeginAnew() {
        List<RamBlock> blocks = List.of(block("pc.ram", 2));
        map.begin(blocks);
        map.count(0, 1, Tier.KEPT);
        map.begin(List.of(block("pc.ram", 2)));
        assertThat(map.snapshot().tiers()).isEqualTo(".1");
        map.begin(List.of(block("pc.ram", 3)));
        assertThat(map.snapshot().tiers()).isEqualTo("...");
    }

    @Example
    void whatLiesOutsideIsNotCounted() {
        map.count(0, 0, Tier.ZERO);
        assertThat(map.snapshot()).isEqualTo(new CrossingMap.Snapshot(List.of(), 1, "", ""));
        map.begin(List.of(block("pc.ram", 2)));
        map.count(1, 0, Tier.ZERO);
        map.count(0, 2, Tier.ZERO);
        map.count(0, Long.MAX_VALUE >> 8, Tier.ZERO);
        assertThat(map.snapshot().tiers()).isEqualTo("..");
    }

    @Property(tries = 200)
    void thereAreNeverTooManyCellsAndEveryPageHasOne(
            @ForAll @Size(max = 40) List<@IntRange(max = 1 << 30) Integer> pages) {
        List<RamBlock> blocks = new ArrayList<>();
        for (int i = 0; i < pages.size(); i++) {
            blocks.add(block("b" + i, pages.get(i)));
        }
        map.begin(blocks);
        long present = 0;
        for (int i = 0; i < pages.size(); i++) {
            if (pages.get(i) > 0) {
                map.count(i, 0, Tier.NEW);
                map.count(i, pages.get(i) - 1L, Tier.NEW);
                present += pages.get(i) > map.snapshot().pagesPerCell() ? 2 : 1;
            }
        }
        CrossingMap.Snapshot snapshot = map.snapshot();
        assertThat(snapshot.tiers()).hasSizeLessThanOrEqualTo(CrossingMap.MOST_CELLS);
        assertThat(snapshot.times()).hasSameSizeAs(snapshot.tiers());
        assertThat(snapshot.blocks().stream().mapToInt(CrossingMap.Block::cells).sum())
                .isEqualTo(snapshot.tiers().length());
        assertThat(snapshot.tiers().chars().filter(tier -> tier == '4').count()).isEqualTo(present);
    }
}
