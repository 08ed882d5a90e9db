package io.novacron.hde.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.page.PageId;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class MemoryTableTest {
    private static final List<BlockLayout> LAYOUT = List.of(
            new BlockLayout("pc.ram", 40_000L * 4096),
            new BlockLayout("vga.vram", 100),
            new BlockLayout("huge", 1L << 60));

    /** A table and its copies against maps, through random changes. */
    @Property(tries = 200)
    void everyTableIsWhatWasSetInIt(@ForAll long seed) {
        Random random = new Random(seed);
        List<MemoryTable> tables = new ArrayList<>(List.of(new MemoryTable(LAYOUT)));
        List<Map<List<Long>, PageId>> models = new ArrayList<>(List.of(new HashMap<>()));
        for (int step = 0; step < 300; step++) {
            int which = random.nextInt(tables.size());
            MemoryTable table = tables.get(which);
            Map<List<Long>, PageId> model = models.get(which);
            int block = random.nextInt(LAYOUT.size());
            long page = page(random, block);
            switch (random.nextInt(12)) {
                case 0 -> {
                    if (tables.size() < 4) {
                        tables.add(table.copy());
                        models.add(new HashMap<>(model));
                    }
                }
                case 1 -> {
                    table.set(block, page, 0, 0);
                    model.remove(List.of((long) block, page));
                }
                case 2 -> {
                    table.setZero(block, page);
                    model.put(List.of((long) block, page), PageId.ZERO_PAGE);
                }
                default -> {
                    PageId id = new PageId(random.nextInt(3), 1 + random.nextInt(3));
                    table.set(block, page, id.high(), id.low());
                    model.put(List.of((long) block, page), id);
                }
            }
        }
        for (int i = 0; i < tables.size(); i++) {
            MemoryTable table = tables.get(i);
            Map<List<Long>, PageId> model = models.get(i);
            assertThat(table.presentPages()).isEqualTo(model.size());
            for (int block = 0; block < LAYOUT.size(); block++) {
                for (int n = 0; n < 50; n++) {
                    long page = page(random, block);
                    PageId expected = model.getOrDefault(List.of((long) block, page), PageId.ABSENT);
                    assertThat(new PageId(table.high(block, page), table.low(block, page)))
                            .isEqualTo(expected);
                }
            }
            // The root depends on the content alone, not on the way to it.
            MemoryTable again = new MemoryTable(LAYOUT);
            model.forEach((place, id) -> again.set(place.get(0).intValue(), place.get(1), id.high(), id.low()));
            assertThat(again.root()).isEqualTo(table.root());
            for (int j = 0; j < i; j++) {
                assertThat(table.root().equals(tables.get(j).root())).isEqualTo(model.equals(models.get(j)));
            }
        }
    }

    @Test
    void aHugeBlockTakesNothingUntilTouchedAndThenABoundedAmount() {
        MemoryTable table = new MemoryTable(List.of(new BlockLayout("huge", 1L << 60)), 3);
        long lastPage = (1L << 48) - 1;
        for (long page = 0; page < 10; page++) {
            table.set(0, page << 30, 1, 2);
        }
        table.set(0, lastPage, 1, 2);
        assertThat(table.presentPages()).isEqualTo(3);
        assertThat(table.high(0, lastPage)).isZero();
        assertThatThrownBy(() -> table.set(0, lastPage + 1, 1, 2))
                .isInstanceOf(IndexOutOfBoundsException.class)
                .hasMessageContaining("huge");
        assertThat(table.root()).isEqualTo(table.copy().root());
    }

    @Test
    void impossibleLayoutsAndPlacesAreRefused() {
        assertThatThrownBy(() -> new BlockLayout("a", -1)).hasMessageContaining("-1 bytes");
        assertThatThrownBy(() -> new BlockLayout("a", Long.MAX_VALUE)).isInstanceOf(IllegalArgumentException.class);
        assertThatThrownBy(() -> new BlockLayout("a".repeat(256), 1)).isInstanceOf(IllegalArgumentException.class);
        MemoryTable table = new MemoryTable(LAYOUT);
        assertThatThrownBy(() -> table.high(3, 0)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> table.low(1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
        assertThatThrownBy(() -> table.set(0, -1, 1, 1)).isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Test
    void everyPartOfTheContentIsInTheRoot() {
        MemoryTable table = table(new BlockLayout("a", 1 << 20), new BlockLayout("b", 1 << 20));
        List<Root> roots = new ArrayList<>(List.of(
                table(new BlockLayout("a", 1 << 20)).root(),
                table.root(),
                table(new BlockLayout("b", 1 << 20), new BlockLayout("a", 1 << 20))
                        .root(),
                table(new BlockLayout("a", 1 << 21), new BlockLayout("b", 1 << 20))
                        .root()));
        table.set(0, 7, 1, 2);
        roots.add(table.root());
        table.set(0, 7, 2, 1);
        roots.add(table.root());
        table.set(0, 7, 0, 0);
        table.set(0, 8, 2, 1);
        roots.add(table.root());
        table.set(0, 8, 0, 0);
        table.set(1, 8, 2, 1);
        roots.add(table.root());
        assertThat(roots).doesNotHaveDuplicates();
        table.set(1, 8, 0, 0);
        assertThat(table.root()).isEqualTo(roots.get(1));
    }

    /** Two hosts of different releases must come to the same root: a change here is a new version of the protocol. */
    @Test
    void theRootOfAKnownTable() {
        MemoryTable table = table(new BlockLayout("pc.ram", 5L << 30), new BlockLayout("vga.vram", 16 << 20));
        table.set(0, 0, 1, 2);
        table.set(0, 5 * 4096 + 3, 3, 4);
        table.set(0, 300 * 4096, 5, 6);
        table.setZero(1, 17);
        assertThat(table.root().hex()).isEqualTo("b81ce9ceb99b008cd8bf9df915c43f4f3a50a7dcad93a0b86c269448ebba62ef");
        assertThat(Root.of(table.root().bytes())).isEqualTo(table.root());
        assertThatThrownBy(() -> new Root("AB".repeat(32))).isInstanceOf(IllegalArgumentException.class);
    }

    @Test
    void aSiblingsTableFitsWhereItsBlocksAre() {
        MemoryTable sibling = table(
                new BlockLayout("pc.ram", 1 << 26), new BlockLayout("vga", 1 << 20), new BlockLayout("bios", 1 << 18));
        for (int block = 0; block < 3; block++) {
            for (int page = 0; page < 50; page++) {
                sibling.set(block, page, block + 1, page + 1);
            }
        }
        Root before = sibling.root();
        MemoryTable adapted = sibling.adapt(
                List.of(
                        new BlockLayout("bios", 1 << 18),
                        new BlockLayout("vga", 1 << 21),
                        new BlockLayout("pc.ram", 1 << 26)),
                64);
        assertThat(adapted.presentPages()).isEqualTo(100);
        assertThat(adapted.high(0, 49)).isEqualTo(3);
        assertThat(adapted.high(1, 49)).isZero();
        assertThat(adapted.high(2, 49)).isEqualTo(1);
        adapted.set(2, 49, 9, 9);
        assertThat(sibling.root()).isEqualTo(before);
        sibling.set(0, 48, 8, 8);
        assertThat(adapted.high(2, 48)).isEqualTo(1);
    }

    private static MemoryTable table(BlockLayout... layout) {
        return new MemoryTable(List.of(layout));
    }

    /** Few places, at the edges of chunks. */
    private static long page(Random random, int block) {
        long pages = LAYOUT.get(block).pages();
        return switch (random.nextInt(3)) {
            case 0 -> random.nextInt((int) Math.min(4, pages));
            case 1 -> pages - 1 - random.nextInt((int) Math.min(4, pages));
            default -> Math.min(pages - 1, 4094 + random.nextInt(4));
        };
    }
}
