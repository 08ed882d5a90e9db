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
import io.novacron.hde.wire.ChannelType;
import io.novacron.hde.wire.Message;
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

    @Test
    void memoryAndDisksAreOfferedApartAndOneBaselineOfEachDiskIsUsed(@TempDir Path directory) throws Exception {
        UUID vm = new UUID(0, 1);
        long now = System.currentTimeMillis();
        try (PageStore store = PageStore.open(directory.resolve("store"), StoreLimits.ofSize(1 << 28));
                BaselineCatalog catalog = BaselineCatalog.open(store, BaselineLimits.DEFAULT, Clock.systemUTC())) {
            MemoryTable memory = new MemoryTable(List.of(new BlockLayout("pc.ram", CHUNK)));
            memory.set(0, 1, 1, 1);
            String ofMemory = catalog.commit(vm, "vm", "b", memory, now)
                    .orElseThrow()
                    .root()
                    .toString();
            List<String> newest = new ArrayList<>();
            for (String name : List.of("vda", "vdb")) {
                // far more places than a channel may have chunks
                MemoryTable disk = new MemoryTable(List.of(new BlockLayout(name, 1000 * CHUNK)));
                disk.set(0, 1, 2, 2);
                catalog.commitDisk(vm, "vm", name, "b", disk, now - 1000);
                disk.set(0, 2, 3, 3);
                newest.add(catalog.commitDisk(vm, "vm", name, "b", disk, now)
                        .orElseThrow()
                        .root()
                        .toString());
            }
            BaselineKeeper keeper = new BaselineKeeper(catalog, Dedup.HOST, 5, TableSpace.HEAP);
            BaselineKeeper disks = new BaselineKeeper(catalog, Dedup.HOST, 5, TableSpace.HEAP, ChannelType.DISK);

            assertThat(keeper.offers(vm.toString(), "b"))
                    .extracting(Message.Offer::root)
                    .containsExactly(ofMemory);
            assertThat(disks.offers(vm.toString(), "b")).hasSize(4);
            var held = disks.held(disks.offers(vm.toString(), "b"), vm.toString());
            assertThat(held.keySet()).containsExactlyInAnyOrderElementsOf(newest);
            // a root of the other kind is not looked for, whoever offers it
            assertThat(disks.held(keeper.offers(vm.toString(), "b"), vm.toString()))
                    .isEmpty();
        }
    }
}
