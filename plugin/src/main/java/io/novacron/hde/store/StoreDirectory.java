package io.novacron.hde.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** The store's directory: the lock, the database's file, and what was set aside. */
final class StoreDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreDirectory.class);

    private static final String FILE = "pages.mv";
    private static final String LOCK = "lock";
    private static final String DAMAGED = FILE + ".damaged-";
    private static final String DIRECTORY_MODE = "rwx------";
    private static final String FILE_MODE = "rw-------";

    private final Path directory;
    private final FileChannel lockFile;

    private StoreDirectory(Path directory, FileChannel lockFile) {
        this.directory = directory;
        this.lockFile = lockFile;
    }

    static StoreDirectory open(Path directory) throws StoreException {
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw new StoreException("The page store's path " + directory + " is not a directory");
        }
        FileChannel lockFile = null;
        try {
            Files.createDirectories(
                    directory, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(DIRECTORY_MODE)));
            Files.setPosixFilePermissions(directory, PosixFilePermissions.fromString(DIRECTORY_MODE));
            lockFile = FileChannel.open(
                    directory.resolve(LOCK),
                    Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE),
                    PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(FILE_MODE)));
            if (tryLock(lockFile) == null) {
                lockFile.close();
                throw new StoreException("The page store " + directory
                        + " is in use by another agent; stop that one, or give this one another directory");
            }
        } catch (IOException e) {
            // Without a lock nothing is written, so nothing can be spoilt.
            LOG.warn("The page store {} cannot be used, nothing will be stored: {}", directory, Failures.text(e));
            close(lockFile);
            lockFile = null;
        }
        return new StoreDirectory(directory, lockFile);
    }

    /** Whether this process holds the lock; without it, the database must not be opened. */
    boolean isUsable() {
        return lockFile != null;
    }

    /** The database's file, which exists, if only with no bytes. */
    Path file() throws IOException {
        Path file = directory.resolve(FILE);
        if (!Files.exists(file)) {
            Files.createFile(file, PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString(FILE_MODE)));
        }
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString(FILE_MODE));
        return file;
    }

    long freeBytes() throws IOException {
        return Files.getFileStore(directory).getUsableSpace();
    }

    /** Renames the database's file, so that an empty one is begun, and removes any that was set aside earlier. */
    void setAside(String reason) throws IOException {
        List<Path> earlier;
        try (Stream<Path> files = Files.list(directory)) {
            earlier = files.filter(file -> file.getFileName().toString().startsWith(DAMAGED))
                    .toList();
        }
        int number = 1;
        for (Path file : earlier) {
            number = Math.max(number, number(file) + 1);
            Files.delete(file);
        }
        Path aside = directory.resolve(DAMAGED + number);
        Files.move(directory.resolve(FILE), aside);
        LOG.warn(
                "The page store in {} was set aside as {} and an empty one begun, so migrations save less for a"
                        + " while: {}",
                directory,
                aside.getFileName(),
                reason);
    }

    @Override
    public void close() {
        close(lockFile);
    }

    @Override
    public String toString() {
        return directory.toString();
    }

    private static int number(Path damaged) {
        try {
            return Integer.parseInt(damaged.getFileName().toString().substring(DAMAGED.length()));
        } catch (NumberFormatException e) {
            return 0;
        }
    }

    private static FileLock tryLock(FileChannel channel) throws IOException {
        try {
            return channel.tryLock();
        } catch (OverlappingFileLockException e) {
            return null;
        }
    }

    private static void close(FileChannel channel) {
        if (channel != null) {
            try {
                channel.close();
            } catch (IOException e) {
                LOG.warn("A page store's lock could not be closed: {}", Failures.text(e));
            }
        }
    }
}
