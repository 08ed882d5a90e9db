package io.novacron.hde.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import io.novacron.hde.LogCapture;
import io.novacron.hde.frame.Pages;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * What may be wrong with the place where the store is: a disk that is mounted read-only, files that are missing or belong
 * to somebody else. No exception, a clear message, and where it can, the store stores again. Needs root.
 */
class StorePlaceTest {
    private static final StoreLimits LIMITS = new StoreLimits(1L << 30, 0, 16 << 20, 4 << 20, 4, 4);

    @TempDir
    private Path parent;

    private Path directory;

    @BeforeEach
    void name() {
        directory = parent.resolve("store");
    }

    private PageStore open() throws StoreException {
        return PageStore.open(directory, LIMITS);
    }

    private static boolean store(PageStore store, int number) {
        boolean held = store.append(Pages.frame(Pages.some(number, 5)));
        store.flush();
        return held && isHeld(store, number);
    }

    private static boolean isHeld(PageStore store, int number) {
        try (PageReader reader = store.newReader()) {
            long[] ids = Pages.ids(Pages.some(number, 5));
            if (!store.contains(ids[0], ids[1])) {
                return false;
            }
            PageStoreTest.assertHeld(store, reader, Pages.some(number, 5), 0);
            return true;
        }
    }

    private static int count(String text, String part) {
        return text.split(part, -1).length - 1;
    }

    private static void run(String... command) throws IOException, InterruptedException {
        assertThat(new ProcessBuilder(command).inheritIO().start().waitFor())
                .as("%s, for which this test must be run as root", String.join(" ", command))
                .isZero();
    }

    private void mountReadOnly(Path path) throws IOException, InterruptedException {
        run("mount", "--bind", path.toString(), path.toString());
        run("mount", "-o", "remount,bind,ro", path.toString());
    }

    @Test
    void onAReadOnlyDiskNothingIsStoredUntilItCanBe() throws Exception {
        try (PageStore store = open()) {
            assertThat(store(store, 1)).isTrue();
        }
        mountReadOnly(directory);
        boolean mounted = true;
        try (LogCapture log = new LogCapture();
                PageStore store = open()) {
            assertThat(store(store, 2)).isFalse();
            assertThat(isHeld(store, 1)).isFalse();
            assertThat(store.change(change -> change.put("a", new byte[1], new byte[1])))
                    .isFalse();
            assertThat(store.get("a", new byte[1])).isEmpty();
            try (Sweep sweep = store.newSweep()) {
                assertThat(sweep.finish()).isZero();
            }
            // Longer than until the next try, which is not to be said again.
            await().during(Duration.ofSeconds(5))
                    .atMost(Duration.ofSeconds(20))
                    .until(() -> count(log.text(), "cannot be used; until it can, nothing is stored") == 1);
            assertThat(log.text()).contains("Read-only file system");
            run("umount", directory.toString());
            mounted = false;
            await().atMost(Duration.ofSeconds(20)).until(() -> isHeld(store, 1) && store(store, 2));
            assertThat(log.text()).contains("The page store " + directory + " is used again");
        } finally {
            if (mounted) {
                run("umount", directory.toString());
            }
        }
        try (PageStore store = open()) {
            assertThat(isHeld(store, 1)).isTrue();
            assertThat(isHeld(store, 2)).isTrue();
        }
    }

    @Test
    void aDirectoryThatCannotBeMadeIsTriedAgain() throws Exception {
        mountReadOnly(parent);
        try (PageStore store = open()) {
            assertThat(store(store, 1)).isFalse();
            run("umount", parent.toString());
            await().atMost(Duration.ofSeconds(20)).until(() -> store(store, 1));
        }
    }

