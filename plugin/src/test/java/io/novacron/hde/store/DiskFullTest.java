package io.novacron.hde.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.novacron.hde.frame.Pages;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A file system that fills up, on a small tmpfs that the test mounts; needs root. */
class DiskFullTest {
    private static final int PAGES = 64;

    @TempDir
    private Path directory;

    private Path mount;

    @BeforeEach
    void mount() throws IOException, InterruptedException {
        mount = Files.createDirectory(directory.resolve("small"));
        assertThat(run("mount", "-t", "tmpfs", "-o", "size=12m", "tmpfs", mount.toString()))
                .as("mounting a tmpfs, for which this test must be run as root")
                .isZero();
    }

    @AfterEach
    void unmount() throws IOException, InterruptedException {
        assertThat(run("umount", mount.toString())).isZero();
    }

    @Test
    void aFullDiskDropsFramesAndStoringResumes() throws StoreException, IOException {
        StoreLimits limits = new StoreLimits(1L << 30, 0, 4 << 20, 4 << 20, 4, 4);
        Path store = mount.resolve("store");
        Path filler = mount.resolve("filler");
        Files.write(filler, new byte[6 << 20]);
        int last;
        try (PageStore opened = PageStore.open(store, limits);
                PageReader reader = opened.newReader()) {
            int number = 0;
            boolean dropped = false;
            while (!dropped && number < 1000) {
                dropped = !opened.append(Pages.frame(Pages.some(number, PAGES)));
                opened.flush();
                dropped |= !isRead(reader, number);
                number++;
            }
            assertThat(dropped).isTrue();
            assertThat(number).isGreaterThan(5);
            // Nothing but what was held is read, and nothing throws.
            for (int i = 0; i < number; i++) {
                isRead(reader, i);
            }
            Files.delete(filler);
            int again = number;
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                boolean held = opened.append(Pages.frame(Pages.some(again, PAGES)));
                opened.flush();
                return held && isRead(reader, again);
            });
            last = again;
            assertThat(isRead(reader, 0)).isTrue();
        }
        try (PageStore opened = PageStore.open(store, limits);
                PageReader reader = opened.newReader()) {
            assertThat(isRead(reader, last)).isTrue();
            assertThat(isRead(reader, 0)).isTrue();
        }
    }

    @Test
    void theSpaceThatIsToStayFreeStaysFree() throws StoreException, IOException {
        StoreLimits limits = new StoreLimits(1L << 30, 4 << 20, 1 << 20, 4 << 20, 4, 4);
        try (PageStore opened = PageStore.open(mount.resolve("store"), limits)) {
            int number = 0;
            long until = System.nanoTime() + Duration.ofSeconds(60).toNanos();
            while (opened.append(Pages.frame(Pages.some(number++, 4))) && System.nanoTime() < until) {
                opened.flush();
            }
            assertThat(opened.append(Pages.frame(Pages.some(number, 1)))).isFalse();
            assertThat(Files.getFileStore(mount).getUsableSpace()).isBetween(0L, 4L << 20);
        }
    }

    @Test
    void aDiskWithoutRoomForAnything() throws StoreException, IOException {
        Path filler = mount.resolve("filler");
        Path store = Files.createDirectory(mount.resolve("store"));
        try (var out = Files.newOutputStream(filler)) {
            byte[] block = new byte[1 << 16];
            boolean room = true;
            while (room) {
                try {
                    out.write(block);
                } catch (IOException e) {
                    room = false;
                }
            }
        }
        StoreLimits limits = new StoreLimits(1L << 30, 0, 4 << 20, 4 << 20, 4, 4);
        try (PageStore opened = PageStore.open(store, limits);
                PageReader reader = opened.newReader()) {
            boolean held = opened.append(Pages.frame(Pages.some(1, PAGES)));
            opened.flush();
            assertThat(held && isRead(reader, 1)).isFalse();
            assertThat(opened.change(change -> change.put("a", new byte[1], new byte[1])))
                    .isFalse();
            Files.delete(filler);
            await().atMost(Duration.ofSeconds(30)).until(() -> {
                boolean stored = opened.append(Pages.frame(Pages.some(1, PAGES)));
                opened.flush();
                return stored && isRead(reader, 1);
            });
        }
    }

    private static boolean isRead(PageReader reader, int number) {
        ByteBuffer pages = Pages.some(number, PAGES);
        long[] ids = Pages.ids(pages);
        ByteBuffer out = ByteBuffer.allocateDirect(4096);
        boolean read = reader.read(ids[0], ids[1], out, 0);
        if (read) {
            assertThat(out).isEqualByComparingTo(pages.slice(0, 4096));
        }
        return read;
    }

    private static int run(String... command) throws IOException, InterruptedException {
        return new ProcessBuilder(command).inheritIO().start().waitFor();
    }
}
