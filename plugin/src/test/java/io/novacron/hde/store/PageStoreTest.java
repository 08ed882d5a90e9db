package io.novacron.hde.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.novacron.hde.delta.DeltaAlgorithm;
import io.novacron.hde.delta.DeltaAlgorithms;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.frame.FramePacker;
import io.novacron.hde.frame.Pages;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.h2.mvstore.MVStore;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PageStoreTest {
    private static final StoreLimits LIMITS = new StoreLimits(1L << 30, 0, 16 << 20, 4 << 20, 4, 4);

    @TempDir
    private Path directory;

    @Test
    void pagesAreReadableAtOnceAndAfterReopening() throws StoreException {
        ByteBuffer pages = Pages.some(1, 200);
        try (PageStore store = open();
                PageReader reader = store.newReader()) {
            assertThat(store.currentFrameNumber()).isZero();
            assertThat(store.append(Pages.frame(pages))).isTrue();
            assertThat(store.currentFrameNumber()).isEqualTo(1);
            assertHeld(store, reader, pages, 0);
            store.flush();
            assertHeld(store, reader, pages, 0);
        }
        try (PageStore store = open();
                PageReader reader = store.newReader()) {
            assertHeld(store, reader, pages, 0);
            assertThat(store.currentFrameNumber()).isEqualTo(1);
            assertThat(store.liveBytes()).isGreaterThan(100_000);
        }
    }

    @Test
    void whatIsNotHeldIsNotRead() throws StoreException {
        try (PageStore store = open();
                PageReader reader = store.newReader()) {
            assertThat(store.append(Pages.frame(Pages.some(1, 5)))).isTrue();
            long[] ids = Pages.ids(Pages.some(2, 1));
            ByteBuffer out = ByteBuffer.allocateDirect(Page.SIZE);
            assertThat(store.contains(ids[0], ids[1])).isFalse();
            assertThat(store.depth(ids[0], ids[1])).isEqualTo(-1);
            assertThat(reader.read(ids[0], ids[1], out, 0)).isFalse();
            assertThat(reader.read(0, 0, out, 0)).isFalse();
        }
    }

    @Test
    void theZeroPageIsAlwaysHeld() throws StoreException {
        try (PageStore store = open();
                PageReader reader = store.newReader()) {
            ByteBuffer out = ByteBuffer.allocateDirect(2 * Page.SIZE);
            for (int i = 0; i < out.capacity(); i++) {
                out.put(i, (byte) 1);
            }
            PageId zero = PageId.ZERO_PAGE;
            assertThat(store.contains(zero.high(), zero.low())).isTrue();
            assertThat(reader.read(zero.high(), zero.low(), out, Page.SIZE)).isTrue();
            assertThat(out.get(Page.SIZE - 1)).isEqualTo((byte) 1);
            assertThat(out.slice(Page.SIZE, Page.SIZE)).isEqualTo(ByteBuffer.allocate(Page.SIZE));
        }
    }

    @Test
    void aFrameWhosePagesAreHeldIsNotStoredAgain() throws StoreException {
        ByteBuffer pages = Pages.some(1, 20);
        try (PageStore store = open()) {
            assertThat(store.append(Pages.frame(pages))).isTrue();
            assertThat(store.append(Pages.frame(pages))).isTrue();
            assertThat(store.append(Pages.frame(part(pages, 3, 9)))).isTrue();
            assertThat(store.currentFrameNumber()).isEqualTo(1);
            store.flush();
            long bytes = store.liveBytes();
            assertThat(store.append(Pages.frame(pages))).isTrue();
            store.flush();
            assertThat(store.liveBytes()).isEqualTo(bytes);
        }
    }

    @Test
    void chainsOfDeltasAreUndone() throws StoreException {
        List<ByteBuffer> versions = new ArrayList<>(List.of(Pages.some(1, 50)));
        try (PageStore store = open();
                PageReader reader = store.newReader()) {
            assertThat(store.append(Pages.frame(versions.get(0)))).isTrue();
            for (int depth = 1; depth <= 4; depth++) {
                ByteBuffer bases = versions.get(depth - 1);
                ByteBuffer pages = Pages.changed(bases, depth);
                versions.add(pages);
                assertThat(store.append(delta(bases, pages, depth))).isTrue();
            }
            for (int depth = 0; depth <= 4; depth++) {
                assertHeld(store, reader, versions.get(depth), depth);
            }
            ByteBuffer tooDeep = Pages.changed(versions.get(4), 9);
            assertThat(store.append(delta(versions.get(4), tooDeep, 5))).isFalse();
            // A page that comes again less deep is read from there.
            assertThat(store.append(Pages.frame(versions.get(3)))).isTrue();
            assertHeld(store, reader, versions.get(3), 0);
            assertHeld(store, reader, versions.get(4), 4);
        }
        try (PageStore store = open();
                PageReader reader = store.newReader()) {
            assertHeld(store, reader, versions.get(4), 4);
            assertHeld(store, reader, versions.get(3), 0);
        }
    }

    @Test
    void basesThatDependOnEachOtherEnd() throws StoreException {
        ByteBuffer one = Pages.some(1, 3);
        ByteBuffer two = Pages.changed(one, 1);
        try (PageStore store = open();
                PageReader reader = store.newReader()) {
            assertThat(store.append(delta(one, two, 1))).isTrue();
            assertThat(store.append(delta(two, one, 2))).isTrue();
            long[] ids = Pages.ids(two);
            assertThat(reader.read(ids[0], ids[1], ByteBuffer.allocateDirect(Page.SIZE), 0))
                    .isFalse();
            assertThat(store.contains(ids[0], ids[1])).isFalse();
        }
    }

    @Test
    void wrongContentIsNeverReadAndForgotten() throws StoreException {
        ByteBuffer pages = Pages.some(1, 3);
        long[] ids = Pages.ids(pages);
        ids[2] ^= 1;
        try (PageStore store = open();
                FramePacker packer = new FramePacker();
                PageReader reader = store.newReader()) {
            assertThat(store.append(packer.pack(pages, 0, 3, ids, 1, 1.1))).isTrue();
            ByteBuffer out = ByteBuffer.allocateDirect(Page.SIZE);
            assertThat(reader.read(ids[0], ids[1], out, 0)).isTrue();
            assertThat(store.contains(ids[2], ids[3])).isTrue();
            assertThat(reader.read(ids[2], ids[3], out, 0)).isFalse();
            assertThat(store.contains(ids[2], ids[3])).isFalse();
            assertThat(reader.read(ids[4], ids[5], out, 0)).isTrue();
        }
    }

    @Test
    void manyFramesThroughASmallReader() throws StoreException {
        StoreLimits small = new StoreLimits(1L << 30, 0, 1 << 20, 1 << 20, 1, 4);
        int frames = 300;
        try (PageStore store = PageStore.open(directory, small);
                PageReader reader = store.newReader()) {
            for (int i = 0; i < frames; i++) {
                while (!store.append(Pages.frame(Pages.some(i, 1 + i % 90)))) {
                    store.flush();
                }
            }
            for (int i = 0; i < frames; i++) {
                assertHeld(store, reader, Pages.some(i, 1 + i % 90), 0);
            }
        }
        try (PageStore store = PageStore.open(directory, small);
                PageReader reader = store.newReader()) {
            for (int i = frames - 1; i >= 0; i--) {
                assertHeld(store, reader, Pages.some(i, 1 + i % 90), 0);
            }
        }
    }

    @Test
    void aSecondOpenerIsRefused() throws StoreException {
        try (PageStore store = open()) {
            assertThat(store.append(Pages.frame(Pages.some(1, 1)))).isTrue();
            assertThatThrownBy(this::open)
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("in use by another agent");
            assertThat(store.append(Pages.frame(Pages.some(2, 1)))).isTrue();
        }
        open().close();
    }

    @Test
    void aFileInPlaceOfTheDirectoryIsRefused() throws IOException {
        Path file = Files.createFile(directory.resolve("file"));
        assertThatThrownBy(() -> PageStore.open(file, LIMITS))
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("not a directory");
    }

    @Test
    void onlyTheOwnerMayRead() throws StoreException, IOException {
        Path fresh = directory.resolve("fresh");
        try (PageStore store = PageStore.open(fresh, LIMITS)) {
            assertThat(store.append(Pages.frame(Pages.some(1, 1)))).isTrue();
        }
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(fresh)))
                .isEqualTo("rwx------");
        try (Stream<Path> files = Files.list(fresh)) {
            assertThat(files)
                    .isNotEmpty()
                    .allSatisfy(file -> assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
                            .isEqualTo("rw-------"));
        }
    }

    @Test
    void aLaterFormatAndGarbageAreSetAsideAndOnlyTheLastIsKept() throws StoreException, IOException {
        open().close();
        try (MVStore store = MVStore.open(directory.resolve("pages.mv").toString())) {
            store.<String, String>openMap("meta").put("format", "2");
        }
        ByteBuffer pages = Pages.some(1, 3);
        try (PageStore store = open();
                PageReader reader = store.newReader()) {
            assertThat(store.append(Pages.frame(pages))).isTrue();
            assertHeld(store, reader, pages, 0);
        }
        assertThat(directory.resolve("pages.mv.aside-1")).exists();
        Files.write(directory.resolve("pages.mv"), new byte[100_000]);
        open().close();
        assertThat(directory.resolve("pages.mv.aside-1")).doesNotExist();
        assertThat(directory.resolve("pages.mv.aside-2")).exists();
    }

    @Test
    void areasChangeAllOrNothing() throws StoreException {
        byte[] one = bytes("one");
        byte[] two = bytes("two");
        try (PageStore store = open()) {
            assertThat(store.change(change -> {
                        change.put("a", one, bytes("1"));
                        change.put("b", two, bytes("2"));
                        assertThat(change.get("a", one)).hasValue(bytes("1"));
                    }))
                    .isTrue();
            assertThatThrownBy(() -> store.change(change -> {
                        change.put("a", one, bytes("other"));
                        throw new IllegalStateException("on the way");
                    }))
                    .hasMessage("on the way");
            assertThat(store.get("a", one)).hasValue(bytes("1"));
            assertThat(store.append(Pages.frame(Pages.some(1, 3)))).isTrue();
        }
        try (PageStore store = open()) {
            assertThat(store.get("a", one)).hasValue(bytes("1"));
            assertThat(store.get("b", two)).hasValue(bytes("2"));
            assertThat(store.get("b", one)).isEmpty();
            assertThat(store.change(change -> change.remove("a", one))).isTrue();
            List<byte[]> keys = new ArrayList<>();
            store.forEach("b", (key, value) -> keys.add(key));
            store.forEach("a", (key, value) -> keys.add(key));
            assertThat(keys).containsExactly(two);
        }
    }

    @Test
    void aSweepRemovesWhatNobodyNeeds() throws StoreException {
        ByteBuffer needed = Pages.some(1, 40);
        ByteBuffer base = Pages.some(2, 40);
        ByteBuffer changed = Pages.changed(base, 3);
        ByteBuffer dead = Pages.some(4, 40);
        ByteBuffer spared = Pages.some(5, 40);
        ByteBuffer later = Pages.some(6, 40);
        try (PageStore store = open();
                PageReader reader = store.newReader()) {
            for (ByteBuffer pages : List.of(needed, base, dead, spared)) {
                assertThat(store.append(Pages.frame(pages))).isTrue();
            }
            assertThat(store.append(delta(base, changed, 1))).isTrue();
            store.flush();
            long before = store.liveBytes();
            long freed;
            try (Sweep sweep = store.newSweep()) {
                assertThat(store.append(Pages.frame(later))).isTrue();
                assertThat(store.append(Pages.frame(spared))).isTrue();
                keep(sweep, part(needed, 0, 1));
                keep(sweep, part(changed, 7, 8));
                freed = sweep.finish();
            }
            assertThat(freed).isGreaterThan(40 * 2048);
            for (ByteBuffer pages : List.of(needed, base, spared, later)) {
                assertHeld(store, reader, pages, 0);
            }
            assertHeld(store, reader, changed, 1);
            long[] ids = Pages.ids(dead);
            for (int i = 0; i < ids.length; i += 2) {
                assertThat(store.contains(ids[i], ids[i + 1])).isFalse();
            }
            store.flush();
            assertThat(store.liveBytes()).isLessThan(before + 40 * 2048);
            assertThat(store.append(Pages.frame(dead))).isTrue();
            assertHeld(store, reader, dead, 0);
        }
    }

    @Test
    void aProtectionKeepsWhatIsNewer() throws StoreException {
        ByteBuffer older = Pages.some(1, 10);
        ByteBuffer newer = Pages.some(2, 10);
        try (PageStore store = open();
                PageReader reader = store.newReader()) {
            assertThat(store.append(Pages.frame(older))).isTrue();
            PageStore.Protection protection = store.protect();
            assertThat(store.append(Pages.frame(newer))).isTrue();
            sweepAll(store);
            assertThat(store.contains(Pages.ids(older)[0], Pages.ids(older)[1])).isFalse();
            assertHeld(store, reader, newer, 0);
            protection.close();
            protection.close();
            sweepAll(store);
            assertThat(store.contains(Pages.ids(newer)[0], Pages.ids(newer)[1])).isFalse();
        }
    }

    @Test
    void theFileShrinksAfterASweep() throws StoreException {
        try (PageStore store = open()) {
            for (int i = 0; i < 300; i++) {
                while (!store.append(Pages.frame(Pages.some(i, 64)))) {
                    store.flush();
                }
            }
            store.flush();
            long before = store.fileBytes();
            assertThat(before).isGreaterThan(300 * 64 * 2048);
            sweepAll(store);
            await().until(() -> {
                store.flush();
                return store.fileBytes() < before / 4;
            });
        }
    }

    @Test
    void nothingIsStoredBeyondTheLimits() throws StoreException {
        StoreLimits tiny = new StoreLimits(200_000, 0, 16 << 20, 4 << 20, 4, 4);
        try (PageStore store = PageStore.open(directory, tiny)) {
            assertThat(store.append(Pages.frame(Pages.some(1, 100)))).isTrue();
            await().until(() -> !store.append(Pages.frame(Pages.some(2, 100))));
            sweepAll(store);
            await().until(() -> store.append(Pages.frame(Pages.some(3, 10))));
        }
        StoreLimits free = new StoreLimits(1L << 30, Long.MAX_VALUE, 16 << 20, 4 << 20, 4, 4);
        try (PageStore store = PageStore.open(directory, free)) {
            assertThat(store.append(Pages.frame(Pages.some(9, 1)))).isFalse();
        }
    }

    private static void sweepAll(PageStore store) {
        try (Sweep sweep = store.newSweep()) {
            assertThat(sweep.finish()).isPositive();
        }
    }

    private static void keep(Sweep sweep, ByteBuffer pages) {
        long[] ids = Pages.ids(pages);
        for (int i = 0; i < ids.length; i += 2) {
            sweep.keep(ids[i], ids[i + 1]);
        }
    }

    private PageStore open() throws StoreException {
        return PageStore.open(directory, LIMITS);
    }

    static Frame delta(ByteBuffer bases, ByteBuffer pages, int depth) {
        try (FramePacker packer = new FramePacker();
                DeltaAlgorithm algorithm = DeltaAlgorithms.ZSTD.create()) {
            return packer.packDelta(
                            algorithm,
                            bases,
                            pages,
                            pages.capacity() / Page.SIZE,
                            Pages.ids(pages),
                            Pages.ids(bases),
                            depth)
                    .orElseThrow();
        }
    }

    static void assertHeld(PageStore store, PageReader reader, ByteBuffer pages, int depth) {
        long[] ids = Pages.ids(pages);
        ByteBuffer out = ByteBuffer.allocateDirect(Page.SIZE);
        for (int page = 0; page < ids.length / 2; page++) {
            assertThat(store.contains(ids[2 * page], ids[2 * page + 1])).isTrue();
            assertThat(store.depth(ids[2 * page], ids[2 * page + 1])).isEqualTo(depth);
            assertThat(reader.read(ids[2 * page], ids[2 * page + 1], out, 0)).isTrue();
            assertThat(out).isEqualByComparingTo(pages.slice(page * Page.SIZE, Page.SIZE));
        }
    }

    private static ByteBuffer part(ByteBuffer pages, int from, int to) {
        return ByteBuffer.allocateDirect((to - from) * Page.SIZE)
                .put(0, pages, from * Page.SIZE, (to - from) * Page.SIZE);
    }

    private static byte[] bytes(String text) {
        return text.getBytes(StandardCharsets.UTF_8);
    }
}
