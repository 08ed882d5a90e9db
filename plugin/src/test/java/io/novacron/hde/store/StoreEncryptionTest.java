package io.novacron.hde.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.LogCapture;
import io.novacron.hde.frame.Pages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What encryption hides, and what becomes of a store when it is switched on or off or the key changes. */
class StoreEncryptionTest {
    private static final StoreLimits LIMITS = new StoreLimits(1L << 30, 0, 16 << 20, 4 << 20, 4, 4);
    private static final Optional<StoreKey> NONE = Optional.empty();
    private static final Optional<StoreKey> KEY = Optional.of(key(1));
    private static final Optional<StoreKey> OTHER = Optional.of(key(2));
    private static final String MARK = "what stands in a dictionary";

    @TempDir
    private Path directory;

    private static StoreKey key(int seed) {
        byte[] secret = new byte[StoreKey.BYTES];
        new Random(seed).nextBytes(secret);
        return StoreKey.of(secret);
    }

    private void fill(Optional<StoreKey> key) throws StoreException {
        try (PageStore store = PageStore.open(directory, LIMITS, key)) {
            assertThat(store.append(Pages.frame(pages()))).isTrue();
            byte[] mark = MARK.getBytes(StandardCharsets.US_ASCII);
            assertThat(store.change(change -> change.put("dictionaries", mark, mark)))
                    .isTrue();
        }
    }

    private static ByteBuffer pages() {
        return Pages.some(1, 100);
    }

    private boolean isHeld(Optional<StoreKey> key) throws StoreException {
        try (PageStore store = PageStore.open(directory, LIMITS, key);
                PageReader reader = store.newReader()) {
            long[] ids = Pages.ids(pages());
            if (!reader.read(ids[0], ids[1], ByteBuffer.allocateDirect(4096), 0)) {
                return false;
            }
            PageStoreTest.assertHeld(store, reader, pages(), 0);
            return true;
        }
    }

