package io.novacron.hde.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class HookSpoolTest {
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String UUID = "0a1b2c3d-4e5f-6071-8293-a4b5c6d7e8f9";

    private final List<HookEvent> events = new CopyOnWriteArrayList<>();

    private static void put(Path spool, String name, byte[] content) throws IOException {
        Path hidden = Files.write(spool.resolve("tmp." + name.hashCode()), content);
        Files.move(hidden, spool.resolve(name), StandardCopyOption.ATOMIC_MOVE);
    }

    private static void put(Path spool, String name, String content) throws IOException {
        put(spool, name, content.getBytes(StandardCharsets.UTF_8));
    }

    private static long count(Path spool) throws IOException {
        try (Stream<Path> files = Files.list(spool)) {
            return files.count();
        }
    }

    @Test
    void readsWhatWaitsAndWhatComesInOrder(@TempDir Path run) throws Exception {
        Path directory = Files.createDirectories(run.resolve("a/hooks"));
        put(directory, "1700000000000000002.10.event", "prepare\t-\tsecond\n");
        put(directory, "1700000000000000001.11.event", "migrate\t" + UUID + "\tfirst one\n");
        try (HookSpool spool = new HookSpool(directory, events::add)) {
            spool.start();
            await().atMost(SOON).untilAsserted(() -> assertThat(events).hasSize(2));
            assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(directory)))
                    .isEqualTo("rwx------");
            put(directory, "1700000000123456789.12.event", "release\t-\tdritte ü\n");
            await().atMost(SOON).untilAsserted(() -> assertThat(events).hasSize(3));
        }
        assertThat(events)
                .containsExactly(
                        new HookEvent(
                                HookEvent.Operation.MIGRATE,
                                "first one",
                                Optional.of(UUID),
                                Instant.ofEpochSecond(1_700_000_000, 1)),
                        new HookEvent(
                                HookEvent.Operation.PREPARE,
                                "second",
                                Optional.empty(),
                                Instant.ofEpochSecond(1_700_000_000, 2)),
                        new HookEvent(
                                HookEvent.Operation.RELEASE,
                                "dritte ü",
                                Optional.empty(),
                                Instant.ofEpochSecond(1_700_000_000, 123_456_789)));
        assertThat(count(directory)).isZero();
    }

    @Test
    void garbageIsDeletedAndWhatFollowsIsRead(@TempDir Path directory) throws Exception {
        String name = "170000000000000000%d.1.event";
        put(directory, name.formatted(0), "");
        put(directory, name.formatted(1), "destroy\t-\tvm\n");
        put(directory, name.formatted(2), "migrate\t-\ta/b\n");
        put(directory, name.formatted(3), "migrate\t-\ta\nb\n");
        put(directory, name.formatted(4), "migrate\t" + UUID + "0\tvm\n");
        put(directory, name.formatted(5), new byte[] {'m', (byte) 0xff, (byte) 0xfe});
        put(directory, name.formatted(6), "x".repeat(1 << 20));
        put(directory, "core", "migrate\t-\tvm\n");
        Files.createSymbolicLink(directory.resolve("1700000000000000000.9.event"), Path.of("/etc/passwd"));
        Files.createDirectories(directory.resolve("1700000000000000000.8.event/inside"));
        Path half = Files.writeString(directory.resolve("tmp.77"), "migr");
        Path old = Files.writeString(directory.resolve("tmp.78"), "migr");
        Files.setLastModifiedTime(old, FileTime.from(Instant.now().minusSeconds(3600)));
        put(directory, name.formatted(9), "migrate\t-\tvm\n");
        try (HookSpool spool = new HookSpool(directory, events::add)) {
            spool.start();
            await().atMost(SOON).untilAsserted(() -> assertThat(old).doesNotExist());
        }
        assertThat(events).extracting(HookEvent::guest).containsExactly("vm");
        // What is being written, and what is no file, stays.
        assertThat(half).exists();
        assertThat(count(directory)).isEqualTo(3);
    }

    @Test
    void aSpoolThatIsDeletedIsMadeAgain(@TempDir Path run) throws Exception {
        Path directory = run.resolve("hooks");
        try (HookSpool spool = new HookSpool(directory, events::add)) {
            spool.start();
            Files.delete(directory);
            await().atMost(SOON).until(() -> Files.isDirectory(directory));
            put(directory, "1700000000000000001.1.event", "migrate\t-\tvm\n");
            await().atMost(SOON).untilAsserted(() -> assertThat(events).hasSize(1));
        }
    }

    @Test
    void aListenerThatThrowsMissesOnlyItsEvent(@TempDir Path directory) throws Exception {
        put(directory, "1700000000000000001.1.event", "migrate\t-\tone\n");
        put(directory, "1700000000000000002.1.event", "migrate\t-\ttwo\n");
        try (HookSpool spool = new HookSpool(directory, event -> {
            events.add(event);
            throw new IllegalStateException("on purpose");
        })) {
            spool.start();
            await().atMost(SOON).untilAsserted(() -> assertThat(events).hasSize(2));
        }
        assertThat(count(directory)).isZero();
    }

    @Test
    void theScriptAndTheSpoolAgree(@TempDir Path run) throws Exception {
        Instant before = Instant.now().minusSeconds(1);
        try (HookSpool spool = new HookSpool(run.resolve("hooks"), events::add)) {
            spool.start();
            ProcessBuilder builder = new ProcessBuilder(
                    Path.of("src/main/dist/qemu.d/hde").toAbsolutePath().toString(),
                    "it's \"me\"",
                    "migrate",
                    "begin",
                    "-");
            builder.environment().put("HDE_RUN", run.toString());
            Process process = builder.start();
            try (var pipe = process.getOutputStream()) {
                pipe.write(("<domain>\n<uuid>" + UUID + "</uuid>\n").getBytes(StandardCharsets.UTF_8));
            }
            assertThat(process.waitFor()).isZero();
            await().atMost(SOON).untilAsserted(() -> assertThat(events).hasSize(1));
        }
        HookEvent event = events.get(0);
        assertThat(event)
                .isEqualTo(new HookEvent(HookEvent.Operation.MIGRATE, "it's \"me\"", Optional.of(UUID), event.at()));
        assertThat(event.at()).isBetween(before, Instant.now().plusSeconds(1));
    }
}
