package io.novacron.hde.libvirt;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.nio.file.ClosedWatchServiceException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardWatchEventKinds;
import java.nio.file.WatchKey;
import java.nio.file.WatchService;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The directory in which the hook script {@code qemu.d/hde} leaves one file per call: {@code <nanoseconds>.<pid>.event}
 * with one line, {@code operation TAB uuid-or-'-' TAB guest}. Every file is read once, in the order of the calls, and
 * deleted; what cannot be read as an event is logged and deleted.
 *
 * <p>The directory is the only link between hook and agent: the hook never waits, and does nothing while the directory
 * is missing.
 */
public final class HookSpool implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(HookSpool.class);
    private static final Set<PosixFilePermission> OWNER_ONLY = PosixFilePermissions.fromString("rwx------");
    private static final int LONGEST_FILE = 1024;
    private static final Duration TEMPORARY_LIFE = Duration.ofMinutes(1);
    private static final long RESCAN_SECONDS = 10;
    private static final Pattern NAME = Pattern.compile("([0-9]{19})\\.[0-9]+\\.event");
    private static final Pattern LINE = Pattern.compile(
            "(migrate|prepare|release)\t(-|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\t([^/\\p{Cntrl}]+)\n");

    private final Path directory;
    private final Consumer<HookEvent> listener;
    private final WatchService watcher;
    private final Thread thread = new Thread(this::run, "hook-spool");
    private volatile boolean closed;

    /**
     * @param directory for example /run/hde/hooks; created by {@link #start}
     * @param listener called on this spool's own thread, one event at a time; what it throws is logged
     * @throws IOException when the system has no more file watches
     */
    public HookSpool(Path directory, Consumer<HookEvent> listener) throws IOException {
        this.directory = Objects.requireNonNull(directory, "directory");
        this.listener = Objects.requireNonNull(listener, "listener");
        this.watcher = directory.getFileSystem().newWatchService();
        thread.setDaemon(true);
    }

    /**
     * Creates the directory, for its owner alone, and begins to read: first what waits there already.
     *
     * @throws IOException when the directory cannot be made or watched
     */
    public void start() throws IOException {
        watch();
        thread.start();
    }

    /** Stops reading; what comes later waits in the directory. */
    @Override
    public void close() throws IOException {
        closed = true;
        watcher.close();
        if (Thread.currentThread() == thread) {
            return;
        }
        try {
            thread.join();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private void watch() throws IOException {
        Files.createDirectories(directory);
        Files.setPosixFilePermissions(directory, OWNER_ONLY);
        directory.register(watcher, StandardWatchEventKinds.ENTRY_CREATE);
    }

    private void run() {
        while (!closed) {
            try {
                scan();
                // Also without news now and then: a directory that was deleted and made again sends none.
                WatchKey key = watcher.poll(RESCAN_SECONDS, TimeUnit.SECONDS);
                if (key != null) {
                    key.pollEvents();
                }
                if (key == null || !key.reset()) {
                    watch();
                }
            } catch (IOException | UncheckedIOException e) {
                LOG.warn("Hook events cannot be read from {}: {}", directory, e.toString());
                pause();
            } catch (ClosedWatchServiceException e) {
                return;
            } catch (InterruptedException e) {
                closed = true;
            }
        }
    }

    private void pause() {
        try {
            TimeUnit.SECONDS.sleep(1);
        } catch (InterruptedException e) {
            closed = true;
        }
    }

    private void scan() throws IOException {
        List<Path> files = new ArrayList<>();
        try (Stream<Path> entries = Files.list(directory)) {
            entries.filter(file -> Files.isRegularFile(file, LinkOption.NOFOLLOW_LINKS))
                    .forEach(files::add);
        } catch (NoSuchFileException e) {
            watch();
            return;
        }
        // Names begin with the time in a fixed number of digits.
        Collections.sort(files);
        for (Path file : files) {
            if (closed) {
                return;
            }
            try {
                take(file);
            } catch (NoSuchFileException e) {
                // the hook has given its temporary file the final name meanwhile, which is announced by itself
                LOG.debug("Hook event {} is gone", file);
            } catch (IOException e) {
                LOG.warn("Hook event {}: {}", file, e.toString());
            }
        }
    }

    private void take(Path file) throws IOException {
        String name = file.getFileName().toString();
        Instant modified =
                Files.getLastModifiedTime(file, LinkOption.NOFOLLOW_LINKS).toInstant();
        if (name.startsWith("tmp.") && modified.isAfter(Instant.now().minus(TEMPORARY_LIFE))) {
            return;
        }
        Optional<HookEvent> event = read(file, name);
        Files.delete(file);
        if (event.isEmpty()) {
            LOG.warn("Deleted {}: not a hook event", file);
            return;
        }
        try {
            listener.accept(event.get());
        } catch (RuntimeException e) {
            LOG.error("A hook event could not be handled: {}", event.get(), e);
        }
    }

    private static Optional<HookEvent> read(Path file, String name) throws IOException {
        return Files.size(file) > LONGEST_FILE ? Optional.empty() : read(name, Files.readAllBytes(file));
    }

    /** The event in a file of that name; empty if it is none. */
    static Optional<HookEvent> read(String name, byte[] content) {
        Matcher time = NAME.matcher(name);
        if (!time.matches()) {
            return Optional.empty();
        }
        String text;
        try {
            text = StandardCharsets.UTF_8
                    .newDecoder()
                    .decode(ByteBuffer.wrap(content))
                    .toString();
        } catch (CharacterCodingException e) {
            return Optional.empty();
        }
        Matcher line = LINE.matcher(text);
        if (!line.matches()) {
            return Optional.empty();
        }
        String uuid = line.group(2);
        return Optional.of(new HookEvent(
                operation(line.group(1)),
                line.group(3),
                uuid.equals("-") ? Optional.empty() : Optional.of(uuid),
                instant(time.group(1))));
    }

    private static HookEvent.Operation operation(String word) {
        return switch (word) {
            case "migrate" -> HookEvent.Operation.MIGRATE;
            case "prepare" -> HookEvent.Operation.PREPARE;
            default -> HookEvent.Operation.RELEASE;
        };
    }

    private static Instant instant(String nanoseconds) {
        return Instant.ofEpochSecond(
                Long.parseLong(nanoseconds.substring(0, 10)), Long.parseLong(nanoseconds.substring(10)));
    }
}