    @Test
    void aFileThatIsReadOnlyIsNotOpened() throws Exception {
        try (PageStore store = open()) {
            assertThat(store(store, 1)).isTrue();
        }
        Path file = directory.resolve("pages.mv");
        mountReadOnly(file);
        try (LogCapture log = new LogCapture();
                PageStore store = open()) {
            assertThat(store(store, 2)).isFalse();
            assertThat(log.text()).contains("pages.mv cannot be written; is its file system mounted read-only?");
        } finally {
            run("umount", file.toString());
        }
        try (PageStore store = open()) {
            assertThat(isHeld(store, 1)).isTrue();
        }
    }

    @Test
    void missingFilesAreMadeAnew() throws Exception {
        try (PageStore store = open()) {
            assertThat(store(store, 1)).isTrue();
        }
        Files.delete(directory.resolve("lock"));
        try (PageStore store = open()) {
            assertThat(isHeld(store, 1)).isTrue();
        }
        Files.delete(directory.resolve("pages.mv"));
        try (PageStore store = open()) {
            assertThat(isHeld(store, 1)).isFalse();
            assertThat(store(store, 2)).isTrue();
            // While it is open the file stays, if without a name.
            Files.delete(directory.resolve("pages.mv"));
            assertThat(store(store, 3)).isTrue();
            assertThat(isHeld(store, 2)).isTrue();
        }
        try (PageStore store = open()) {
            assertThat(isHeld(store, 3)).isFalse();
            assertThat(store(store, 4)).isTrue();
        }
        BenchmarkDirectory.delete(directory);
        try (PageStore store = open()) {
            assertThat(store(store, 5)).isTrue();
        }
    }

    /** Somebody has deleted the lock: the other agent's file is neither written nor set aside. */
    @Test
    void theFileOfAnotherAgentIsLeftAloneEvenWithoutTheLock() throws Exception {
        Process process = new ProcessBuilder(
                        Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                        "-Xmx128m",
                        "-cp",
                        System.getProperty("java.class.path"),
                        StoreChild.class.getName(),
                        directory.toString(),
                        "0")
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            assertThat(lines.readLine()).isNotNull();
            assertThatThrownBy(this::open)
                    .isInstanceOf(StoreException.class)
                    .hasMessageContaining("is in use by another agent");
            Files.delete(directory.resolve("lock"));
            try (LogCapture log = new LogCapture();
                    PageStore store = open()) {
                assertThat(store(store, 1)).isFalse();
                assertThat(log.text()).contains("The file is locked");
            }
            assertThat(lines.readLine()).isNotNull();
        } finally {
            process.destroyForcibly().waitFor();
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()).sorted().toList())
                    .isEqualTo(List.of("lock", "pages.mv"));
        }
    }

    @Test
    void whatOthersCouldReadOrReplaceIsNotUsed() throws Exception {
        try (PageStore store = open()) {
            assertThat(store(store, 1)).isTrue();
        }
        Path file = directory.resolve("pages.mv");
        Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString("rwxrwxrwx"));
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rw-r--rw-"));
        try (LogCapture log = new LogCapture();
                PageStore store = open()) {
            assertThat(isHeld(store, 1)).isTrue();
            assertThat(log.text()).contains(file + " had mode 0646, so others than root could use it");
        }
        assertThat(FileGuard.of(directory).modeText()).isEqualTo("0700");
        assertThat(FileGuard.of(file).modeText()).isEqualTo("0600");

        Path elsewhere = Files.move(file, parent.resolve("elsewhere"));
        Files.createSymbolicLink(file, elsewhere);
        try (LogCapture log = new LogCapture();
                PageStore store = open()) {
            assertThat(store(store, 2)).isFalse();
            assertThat(log.text()).contains(file + " is not a regular file of root; remove it");
        }
        Files.delete(file);

        Files.setAttribute(directory, "unix:uid", 12345);
        assertThatThrownBy(this::open)
                .isInstanceOf(StoreException.class)
                .hasMessageContaining("belongs to the user with id 12345")
                .hasMessageContaining("chown root " + directory);
    }
}
