package io.novacron.hde.bench;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Stream;

/** A directory for what is needed only now: guest memory in clear, so that it goes whatever way the process ends. */
final class WorkDirectory implements AutoCloseable {
    private final Path path;
    private final Thread atExit;

    private WorkDirectory(Path path) {
        this.path = path;
        this.atExit = new Thread(() -> delete(path), "delete " + path);
    }

    /** Makes one in another, mode 0700. */
    static WorkDirectory make(Path parent) throws IOException {
        if (!Files.isDirectory(parent)) {
            throw new IOException("there is no such directory");
        }
        WorkDirectory directory = new WorkDirectory(Files.createTempDirectory(parent, "hde-bench"));
        Runtime.getRuntime().addShutdownHook(directory.atExit);
        return directory;
    }

    Path path() {
        return path;
    }

    /** Deletes what can be deleted: where the process is being ended, files may still come and go. */
    static void delete(Path directory) {
        List<Path> files;
        try (Stream<Path> walk = Files.walk(directory)) {
            files = walk.sorted(Comparator.reverseOrder()).toList();
        } catch (IOException e) {
            return;
        }
        for (Path file : files) {
            file.toFile().delete();
        }
    }

    @Override
    public void close() {
        delete(path);
        try {
            Runtime.getRuntime().removeShutdownHook(atExit);
        } catch (IllegalStateException e) {
            // the process is being ended, and the hook runs
        }
    }
}
