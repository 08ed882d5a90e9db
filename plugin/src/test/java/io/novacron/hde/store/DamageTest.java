package io.novacron.hde.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.baseline.Baseline;
import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.baseline.BaselineLimits;
import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.frame.Pages;
import io.novacron.hde.page.Page;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.time.Clock;
import java.time.Duration;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.UUID;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whatever happens to the file: no wrong page, no exception, and the store goes on storing. */
class DamageTest {
    private static final StoreLimits LIMITS = new StoreLimits(1L << 30, 0, 16 << 20, 1 << 20, 1, 4);
    private static final int FRAMES = 12;
    // The file differs a little from run to run, with times and thread timing; so does what is hit.
    private static final long SEED = Long.getLong("hde.seed", 7);
    private static final List<BlockLayout> LAYOUT = List.of(new BlockLayout("pc.ram", 1L << 30));

    @TempDir
    private Path directory;

    private Path good;
    private Path file;
    private MemoryTable table;
    private int readable;
    private int loaded;

    /** With what the store is encrypted. */
    Optional<StoreKey> key() {
        return Optional.empty();
    }

    @BeforeEach
    void makeStore() throws StoreException, IOException {
        good = directory.resolve("good");
        file = directory.resolve(key().isPresent() ? "pages.enc" : "pages.mv");
        table = new MemoryTable(LAYOUT);
        try (PageStore store = PageStore.open(directory, LIMITS, key())) {
            for (int i = 0; i < FRAMES; i++) {
                ByteBuffer pages = Pages.some(i, 6);
                assertThat(store.append(Pages.frame(pages))).isTrue();
                ByteBuffer changed = Pages.changed(pages, i);
                assertThat(store.append(PageStoreTest.delta(pages, changed, 1))).isTrue();
                long[] ids = Pages.ids(changed);
                for (int page = 0; page < 6; page++) {
                    table.set(0, i * 5000L + page, ids[2 * page], ids[2 * page + 1]);
                }
                store.flush();
            }
            try (BaselineCatalog catalog = BaselineCatalog.open(store, BaselineLimits.DEFAULT, Clock.systemUTC())) {
                assertThat(catalog.commit(new UUID(1, 1), "vm", "b", table, System.currentTimeMillis()))
                        .isPresent();
            }
        }
        Files.copy(file, good);
    }

    @Test
    @Timeout(300)
    void flippedBits() throws StoreException, IOException {
        Random random = new Random(SEED);
        for (int i = 0; i < 300; i++) {
            byte[] bytes = Files.readAllBytes(good);
            for (int hits = 1 + random.nextInt(20); hits > 0; hits--) {
                bytes[random.nextInt(bytes.length)] ^= (byte) (1 << random.nextInt(8));
            }
            openAndCheck(bytes);
        }
        // The damage was not all of the kind that sets the whole store aside.
        assertThat(readable).isGreaterThan(300);
        assertThat(loaded).isGreaterThan(10);
    }

    @Test
    @Timeout(300)
    void overwrittenBlocks() throws StoreException, IOException {
        Random random = new Random(SEED + 1);
        for (int i = 0; i < 150; i++) {
            byte[] bytes = Files.readAllBytes(good);
            int from = random.nextInt(bytes.length);
            byte[] garbage = new byte[Math.min(bytes.length - from, 1 << random.nextInt(14))];
            if (random.nextBoolean()) {
                random.nextBytes(garbage);
            }
            System.arraycopy(garbage, 0, bytes, from, garbage.length);
            openAndCheck(bytes);
        }
    }

    @Test
    @Timeout(300)
    void truncations() throws StoreException, IOException {
        byte[] bytes = Files.readAllBytes(good);
        Random random = new Random(SEED + 2);
        for (int i = 0; i < 100; i++) {
            openAndCheck(Arrays.copyOf(bytes, random.nextInt(bytes.length)));
        }
    }

    /** One flipped bit once made the number of the next frame one that no frame can have. */
    @Test
    @Timeout(300)
    void impossibleFrameNumbers() throws Exception {
        for (long number : new long[] {Long.MAX_VALUE, 1L << 50, Location.MAX_FRAME}) {
            Files.copy(good, file, StandardCopyOption.REPLACE_EXISTING);
            try (Database database = Database.open(file, 1, key())) {
                database.putFrame(number, new byte[7]);
                database.commit();
            }
            openAndCheck(Files.readAllBytes(file));
        }
    }

