package io.novacron.hde.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.frame.Pages;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** An agent killed at any moment loses nothing that was committed. */
class CrashTest {
    private static final int ROUNDS = 8;

    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(booleans = {false, true})
    void whatWasCommittedIsReadableAfterKill(boolean encrypted) throws Exception {
        Random random = new Random(1);
        int first = 0;
        for (int round = 0; round < ROUNDS; round++) {
            int committed = runAndKill(encrypted, first, 1 + random.nextInt(12), random.nextInt(30));
            try (PageStore store = PageStore.open(
                            directory,
                            new StoreLimits(1L << 30, 0, 16 << 20, 4 << 20, 4, 4),
                            encrypted ? Optional.of(StoreChild.KEY) : Optional.empty());
                    PageReader reader = store.newReader()) {
                for (int n = 0; n <= committed; n++) {
                    ByteBuffer base = Pages.some(n, 8);
                    PageStoreTest.assertHeld(store, reader, base, 0);
                    PageStoreTest.assertHeld(store, reader, Pages.changed(base, n), 1);
                    if (n % 5 == 0) {
                        int last = n;
                        while (last + 256 <= committed) {
                            last += 256;
                        }
                        assertThat(store.get("test", new byte[] {(byte) n})).isPresent();
                    }
                }
            }
            first = committed + 1;
        }
        try (Stream<Path> files = Files.list(directory)) {
            assertThat(files.map(file -> file.getFileName().toString()))
                    .containsExactlyInAnyOrder("lock", encrypted ? "pages.enc" : "pages.mv");
        }
    }

    /** Returns the last number that the process said was committed. */
    private int runAndKill(boolean encrypted, int first, int reports, int moreMillis)
            throws IOException, InterruptedException {
        List<String> command = new ArrayList<>(List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx128m",
                "-cp",
                System.getProperty("java.class.path"),
                StoreChild.class.getName(),
                directory.toString(),
                Integer.toString(first)));
        if (encrypted) {
            command.add("encrypted");
        }
        Process process = new ProcessBuilder(command)
                .redirectError(ProcessBuilder.Redirect.INHERIT)
                .start();
        int committed = -1;
        try (BufferedReader lines =
                new BufferedReader(new InputStreamReader(process.getInputStream(), StandardCharsets.UTF_8))) {
            for (int i = 0; i < reports; i++) {
                String line = lines.readLine();
                assertThat(line).as("what the process said").isNotNull();
                committed = Integer.parseInt(line);
            }
            // So that it is in the middle of something.
            Thread.sleep(moreMillis);
        } finally {
            process.destroyForcibly().waitFor();
        }
        return committed;
    }
}
