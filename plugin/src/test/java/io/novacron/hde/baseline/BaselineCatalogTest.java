package io.novacron.hde.baseline;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.frame.Pages;
import io.novacron.hde.page.Page;
import io.novacron.hde.store.PageReader;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreException;
import io.novacron.hde.store.StoreLimits;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaselineCatalogTest {
    private static final UUID VM = new UUID(1, 1);
    private static final UUID OTHER = new UUID(2, 2);
    private static final List<BlockLayout> LAYOUT =
            List.of(new BlockLayout("pc.ram", 64 << 20), new BlockLayout("huge", 1L << 60));

    @TempDir
    private Path directory;

    private final SettableClock clock = new SettableClock();
    private PageStore store;
    private BaselineCatalog catalog;

    @BeforeEach
    void open() throws StoreException {
        open(1L << 30);
    }

    private void open(long maxBytes) throws StoreException {
        store = PageStore.open(directory, new StoreLimits(maxBytes, 0, 16 << 20, 4 << 20, 4, 4));
        catalog = BaselineCatalog.open(store, new BaselineLimits(3, Duration.ofDays(7)), clock);
    }

    @AfterEach
    void close() {
        catalog.close();
        store.close();
    }

    @Test
    void whatIsCommittedIsThereAfterReopening() throws StoreException {
        MemoryTable table = table(1, 500);
        table.setZero(1, 1L << 40);
        Baseline baseline = catalog.commit(VM, "vm", "b", table, 123).orElseThrow();
        assertThat(baseline.root()).isEqualTo(table.root());
        assertThat(baseline.generation()).isEqualTo(1);
        close();
        open();
        assertThat(catalog.list()).containsExactly(baseline);
        assertThat(catalog.newest(VM)).contains(baseline);
        assertThat(catalog.newest(OTHER)).isEmpty();
        MemoryTable loaded = catalog.load(table.root()).orElseThrow();
        assertThat(loaded.root()).isEqualTo(table.root());
        assertThat(loaded.layout()).isEqualTo(LAYOUT);
        assertThat(loaded.presentPages()).isEqualTo(501);
        loaded.set(0, 0, 7, 7);
        assertThat(catalog.load(table.root()).orElseThrow().root()).isEqualTo(table.root());
        assertThat(catalog.load(loaded.root())).isEmpty();
    }

    @Test
    void oldGenerationsGoAndShareWhatTheyHaveInCommon() {
        MemoryTable table = table(1, 4096 * 3);
        assertThat(catalog.commit(VM, "vm", "b", table, 0)).isPresent();
        long first = store.liveBytes();
        for (int i = 1; i < 5; i++) {
            table = table.copy();
            table.set(0, i, 5, i);
            assertThat(catalog.commit(VM, "vm", "b", table, i)).isPresent();
        }
        assertThat(catalog.list()).extracting(Baseline::generation).containsExactly(5L, 4L, 3L);
        // Two of the three chunks are the same in all.
        assertThat(store.liveBytes()).isLessThan(3 * first);
        assertThat(catalog.commit(OTHER, "other", "b", table, 9)).isPresent();
        assertThat(catalog.list()).hasSize(4);
        catalog.collect();
        for (Baseline baseline : catalog.list()) {
            assertThat(catalog.load(baseline.root()).orElseThrow().root()).isEqualTo(baseline.root());
        }
    }

    @Test
    void memoryAndEachDiskHaveGenerationsOfTheirOwn() throws StoreException {
        MemoryTable system = new MemoryTable(List.of(new BlockLayout("vda", 1L << 40)));
        MemoryTable data = new MemoryTable(List.of(new BlockLayout("vdb", 1L << 40)));
        for (int i = 1; i < 5; i++) {
            system.set(0, 5_000L * i, 5, i);
            data.set(0, 5_000L * i, 6, i);
            assertThat(catalog.commit(VM, "vm", "b", table(i, 10), i)).isPresent();
            assertThat(catalog.commitDisk(VM, "vm", "vda", "b", system, i)).isPresent();
            assertThat(catalog.commitDisk(VM, "vm", "vdb", "b", data, i)).isPresent();
        }
        close();
        open();

        assertThat(catalog.list())
                .hasSize(9)
                .filteredOn(baseline -> baseline.disk().equals("vda"))
                .hasSize(3)
                .first()
                .satisfies(baseline -> assertThat(baseline.chunks()).isEqualTo(4));
        assertThat(catalog.newest(VM))
                .get()
                .satisfies(baseline -> assertThat(baseline.isDisk()).isFalse());
        assertThat(catalog.dropVm(VM)).isEqualTo(9);
    }

    @Test
    void theSameMemoryAgainIsANewGeneration() {
        MemoryTable table = table(1, 10);
        assertThat(catalog.commit(VM, "vm", "b", table, 1)).isPresent();
        assertThat(catalog.commit(VM, "vm", "b", table, 2)).isPresent();
        assertThat(catalog.list()).singleElement().satisfies(baseline -> {
            assertThat(baseline.generation()).isEqualTo(2);
            assertThat(baseline.capturedAt()).isEqualTo(2);
        });
    }

    @Test
    void partialBaselinesAreReplaced() {
        MemoryTable table = table(1, 10);
        assertThat(catalog.commit(VM, "vm", "b", table, 1)).isPresent();
        for (int i = 0; i < 3; i++) {
            MemoryTable part = table(10 + i, 5);
            assertThat(catalog.commitPartial("migration-" + i, VM, "vm", "b", part, 2))
                    .isPresent();
        }
        assertThat(catalog.list()).hasSize(2);
        assertThat(catalog.newest(VM).orElseThrow().root()).isEqualTo(table.root());
        assertThat(catalog.list().stream().filter(Baseline::isPartial))
                .singleElement()
                .satisfies(partial -> assertThat(partial.partialOf()).isEqualTo("migration-2"));
        assertThat(catalog.commit(VM, "vm", "b", table(3, 10), 3)).isPresent();
        assertThat(catalog.list()).hasSize(2).noneMatch(Baseline::isPartial);
        assertThatThrownBy(() -> catalog.commitPartial("", VM, "vm", "b", table, 1))
                .hasMessageContaining("id");
    }

    @Test
    void droppedBaselinesLoseTheirPages() {
        ByteBuffer shared = Pages.some(1, 30);
        ByteBuffer own = Pages.some(2, 30);
        assertThat(store.append(Pages.frame(shared))).isTrue();
        assertThat(store.append(Pages.frame(own))).isTrue();
        MemoryTable first = new MemoryTable(LAYOUT);
        fill(first, 0, shared);
        fill(first, 1000, own);
        MemoryTable second = new MemoryTable(LAYOUT);
        fill(second, 5000, shared);
        assertThat(catalog.commit(VM, "vm", "b", first, 1)).isPresent();
        assertThat(catalog.commit(OTHER, "other", "b", second, 1)).isPresent();
        catalog.collect();
        assertThat(held(shared) && held(own)).isTrue();
        assertThat(catalog.drop(first.root())).isTrue();
        assertThat(catalog.drop(first.root())).isFalse();
        catalog.collect();
        assertThat(held(shared)).isTrue();
        assertThat(held(own)).isFalse();
        assertThat(catalog.load(first.root())).isEmpty();
        assertThat(catalog.dropVm(OTHER)).isEqualTo(1);
        catalog.collect();
        assertThat(held(shared)).isFalse();
        assertThat(catalog.list()).isEmpty();
    }

    @Test
    void pagesOfARunningMigrationStayUntilItsBaseline() {
        ByteBuffer pages = Pages.some(1, 30);
        PageStore.Protection protection = store.protect();
        assertThat(store.append(Pages.frame(pages))).isTrue();
        catalog.collect();
        assertThat(held(pages)).isTrue();
        MemoryTable table = new MemoryTable(LAYOUT);
        fill(table, 0, pages);
        assertThat(catalog.commit(VM, "vm", "b", table, 1)).isPresent();
        protection.close();
        catalog.collect();
        assertThat(held(pages)).isTrue();
    }

    @Test
    void baselinesGrowOld() {
        clock.set(Duration.ofDays(100));
        assertThat(catalog.commit(
                        VM,
                        "vm",
                        "b",
                        table(1, 10),
                        clock.millis() - Duration.ofDays(6).toMillis()))
                .isPresent();
        catalog.collect();
        assertThat(catalog.list()).hasSize(1);
        clock.set(Duration.ofDays(102));
        catalog.collect();
        assertThat(catalog.list()).isEmpty();
    }

    @Test
    void theLeastRecentlyUsedGoWhenTheStoreIsFull() throws StoreException {
        close();
        open(1_000_000);
        // as a migration does: the sweep that a commit wakes must not take the next frame before its own commit
        PageStore.Protection protection = store.protect();
        MemoryTable[] tables = new MemoryTable[4];
        for (int i = 0; i < 4; i++) {
            ByteBuffer pages = Pages.some(i, 100);
            assertThat(store.append(Pages.frame(pages))).isTrue();
            tables[i] = new MemoryTable(LAYOUT);
            fill(tables[i], 0, pages);
            clock.set(Duration.ofSeconds(i));
            assertThat(catalog.commit(new UUID(0, i), "vm" + i, "b", tables[i], 0))
                    .isPresent();
        }
        clock.set(Duration.ofSeconds(10));
        catalog.touch(tables[0].root());
        // Four times about 215 KB are under nine tenths of the limit; a fifth is not.
        ByteBuffer pages = Pages.some(5, 100);
        assertThat(store.append(Pages.frame(pages))).isTrue();
        MemoryTable table = new MemoryTable(LAYOUT);
        fill(table, 0, pages);
        assertThat(catalog.commit(VM, "vm", "b", table, 0)).isPresent();
        protection.close();
        catalog.collect();
        assertThat(catalog.list())
                .extracting(Baseline::root)
                .contains(tables[0].root(), table.root())
                .doesNotContain(tables[1].root());
        assertThat(store.liveBytes()).isLessThan(900_000);
        assertThat(held(pages)).isTrue();
    }

    @Test
    void aPeerReplacesOnlyWhatWasExchangedWithIt() {
        MemoryTable real = table(1, 10);
        assertThat(catalog.commit(VM, "vm", "b", real, 1)).isPresent();
        assertThat(catalog.commitPartial("m", VM, "vm", "b", table(2, 10), 1)).isPresent();
        // the same memory too: it is there twice, and only mallory's goes
        assertThat(catalog.commit(VM, "vm", "mallory", real, 2)).isPresent();
        for (int i = 0; i < 5; i++) {
            assertThat(catalog.commit(VM, "other name", "mallory", table(10 + i, 10), 3 + i))
                    .isPresent();
        }
        assertThat(catalog.commitPartial("n", VM, "vm", "mallory", table(3, 10), 9))
                .isPresent();
        assertThat(catalog.list())
                .filteredOn(baseline -> baseline.peer().equals("b"))
                .extracting(Baseline::root)
                .containsExactlyInAnyOrder(real.root(), table(2, 10).root());
        assertThat(catalog.list())
                .filteredOn(baseline -> baseline.peer().equals("mallory"))
                .hasSize(4);
        assertThat(catalog.load(real.root()).orElseThrow().root()).isEqualTo(real.root());
        // the VM itself goes with all of it
        assertThat(catalog.dropVm(VM)).isEqualTo(6);
    }

    @Test
    void whatFailedMigrationsLeaveIsBounded() {
        for (int i = 0; i < BaselineCatalog.MOST_PARTIAL + 5; i++) {
            assertThat(catalog.commitPartial("m", VM, "vm", "b", table(i, 2), i))
                    .isPresent();
        }
        assertThat(catalog.list())
                .hasSize(BaselineCatalog.MOST_PARTIAL)
                .extracting(Baseline::root)
                .contains(table(BaselineCatalog.MOST_PARTIAL + 4, 2).root())
                .doesNotContain(table(0, 2).root());
    }

    @Test
    void theBaselinesOfOnePeerAreBounded() {
        assertThat(catalog.commit(OTHER, "other", "c", table(1, 1), 1)).isPresent();
        MemoryTable table = table(2, 1);
        for (int i = 0; i < BaselineCatalog.MOST_OF_PEER + 3; i++) {
            clock.set(Duration.ofMillis(2000 + i));
            assertThat(catalog.commit(new UUID(9, i), "vm" + i, "b", table, 1)).isPresent();
        }
        assertThat(catalog.list()).hasSize(BaselineCatalog.MOST_OF_PEER + 1);
        assertThat(catalog.newest(OTHER)).isPresent();
        assertThat(catalog.newest(new UUID(9, 2))).isEmpty();
        assertThat(catalog.newest(new UUID(9, 3))).isPresent();
        // nor are the VMs remembered whose baselines are gone
        catalog.collect();
        store.change(change -> assertThat(change.keys("vms")).hasSize(BaselineCatalog.MOST_OF_PEER + 1));
    }

    @Test
    void aPeersClockDoesNotKeepABaselineForGood() {
        clock.set(Duration.ofDays(1));
        assertThat(catalog.commit(VM, "vm", "b", table(1, 1), Long.MAX_VALUE).orElseThrow())
                .satisfies(baseline -> assertThat(baseline.capturedAt()).isEqualTo(clock.millis()));
        clock.set(Duration.ofDays(9));
        catalog.collect();
        assertThat(catalog.list()).isEmpty();
    }

    /** One peer brings more than the store has room for; another's only baseline, used long ago, stays. */
    @Test
    void whoFillsTheStorePushesOutItsOwn() throws StoreException {
        close();
        open(1_000_000);
        PageStore.Protection protection = store.protect();
        MemoryTable others = new MemoryTable(LAYOUT);
        ByteBuffer othersPages = Pages.some(0, 100);
        assertThat(store.append(Pages.frame(othersPages))).isTrue();
        fill(others, 0, othersPages);
        assertThat(catalog.commit(OTHER, "other", "c", others, 0)).isPresent();
        for (int i = 1; i < 5; i++) {
            ByteBuffer pages = Pages.some(i, 100);
            assertThat(store.append(Pages.frame(pages))).isTrue();
            MemoryTable table = new MemoryTable(LAYOUT);
            fill(table, 0, pages);
            clock.set(Duration.ofSeconds(10 + i));
            assertThat(catalog.commit(new UUID(0, i), "vm" + i, "b", table, 0)).isPresent();
        }
        protection.close();
        catalog.collect();
        assertThat(store.liveBytes()).isLessThan(900_000);
        assertThat(catalog.list()).extracting(Baseline::peer).contains("c", "b");
        assertThat(held(othersPages)).isTrue();
        assertThat(catalog.newest(new UUID(0, 1))).isEmpty();
    }

    /** As an older release has left it: the key ends with the VM. */
    @Test
    void baselinesWithoutAPeerAreReadAndLeftAlone() {
        Baseline baseline = catalog.commit(VM, "vm", "", table(1, 10), 1).orElseThrow();
        store.change(change -> assertThat(change.keys("baselines")).allMatch(key -> key.length == Root.BYTES + 16));
        assertThat(catalog.commit(VM, "vm", "b", table(2, 10), 1)).isPresent();
        assertThat(catalog.list()).hasSize(2).contains(baseline);
    }

    @Test
    void damagedTablesAreDropped() {
        MemoryTable table = table(1, 10);
        assertThat(catalog.commit(VM, "vm", "b", table, 1)).isPresent();
        store.change(change -> {
            for (byte[] key : change.keys("tables")) {
                change.put("tables", key, new byte[] {1, 2, 3});
            }
        });
        assertThat(catalog.load(table.root())).isEmpty();
        assertThat(catalog.list()).isEmpty();
    }

    @Test
    void whereAVmIs() throws StoreException {
        assertThat(catalog.isAway(VM)).isFalse();
        catalog.markAway(VM);
        assertThat(catalog.commit(VM, "vm", "b", table(1, 1), 1)).isPresent();
        close();
        open();
        assertThat(catalog.isAway(VM)).isTrue();
        assertThat(catalog.isAway(OTHER)).isFalse();
        catalog.markHere(VM);
        assertThat(catalog.isAway(VM)).isFalse();
        catalog.markAway(VM);
        assertThat(catalog.dropVm(VM)).isEqualTo(1);
        assertThat(catalog.isAway(VM)).isFalse();
    }

    private boolean held(ByteBuffer pages) {
        long[] ids = Pages.ids(pages);
        boolean all = true;
        try (PageReader reader = store.newReader()) {
            ByteBuffer out = ByteBuffer.allocateDirect(Page.SIZE);
            for (int i = 0; i < ids.length; i += 2) {
                boolean read = reader.read(ids[i], ids[i + 1], out, 0);
                all &= read && out.equals(pages.slice(i / 2 * Page.SIZE, Page.SIZE));
            }
        }
        return all;
    }

    private static void fill(MemoryTable table, long page, ByteBuffer pages) {
        long[] ids = Pages.ids(pages);
        for (int i = 0; i < ids.length; i += 2) {
            table.set(0, page + i / 2, ids[i], ids[i + 1]);
        }
    }

    private static MemoryTable table(long seed, int pages) {
        MemoryTable table = new MemoryTable(LAYOUT);
        for (int page = 0; page < pages; page++) {
            table.set(0, page, seed * 0x9E3779B97F4A7C15L + page, page + 1);
        }
        return table;
    }

    private static final class SettableClock extends Clock {
        private final AtomicLong millis = new AtomicLong(1000);

        void set(Duration since1970) {
            millis.set(since1970.toMillis());
        }

        @Override
        public ZoneId getZone() {
            return ZoneOffset.UTC;
        }

        @Override
        public Clock withZone(ZoneId zone) {
            return this;
        }

        @Override
        public Instant instant() {
            return Instant.ofEpochMilli(millis.get());
        }
    }
}