    @Test
    @Timeout(300)
    void damageWhileOpen() throws StoreException, IOException {
        Random random = new Random(SEED + 3);
        for (int i = 0; i < 30; i++) {
            Files.copy(good, file, StandardCopyOption.REPLACE_EXISTING);
            try (PageStore store = PageStore.open(directory, LIMITS, key())) {
                byte[] bytes = Files.readAllBytes(good);
                random.nextBytes(bytes);
                try (var channel = Files.newByteChannel(file, StandardOpenOption.WRITE)) {
                    channel.position(8192);
                    int written = channel.write(ByteBuffer.wrap(bytes, 8192, bytes.length - 8192));
                    assertThat(written).isPositive();
                }
                check(store);
                goesOn(store);
            }
        }
    }

    /** As after a crash between a sweep and the next merge of the index: the index names frames that are gone. */
    @Test
    void framesThatAreGoneAreStoredAgain() throws Exception {
        Database database = Database.open(file, 1, key());
        Long number = database.frameFrom(0);
        while (number != null) {
            database.removeFrame(number);
            number = database.frameFrom(number);
        }
        database.commit();
        database.close();

        try (PageStore store = PageStore.open(directory, LIMITS, key());
                PageReader reader = store.newReader()) {
            ByteBuffer pages = Pages.some(0, 6);
            assertThat(store.append(Pages.frame(pages))).isTrue();
            store.flush();
            ByteBuffer out = ByteBuffer.allocateDirect(Page.SIZE);
            long[] ids = Pages.ids(pages);
            for (int page = 0; page < 6; page++) {
                assertThat(reader.read(ids[2 * page], ids[2 * page + 1], out, 0))
                        .as("page %d", page)
                        .isTrue();
            }
        }
    }

    private void openAndCheck(byte[] bytes) throws StoreException, IOException {
        Files.write(file, bytes);
        try (PageStore store = PageStore.open(directory, LIMITS, key())) {
            check(store);
            goesOn(store);
        }
        try (PageStore store = PageStore.open(directory, LIMITS, key())) {
            check(store);
        }
    }

    private void check(PageStore store) {
        ByteBuffer out = ByteBuffer.allocateDirect(Page.SIZE);
        try (PageReader reader = store.newReader()) {
            for (int i = 0; i < FRAMES; i++) {
                ByteBuffer pages = Pages.some(i, 6);
                for (ByteBuffer version : List.of(pages, Pages.changed(pages, i))) {
                    long[] ids = Pages.ids(version);
                    for (int page = 0; page < 6; page++) {
                        if (reader.read(ids[2 * page], ids[2 * page + 1], out, 0)) {
                            assertThat(out).isEqualByComparingTo(version.slice(page * Page.SIZE, Page.SIZE));
                            readable++;
                        } else {
                            assertThat(reader.read(ids[2 * page], ids[2 * page + 1], out, 0))
                                    .isFalse();
                        }
                    }
                }
            }
        }
        try (BaselineCatalog catalog =
                BaselineCatalog.open(store, new BaselineLimits(3, Duration.ofDays(7)), Clock.systemUTC())) {
            for (Baseline baseline : catalog.list()) {
                catalog.load(baseline.root()).ifPresent(found -> {
                    assertThat(found.root()).isEqualTo(baseline.root());
                    loaded++;
                });
            }
            catalog.collect();
        }
    }

    /** Perhaps not at once: a store that turns out to be damaged while it is written is first opened anew. */
    private static void goesOn(PageStore store) {
        ByteBuffer pages = Pages.some(1234, 3);
        boolean held = false;
        for (int attempt = 0; attempt < 1000 && !held; attempt++) {
            held = store.append(Pages.frame(pages));
            store.flush();
            try (PageReader reader = store.newReader()) {
                long[] ids = Pages.ids(pages);
                held &= reader.read(ids[0], ids[1], ByteBuffer.allocateDirect(Page.SIZE), 0);
            }
        }
        assertThat(held).isTrue();
    }
}
