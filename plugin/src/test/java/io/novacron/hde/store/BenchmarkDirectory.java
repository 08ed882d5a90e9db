package io.novacron.hde.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;

/** Where a benchmark has its store. */
public final class BenchmarkDirectory {
    private BenchmarkDirectory() {}

    public static Path create() throws IOException {
        return Files.createTempDirectory("hde-benchmark");
    }

    /** Deletes it with all that is in it. */
    public static void delete(Path directory) throws IOException {
        try (var files = Files.walk(directory)) {
            for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
                Files.delete(file);
            }
        }
    }
}
