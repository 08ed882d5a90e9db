package io.novacron.hde.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.frame.Pages;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A process that is killed while it commits leaves the file with what it had written by then: new content up to some byte,
 * old content or nothing behind it. What was committed before is there, and the store need not be begun anew.
 */
class TornCommitTest {
    private static final StoreLimits LIMITS = new StoreLimits(1L << 30, 0, 16 << 20, 1 << 20, 1, 4);
    private static final int BEFORE = 5;
    private static final int CUTS = 150;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatWasCommittedBeforeIsThere(boolean encrypted) throws Exception {
        Optional<StoreKey> key = encrypted ? Optional.of(StoreKey.of(new byte[StoreKey.BYTES])) : Optional.empty();
        Path file = directory.resolve(encrypted ? "pages.enc" : "pages.mv");
        byte[] before;
        byte[] after;
        try (PageStore store = PageStore.open(directory, LIMITS, key)) {
            for (int i = 0; i < BEFORE; i++) {
                assertThat(store.append(Pages.frame(Pages.some(i, 20)))).isTrue();
                store.flush();
            }
            before = Files.readAllBytes(file);
            assertThat(store.append(Pages.frame(Pages.some(BEFORE, 20)))).isTrue();
            store.flush();
            after = Files.readAllBytes(file);
        }
        int headers = encrypted ? SealedHeader.BYTES + 2 * BlockCipher.SEALED : 2 * BlockCipher.BLOCK;
        int first = Arrays.mismatch(
                Arrays.copyOfRange(before, headers, before.length), Arrays.copyOfRange(after, headers, after.length));
        assertThat(first).as("the commit is in the file").isNotNegative();
        int survived = 0;
        for (int cut = 0; cut <= CUTS; cut++) {
            // The commit itself comes first, then, at times, the headers.
            int end = headers + first + (int) ((long) (after.length - headers - first) * cut / CUTS);
            byte[] torn = Arrays.copyOf(after, Math.max(before.length, end));
            System.arraycopy(before, 0, torn, 0, headers);
            if (end < before.length) {
                System.arraycopy(before, end, torn, end, before.length - end);
            }
            survived += openAndCheck(file, torn, key);
        }
        assertThat(survived).as("how often the torn commit was whole").isBetween(1, CUTS);
        // The headers are written in one piece, so that only one of them is half new. Whether a commit writes them is
        // MVStore's affair; zeros stand for what they would have.
        int base = encrypted ? SealedHeader.BYTES : 0;
        int block = encrypted ? BlockCipher.SEALED : BlockCipher.BLOCK;
        for (int at = 0; at < 2 * block; at += block / 32) {
            byte[] torn = after.clone();
            Arrays.fill(torn, base + at / block * block, base + at + 1, (byte) 0);
            assertThat(openAndCheck(file, torn, key)).isOne();
        }
    }

    /** Returns 1 if the last frame is there, which need not be, else 0. */
    private int openAndCheck(Path file, byte[] content, Optional<StoreKey> key) throws StoreException, IOException {
        Files.write(file, content);
        int last;
        try (PageStore store = PageStore.open(directory, LIMITS, key);
                PageReader reader = store.newReader()) {
            for (int i = 0; i < BEFORE; i++) {
                PageStoreTest.assertHeld(store, reader, Pages.some(i, 20), 0);
            }
            long[] ids = Pages.ids(Pages.some(BEFORE, 20));
            last = store.contains(ids[0], ids[1]) ? 1 : 0;
            if (last > 0) {
                PageStoreTest.assertHeld(store, reader, Pages.some(BEFORE, 20), 0);
            }
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(found -> found.getFileName().toString())
                            .sorted()
                            .toList())
                    .isEqualTo(List.of("lock", file.getFileName().toString()));
        }
        return last;
    }
}
