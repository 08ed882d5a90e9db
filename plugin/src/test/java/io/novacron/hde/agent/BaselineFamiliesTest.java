package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.baseline.BaselineLimits;
import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageId;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreException;
import io.novacron.hde.store.StoreLimits;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import java.util.UUID;
import java.util.stream.LongStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaselineFamiliesTest {
    private static final int PAGES = 20_000;

    @TempDir
    Path directory;

    private PageStore store;
    private BaselineCatalog catalog;

    @BeforeEach
    void open() throws StoreException {
        store = PageStore.open(directory.resolve("store"), StoreLimits.ofSize(256 << 20));
        catalog = BaselineCatalog.open(store, BaselineLimits.DEFAULT, Clock.systemUTC());
    }

    @AfterEach
    void close() {
        catalog.close();
        store.close();
    }

    /** A VM of which a share of the pages is its image's, at other places in each, and the rest its own or zero. */
    private UUID vm(int number, long image, double share) {
        UUID vm = new UUID(0, number);
        MemoryTable table = new MemoryTable(List.of(new BlockLayout("pc.ram", (long) PAGES * Page.SIZE)));
        Random ofImage = new Random(image);
        Random own = new Random(1000 + number);
        for (int page = 0; page < PAGES; page++) {
            int place = (page + number * 777) % PAGES;
            if (page % 10 == 0) {
                table.set(0, place, PageId.ZERO_PAGE.high(), PageId.ZERO_PAGE.low());
            } else {
                Random random = page < share * PAGES ? ofImage : own;
                table.set(0, place, random.nextLong(), random.nextLong());
            }
        }
        assertThat(catalog.commit(vm, "vm" + number, "b", table, System.currentTimeMillis()))
                .isPresent();
        return vm;
    }

    @Test
    void vmsOfOneImageAreAFamilyAndOthersAreNot() {
        List<UUID> vms = new ArrayList<>();
        vms.add(vm(1, 1, 0.3));
        vms.add(vm(2, 2, 0.3));
        vms.add(vm(3, 1, 0.3));
        vms.add(vm(4, 3, 0.3));
        vms.add(vm(5, 2, 0.3));
        vms.add(vm(6, 1, 0.3));
        // one of which nothing is known
        vms.add(new UUID(9, 9));
        assertThat(new BaselineFamilies(catalog, 1000).among(vms))
                .containsExactlyInAnyOrder(Set.of(vms.get(0), vms.get(2), vms.get(5)), Set.of(vms.get(1), vms.get(4)));
    }

    @Test
    void aTableThatIsTooLargeIsNotLoaded() {
        List<UUID> vms = List.of(vm(1, 1, 0.5), vm(2, 1, 0.5));
        int chunks = (PAGES + 4095) / 4096;
        assertThat(new BaselineFamilies(catalog, chunks).among(vms)).hasSize(1);
        assertThat(new BaselineFamilies(catalog, chunks - 1).among(vms)).isEmpty();
    }

    @Test
    void theShareIsEstimatedFromTheLeastOfBoth() {
        SortedSet<Long> one = new TreeSet<>(LongStream.range(0, 256).boxed().toList());
        SortedSet<Long> half = new TreeSet<>(LongStream.range(64, 320).boxed().toList());
        assertThat(BaselineFamilies.shared(one, one)).isEqualTo(1);
        assertThat(BaselineFamilies.shared(one, half)).isCloseTo(0.75, within(0.01));
        assertThat(BaselineFamilies.shared(one, new TreeSet<>())).isZero();
        assertThat(BaselineFamilies.shared(new TreeSet<>(), new TreeSet<>())).isZero();
    }
}
