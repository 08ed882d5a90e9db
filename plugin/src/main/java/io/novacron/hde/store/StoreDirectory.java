package io.novacron.hde.store;

import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.channels.OverlappingFileLockException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.nio.file.attribute.FileAttribute;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.Set;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The store's directory: the lock, the database's file, and what was set aside.
 *
 * <p>What it holds is guest memory, so it does not stay longer than it must: an encrypted store tolerates none beside it
 * that is not, and what was set aside is deleted after a week.
 */
final class StoreDirectory implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreDirectory.class);

    private static final String PLAIN = "pages.mv";
    private static final String SEALED = "pages.enc";
    private static final String LOCK = "lock";
    private static final String ASIDE = ".aside-";
    /** What {@link #ASIDE} was once. */
    private static final String DAMAGED = ".damaged-";

    private static final Duration MOST_ASIDE = Duration.ofDays(7);

    private static final Set<PosixFilePermission> DIRECTORY_MODE = PosixFilePermissions.fromString("rwx------");
    private static final Set<PosixFilePermission> FILE_MODE = PosixFilePermissions.fromString("rw-------");
    private static final int DIRECTORY_BITS = 0700;
    private static final int FILE_BITS = 0600;

    private final Path directory;
    private final boolean encrypted;
    // Of one thread at a time: first of who opens the store, then of its writer.
    private FileChannel lockFile;

    private StoreDirectory(Path directory, boolean encrypted) {
        this.directory = directory;
        this.encrypted = encrypted;
    }

    /**
     * A directory, with its lock if it can be had.
     *
     * @param encrypted whether the database in it is
     * @throws StoreException if another agent has the lock, or it is no directory of this user
     */
    static StoreDirectory open(Path directory, boolean encrypted) throws StoreException {
        StoreDirectory opened = new StoreDirectory(directory, encrypted);
        try {
            opened.take();
        } catch (IOException e) {
            // The writer tries again, and says it.
            LOG.debug("The page store {} cannot be taken yet: {}", directory, Failures.text(e));
        }
        return opened;
    }

    /**
     * Makes the directory and takes its lock, if that has not been done: without it, the database must not be opened.
     *
     * @throws StoreException if another agent has the lock, or it is no directory of this user
     */
    void take() throws StoreException, IOException {
        if (lockFile != null) {
            return;
        }
        if (Files.exists(directory) && !Files.isDirectory(directory)) {
            throw new StoreException("The page store's path " + directory + " is not a directory");
        }
        Files.createDirectories(directory, mode(DIRECTORY_MODE));
        FileGuard guard = FileGuard.ofTarget(directory);
        if (!guard.isTrusted()) {
            throw new StoreException("The page store's directory " + directory + " belongs to the user with id "
                    + guard.uid() + ", who could read guest memory in it; run chown root " + directory
                    + ", or name another directory");
        }
        if (guard.allowsMoreThan(DIRECTORY_BITS)) {
            Files.setPosixFilePermissions(directory, DIRECTORY_MODE);
        }
        FileChannel opened = FileChannel.open(
                directory.resolve(LOCK),
                Set.of(StandardOpenOption.CREATE, StandardOpenOption.WRITE, LinkOption.NOFOLLOW_LINKS),
                mode(FILE_MODE));
        try {
            if (tryLock(opened) == null) {
                throw new StoreException("The page store " + directory
                        + " is in use by another agent; stop that one, or give this one another directory");
            }
            lockFile = opened;
        } finally {
            if (lockFile == null) {
                close(opened);
            }
        }
    }

    /**
     * The database's file, which exists, if only with no bytes, and which root alone may use. What must not lie beside it
     * is gone.
     */
    Path file() throws IOException {
        removeAside(false);
        if (encrypted) {
            removePlain();
        } else if (Files.exists(directory.resolve(SEALED), LinkOption.NOFOLLOW_LINKS)) {
            setAside(
                    SEALED,
                    "it is encrypted, and store.encryption is none: what is stored from now on is guest memory in the"
                            + " clear. To use it again within a week, set aes-gcm and rename it");
        }
        Path file = directory.resolve(name());
        if (!Files.exists(file, LinkOption.NOFOLLOW_LINKS)) {
            return Files.createFile(file, mode(FILE_MODE));
        }
        FileGuard guard = FileGuard.of(file);
        if (!guard.regularFile() || !guard.isTrusted()) {
            throw new IOException(file + " is not a regular file of root; remove it");
        }
        if (guard.allowsMoreThan(FILE_BITS)) {
            Files.setPosixFilePermissions(file, FILE_MODE);
            LOG.warn(
                    "{} had mode {}, so others than root could use it; it now has mode 0600. Pages that somebody has"
                            + " changed are noticed, those that somebody has read are not",
                    file,
                    guard.modeText());
        }
        if (!Files.isWritable(file)) {
            // MVStore would open it for reading alone, and fail at the first commit.
            throw new IOException(file + " cannot be written; is its file system mounted read-only?");
        }
        return file;
    }

    long freeBytes() throws IOException {
        return Files.getFileStore(directory).getUsableSpace();
    }

    /** Renames the database's file, so that an empty one is begun, and removes any that was set aside earlier. */
    void setAside(String reason) throws IOException {
        setAside(name(), reason);
    }

    private void setAside(String name, String reason) throws IOException {
        int number = 1 + removeAside(true);
        Path aside = directory.resolve(name + ASIDE + number);
        Path file = directory.resolve(name);
        Files.move(file, aside);
        // It counts from now.
        Files.setLastModifiedTime(aside, FileTime.from(Instant.now()));
        LOG.warn(
                "The page store {} was set aside as {} and an empty one begun, so migrations save less for a while: {}",
                file,
                aside.getFileName(),
                reason);
    }

    /** Deletes what was set aside a week ago or, if so asked, at any time. Returns the greatest number it had. */
    int removeAside(boolean all) throws IOException {
        Instant oldest = Instant.now().minus(MOST_ASIDE);
        int greatest = 0;
        for (Path file : files()) {
            int number = asideNumber(file.getFileName().toString());
            if (number > 0
                    && (all
                            || Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS)
                                    .toInstant()
                                    .isBefore(oldest))) {
                Files.delete(file);
                greatest = Math.max(greatest, number);
            }
        }
        return greatest;
    }

    private void removePlain() throws IOException {
        for (Path file : files()) {
            String name = file.getFileName().toString();
            if (name.equals(PLAIN) || (name.startsWith(PLAIN) && asideNumber(name) > 0)) {
                Files.delete(file);
                LOG.warn(
                        "{} was deleted, so migrations save less for a while: it held guest memory in the clear, and"
                                + " store.encryption is aes-gcm. Its blocks on the disk may be readable until something"
                                + " else is written there",
                        file);
            }
        }
    }

    private List<Path> files() throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            return files.toList();
        }
    }

    private String name() {
        return encrypted ? SEALED : PLAIN;
    }

    @Override
    public void close() {
        close(lockFile);
    }

    @Override
    public String toString() {
        return directory.toString();
    }

    /** The number of a file that was set aside, 0 if it is none. */
    private static int asideNumber(String name) {
        for (String file : List.of(PLAIN, SEALED)) {
            for (String mark : List.of(ASIDE, DAMAGED)) {
                String digits = name.startsWith(file + mark) ? name.substring((file + mark).length()) : "";
                if (digits.matches("[0-9]{1,9}")) {
                    return Math.max(1, Integer.parseInt(digits));
                }
            }
        }
        return 0;
    }

    private static FileAttribute<?> mode(Set<PosixFilePermission> permissions) {
        return PosixFilePermissions.asFileAttribute(permissions);
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
