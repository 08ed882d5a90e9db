package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.baseline.BaselineLimits;
import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.TableSpace;
import io.novacron.hde.config.Dedup;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BaselineKeeperTest {
    /** Memory of one chunk. */
    private static final long CHUNK = 16 << 20;

    @Test
    void aSourceLoadsNoMoreThanAChannelMayHaveWhateverThePeerSaysItHolds(@TempDir Path directory) throws Exception {
        try (PageStore store = PageStore.open(directory.resolve("store"), StoreLimits.ofSize(1 << 28));
                BaselineCatalog catalog = BaselineCatalog.open(store, BaselineLimits.DEFAULT, Clock.systemUTC())) {
            List<String> roots = new ArrayList<>();
            for (int vm = 0; vm < 5; vm++) {
                MemoryTable table = new MemoryTable(List.of(new BlockLayout("pc.ram", (vm == 1 ? 10 : 2) * CHUNK)));
                table.set(0, vm, 1, 2);
                roots.add(catalog.commit(new UUID(0, vm), "vm" + vm, "b", table, System.currentTimeMillis())
                        .orElseThrow()
                        .root()
                        .toString());
            }
            List<String> said = new ArrayList<>(roots);
            said.addAll(1, roots);
            BaselineKeeper keeper = new BaselineKeeper(catalog, Dedup.HOST, 5, TableSpace.HEAP);
            assertThat(keeper.load(said).keySet()).containsExactly(roots.get(0), roots.get(2));
        }
    }
}