    private List<String> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.map(file -> file.getFileName().toString()).sorted().toList();
        }
    }

    /** Of what derives from guest memory: bytes of each page, each PageId, a key and a value, and the area's name. */
    private List<byte[]> secrets() {
        List<byte[]> secrets = new ArrayList<>();
        secrets.add(MARK.getBytes(StandardCharsets.US_ASCII));
        secrets.add("dictionaries".getBytes(StandardCharsets.US_ASCII));
        long[] ids = Pages.ids(pages());
        for (int page = 0; page < ids.length / 2; page++) {
            secrets.add(ByteBuffer.allocate(8).putLong(ids[2 * page]).array());
            secrets.add(ByteBuffer.allocate(8).putLong(ids[2 * page + 1]).array());
        }
        return secrets;
    }

    private long secretsInTheClear() throws IOException {
        StringBuilder all = new StringBuilder();
        for (String name : files()) {
            all.append(Files.readString(directory.resolve(name), StandardCharsets.ISO_8859_1));
        }
        return secrets().stream()
                .filter(secret -> all.indexOf(new String(secret, StandardCharsets.ISO_8859_1)) >= 0)
                .count();
    }

    @Test
    void nothingThatDerivesFromGuestMemoryIsInTheClear() throws Exception {
        fill(NONE);
        // So the search finds what is there.
        assertThat(secretsInTheClear()).isEqualTo(secrets().size());
        fill(KEY);
        assertThat(files()).containsExactly("lock", "pages.enc");
        assertThat(secretsInTheClear()).isZero();
        assertThat(isHeld(KEY)).isTrue();
    }

    @Test
    void switchingItOnDeletesWhatIsInTheClear() throws Exception {
        fill(NONE);
        Files.writeString(directory.resolve("pages.mv.aside-3"), "guest memory");
        Files.writeString(directory.resolve("pages.mv.damaged-1"), "guest memory");
        Files.writeString(directory.resolve("pages.mv.of-somebody-else"), "not ours");
        try (LogCapture log = new LogCapture()) {
            assertThat(isHeld(KEY)).isFalse();
            assertThat(log.text())
                    .contains("pages.mv was deleted, so migrations save less for a while: it held guest memory in the"
                            + " clear, and store.encryption is aes-gcm")
                    .contains("pages.mv.aside-3 was deleted")
                    .contains("pages.mv.damaged-1 was deleted");
        }
        assertThat(files()).containsExactly("lock", "pages.enc", "pages.mv.of-somebody-else");
    }

    @Test
    void switchingItOffSetsTheStoreAsideForAWeek() throws Exception {
        fill(KEY);
        try (LogCapture log = new LogCapture()) {
            assertThat(isHeld(NONE)).isFalse();
            assertThat(log.text())
                    .contains("pages.enc was set aside as pages.enc.aside-1 and an empty one begun")
                    .contains("store.encryption is none: what is stored from now on is guest memory in the clear");
        }
        assertThat(files()).containsExactly("lock", "pages.enc.aside-1", "pages.mv");
        Files.move(directory.resolve("pages.enc.aside-1"), directory.resolve("pages.enc"));
        assertThat(isHeld(KEY)).isTrue();
        assertThat(files()).containsExactly("lock", "pages.enc");
    }

    @Test
    void withAnotherKeyAnEmptyStoreIsBegunAndTheOldOneCanBePutBack() throws Exception {
        fill(KEY);
        try (LogCapture log = new LogCapture()) {
            assertThat(isHeld(OTHER)).isFalse();
            assertThat(log.text())
                    .contains("pages.enc was set aside as pages.enc.aside-1 and an empty one begun")
                    .contains("it was encrypted with another key than that of store.key-file. To use it again within a"
                            + " week, put that key back and rename it");
        }
        fill(OTHER);
        assertThat(isHeld(OTHER)).isTrue();
        Files.delete(directory.resolve("pages.enc"));
        Files.move(directory.resolve("pages.enc.aside-1"), directory.resolve("pages.enc"));
        assertThat(isHeld(KEY)).isTrue();
    }

    @Test
    void whatWasSetAsideIsDeletedAfterAWeek() throws Exception {
        fill(KEY);
        assertThat(isHeld(NONE)).isFalse();
        Path aside = directory.resolve("pages.enc.aside-1");
        setAge(aside, Duration.ofDays(6));
        assertThat(isHeld(NONE)).isFalse();
        assertThat(aside).exists();
        setAge(aside, Duration.ofDays(8));
        assertThat(isHeld(NONE)).isFalse();
        assertThat(aside).doesNotExist();
    }

    private static void setAge(Path file, Duration age) throws IOException {
        Files.setLastModifiedTime(file, FileTime.from(Instant.now().minus(age)));
    }

    @Test
    void anOlderCopyThatIsPutBackIsReadAndWrittenOn() throws Exception {
        fill(KEY);
        byte[] older = Files.readAllBytes(directory.resolve("pages.enc"));
        try (PageStore store = PageStore.open(directory, LIMITS, KEY)) {
            assertThat(store.append(Pages.frame(Pages.some(2, 50)))).isTrue();
        }
        Files.write(directory.resolve("pages.enc"), older);
        ByteBuffer third = Pages.some(3, 50);
        try (PageStore store = PageStore.open(directory, LIMITS, KEY)) {
            assertThat(store.append(Pages.frame(third))).isTrue();
        }
        assertThat(isHeld(KEY)).isTrue();
        try (PageStore store = PageStore.open(directory, LIMITS, KEY);
                PageReader reader = store.newReader()) {
            PageStoreTest.assertHeld(store, reader, third, 0);
            long[] ids = Pages.ids(Pages.some(2, 50));
            assertThat(store.contains(ids[0], ids[1])).isFalse();
        }
    }

    /** Every block in turn: the pages in it are not held, or a new store is begun, and the log says so. */
    @Test
    void aDamagedBlockIsSaidAndCostsWhatIsInIt() throws Exception {
        int frames = 8;
        try (PageStore store = PageStore.open(directory, LIMITS, KEY)) {
            for (int i = 0; i < frames; i++) {
                assertThat(store.append(Pages.frame(Pages.some(i, 20)))).isTrue();
            }
        }
        Path file = directory.resolve("pages.enc");
        byte[] good = Files.readAllBytes(file);
        int blocks = (good.length - SealedHeader.BYTES) / BlockCipher.SEALED;
        int partly = 0;
        for (int block = 0; block < blocks; block++) {
            byte[] damaged = good.clone();
            damaged[SealedHeader.BYTES + block * BlockCipher.SEALED + 99] ^= 1;
            Files.write(file, damaged);
            try (LogCapture log = new LogCapture();
                    PageStore store = PageStore.open(directory, LIMITS, KEY);
                    PageReader reader = store.newReader()) {
                int read = 0;
                for (int i = 0; i < frames; i++) {
                    ByteBuffer pages = Pages.some(i, 20);
                    long[] ids = Pages.ids(pages);
                    ByteBuffer out = ByteBuffer.allocateDirect(4096);
                    if (reader.read(ids[0], ids[1], out, 0)) {
                        assertThat(out).isEqualByComparingTo(pages.slice(0, 4096));
                        read++;
                    }
                }
                boolean said = log.text().contains("Block " + block + " of " + file + " is damaged");
                boolean setAside = log.text().contains("was set aside");
                assertThat(said || setAside || read == frames)
                        .as("block %d, %d frames read", block, read)
                        .isTrue();
                assertThat(log.text().split("cannot be read", -1)).hasSizeLessThanOrEqualTo(2);
                partly += said && !setAside && read > 0 ? 1 : 0;
            }
        }
        assertThat(partly).as("blocks that cost only what is in them").isGreaterThan(blocks / 2);
    }
}
