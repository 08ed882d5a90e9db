package io.novacron.hde.store;

import io.novacron.hde.frame.Frame;
import io.novacron.hde.frame.FrameException;
import io.novacron.hde.frame.FrameFormat;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.h2.mvstore.MVStoreException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that changes the database, the queue in front of it, and what others may ask it for.
 *
 * <p>When the database fails, the thread drops what is queued and opens it again: at once, with an empty one, if it was
 * damaged; every few seconds if the disk was the cause. In between nothing is held and nothing is stored.
 */
final class StoreWriter implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(StoreWriter.class);

    private static final long COMMIT_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    /** With what lies around it less than 4 MiB, up to which MVStore keeps the buffer of a commit for the next. */
    private static final long COMMIT_BYTES = 3 << 20;

    private static final long APPEND_NANOS = TimeUnit.MILLISECONDS.toNanos(200);
    private static final long REOPEN_NANOS = TimeUnit.SECONDS.toNanos(2);
    private static final long CHECK_NANOS = TimeUnit.SECONDS.toNanos(1);
    private static final long CHECK_ASIDE_NANOS = TimeUnit.HOURS.toNanos(1);
    /** A file this much larger than its limit is waited for to be compacted. */
    private static final double MOST_FILE_OVER_LIMIT = 1.5;

    private final StoreDirectory directory;
    private final StoreLimits limits;
    private final Optional<StoreKey> key;
    private final Thread thread = new Thread(this::run, "page-store-writer");

    /** The database and its index, replaced together; null while there is none. */
    private volatile Session session;

    /** Frames that are in the queue, as they will be written: what the caller's lie in may be used again at once. */
    private final Map<Long, byte[]> pending = new ConcurrentHashMap<>();

    private final ReentrantLock lock = new ReentrantLock();
    private final Condition notEmpty = lock.newCondition();
    private final Condition notFull = lock.newCondition();
    // All guarded by lock.
    private final ArrayDeque<Task> queue = new ArrayDeque<>();
    private final TreeMap<Long, Integer> protections = new TreeMap<>();
    private final FrameSet touched = new FrameSet();
    private long queuedBytes;
    private long nextFrame = 1;
    private boolean closing;

    /** Why nothing is stored at the moment, or null. */
    private volatile String refusal;

    // Of the thread alone.
    private long lastWritten;
    private long uncommittedBytes;
    private boolean uncommitted;
    private long committedAt = System.nanoTime();
    private long checkedAt = System.nanoTime() - CHECK_NANOS;
    private long checkedAsideAt = System.nanoTime();
    private long reopenAt;
    private boolean compacting;
    private boolean busy;
    private String lastOpenFailure = "";

    StoreWriter(StoreDirectory directory, StoreLimits limits, Optional<StoreKey> key) {
        this.directory = directory;
        this.limits = limits;
        this.key = key;
        thread.setDaemon(true);
    }

    void start() {
        open();
        check(System.nanoTime());
        thread.start();
    }

    // What any thread may ask.

    boolean append(Frame frame) {
        Session current = session;
        if (current == null || refusal != null || frame.depth() > limits.maxDepth()) {
            return false;
        }
        if (isHeld(current, frame)) {
            return true;
        }
        byte[] bytes = FrameFormat.write(frame);
        long number = 0;
        lock.lock();
        try {
            long left = APPEND_NANOS;
            while (queuedBytes + bytes.length > limits.queueBytes() && !closing) {
                if (left <= 0) {
                    return false;
                }
                left = notFull.awaitNanos(left);
            }
            if (closing || session != current || nextFrame > Location.MAX_FRAME) {
                return false;
            }
            number = nextFrame++;
            // Whoever finds a location must find its frame.
            pending.put(number, bytes);
            for (int slot = 0; slot < frame.count(); slot++) {
                current.index.put(frame.idHigh(slot), frame.idLow(slot), Location.of(number, slot, frame.depth()));
            }
            queuedBytes += bytes.length;
            queue.add(new FrameTask(number, bytes));
            notEmpty.signal();
            return true;
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            return false;
        } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
            reportReading(current, e);
            pending.remove(number);
            return false;
        } finally {
            lock.unlock();
        }
    }

    long find(long high, long low) {
        Session current = session;
        if (current == null) {
            return Location.NONE;
        }
        try {
            return current.index.find(high, low);
        } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
            reportReading(current, e);
            return Location.NONE;
        }
    }

    void forget(long high, long low, long location) {
        Session current = session;
        if (current != null) {
            try {
                current.index.forget(high, low, location);
            } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
                reportReading(current, e);
            }
        }
    }

    /** A frame, or null if there is none of that number or it is damaged. */
    Frame readFrame(long number) {
        byte[] queued = pending.get(number);
        Session current = session;
        if (queued == null && current == null) {
            return null;
        }
        try {
            byte[] bytes = queued != null ? queued : current.database.frame(number);
            return bytes == null ? null : FrameFormat.read(bytes);
        } catch (FrameException e) {
            if (current.damaged.add(number)) {
                LOG.warn(
                        "Frame {} of the page store is damaged and is removed, its pages will be sent again: {}",
                        number,
                        e.getMessage());
                removeLater(number);
            }
        } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
            reportReading(current, e);
        }
        return null;
    }

    private void removeLater(long number) {
        lock.lock();
        try {
            if (!closing) {
                queue.add(new WorkTask<>(current -> {
                    current.database.removeFrame(number);
                    uncommitted = true;
                    return true;
                }));
                notEmpty.signal();
            }
        } finally {
            lock.unlock();
        }
    }

    byte[] get(String area, byte[] key) {
        Session current = session;
        try {
            return current == null ? null : current.database.get(area, key);
        } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
            reportReading(current, e);
            return null;
        }
    }

    void forEach(String area, BiConsumer<byte[], byte[]> consumer) {
        Session current = session;
        if (current == null) {
            return;
        }
        List<byte[]> keys = new ArrayList<>();
        try {
            current.database.keys(area).forEach(keys::add);
        } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
            reportReading(current, e);
        }
        for (byte[] key : keys) {
            byte[] value = get(area, key);
            if (value != null) {
                consumer.accept(key, value);
            }
        }
    }

    long lastFrame() {
        lock.lock();
        try {
            return nextFrame - 1;
        } finally {
            lock.unlock();
        }
    }

    long liveBytes() {
        Session current = session;
        return current == null ? 0 : current.database.liveBytes();
    }

    long fileBytes() {
        Session current = session;
        return current == null ? 0 : current.database.fileBytes();
    }

    PageStore.Protection protect() {
        lock.lock();
        try {
            long from = nextFrame;
            protections.merge(from, 1, Integer::sum);
            return new Handle(from);
        } finally {
            lock.unlock();
        }
    }

    /** The least frame number that a protection covers. */
    long firstProtected() {
        lock.lock();
        try {
            return protections.isEmpty() ? nextFrame : protections.firstKey();
        } finally {
            lock.unlock();
        }
    }

    void flush() {
        submit(current -> {
            commit(current);
            return true;
        });
    }

    boolean change(Consumer<PageStore.Change> work) {
        Boolean done = submit(current -> {
            commit(current);
            try {
                work.accept(new DatabaseChange(current.database));
            } catch (MVStoreException e) {
                throw e;
            } catch (RuntimeException e) {
                current.database.rollback();
                throw new WorkFailedException(e);
            }
            uncommitted = true;
            commit(current);
            return true;
        });
        return done != null && done;
    }

    void sync() {
        submit(current -> {
            current.database.sync();
            return true;
        });
    }

    /** Removes up to a number of frames that are not needed. */
    Sweep.SweepStep sweep(long from, long before, FrameSet needed, int most) {
        Sweep.SweepStep step = submit(current -> sweepStep(current, from, before, needed, most));
        return step == null ? new Sweep.SweepStep(0, 0) : step;
    }

    @Override
    public void close() {
        lock.lock();
        try {
            closing = true;
            notEmpty.signalAll();
            notFull.signalAll();
        } finally {
            lock.unlock();
        }
        boolean interrupted = false;
        while (true) {
            try {
                thread.join();
                break;
            } catch (InterruptedException e) {
                // Leaving now would leave the file in use.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    /** Runs on the thread, after all that was queued before; null if there is no database. */
    private <T> T submit(Work<T> work) {
        WorkTask<T> task = new WorkTask<>(work);
        lock.lock();
        try {
            if (closing) {
                return null;
            }
            queue.add(task);
            notEmpty.signal();
        } finally {
            lock.unlock();
        }
        return task.await();
    }

    /**
     * Whether all pages of a frame are held, no deeper; the frames they are in are then safe from a sweep. The stored
     * index may name frames that are gone: those removed shortly before a crash, and damaged ones. They are not believed
     * in, or their pages would never be stored again.
     */
    private boolean isHeld(Session current, Frame frame) {
        boolean all = true;
        long last = 0;
        boolean lastThere = false;
        for (int slot = 0; slot < frame.count(); slot++) {
            try {
                long location = current.index.find(frame.idHigh(slot), frame.idLow(slot));
                if (location == Location.NONE) {
                    all = false;
                    continue;
                }
                if (Location.frame(location) != last) {
                    last = Location.frame(location);
                    // first this, so that a sweep leaves what is then found there
                    touch(last);
                    lastThere = pending.containsKey(last) || current.database.hasFrame(last);
                }
                if (!lastThere) {
                    current.index.forget(frame.idHigh(slot), frame.idLow(slot), location);
                }
                all &= lastThere && Location.depth(location) <= frame.depth();
            } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
                reportReading(current, e);
                return false;
            }
        }
        return all;
    }

    private void touch(long frame) {
        lock.lock();
        try {
            if (!protections.isEmpty()) {
                touched.add(frame);
            }
        } finally {
            lock.unlock();
        }
    }

    /** Once a session; what is to be done the thread finds out by itself. */
    private void reportReading(Session current, Throwable e) {
        if (current == session && current.readingFailed.compareAndSet(false, true)) {
            LOG.warn(
                    "A part of the page store {} cannot be read, what is in it will be sent again: {}",
                    directory,
                    Failures.text(e));
        } else {
            LOG.debug("The page store could not be read: {}", Failures.text(e));
        }
    }

    // The thread.

    private void run() {
        while (true) {
            long now = System.nanoTime();
            if (session == null && now - reopenAt >= 0) {
                open();
            }
            Task task = next(now);
            if (task == null && isClosing()) {
                break;
            }
            Session current = session;
            try {
                if (task != null) {
                    task.run(this, current);
                }
                if (current != null) {
                    maintain(current, task == null);
                }
            } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
                if (task != null) {
                    task.drop();
                }
                if (current != null) {
                    fail(current, e);
                }
            }
        }
        end();
    }

    private boolean isClosing() {
        lock.lock();
        try {
            return closing;
        } finally {
            lock.unlock();
        }
    }

    /** The next task, or null when it is time for something else. */
    private Task next(long now) {
        lock.lock();
        try {
            // When something is left to do, only look.
            long left = busy ? 0 : uncommitted ? COMMIT_NANOS - (now - committedAt) : CHECK_NANOS;
            while (queue.isEmpty() && !closing && left > 0) {
                left = notEmpty.awaitNanos(left);
            }
            return queue.poll();
        } catch (InterruptedException e) {
            // Nobody has a reason to interrupt this thread, and it goes on.
            return null;
        } finally {
            lock.unlock();
        }
    }

    /** What is to be done between tasks. */
    private void maintain(Session current, boolean idle) {
        RuntimeException failure = current.database.failure();
        if (failure != null) {
            throw failure;
        }
        int merged = current.index.merge(lastWritten, false);
        uncommitted |= merged > 0;
        uncommittedBytes += merged;
        long now = System.nanoTime();
        if (uncommitted && (uncommittedBytes >= COMMIT_BYTES || now - committedAt >= COMMIT_NANOS)) {
            commit(current);
        }
        if (now - checkedAt >= CHECK_NANOS) {
            check(now);
        }
        if (now - checkedAsideAt >= CHECK_ASIDE_NANOS) {
            checkAside(now);
        }
        if (idle && compacting) {
            commit(current);
            compacting = current.database.compact();
        }
        busy = merged > 0 || compacting;
    }

    private void commit(Session current) {
        if (uncommitted) {
            current.database.commit();
            uncommitted = false;
            uncommittedBytes = 0;
        }
        committedAt = System.nanoTime();
    }

    private void write(long number, byte[] bytes, Session current) {
        if (current != null) {
            current.database.putFrame(number, bytes);
            lastWritten = number;
            uncommittedBytes += bytes.length;
            uncommitted = true;
        }
        lock.lock();
        try {
            pending.remove(number);
            queuedBytes -= bytes.length;
            notFull.signalAll();
        } finally {
            lock.unlock();
        }
    }

    private Sweep.SweepStep sweepStep(Session current, long from, long before, FrameSet needed, int most) {
        long freed = 0;
        int removed = 0;
        Long number = current.database.frameFrom(from);
        while (number != null && number < before && removed < most) {
            if (!needed.contains(number) && !isTouched(number)) {
                freed += remove(current, number);
                removed++;
            }
            number = current.database.frameFrom(number + 1);
        }
        if (removed > 0) {
            uncommitted = true;
        }
        boolean more = number != null && number < before;
        compacting |= !more;
        return new Sweep.SweepStep(more ? number : 0, freed);
    }

    private static long remove(Session current, long number) {
        byte[] bytes = current.database.removeFrame(number);
        if (bytes == null) {
            return 0;
        }
        try {
            Frame frame = FrameFormat.read(bytes);
            for (int slot = 0; slot < frame.count(); slot++) {
                current.index.forget(frame.idHigh(slot), frame.idLow(slot), Location.of(number, slot, frame.depth()));
            }
        } catch (FrameException e) {
            // Which pages it had cannot be known; whoever asks for one finds no frame, and forgets the page then.
            LOG.debug("Frame {} of the page store was damaged: {}", number, e.getMessage());
        }
        return bytes.length;
    }

    private boolean isTouched(long frame) {
        lock.lock();
        try {
            return touched.contains(frame);
        } finally {
            lock.unlock();
        }
    }

    /** Whether the disk and the limits allow storing. */
    private void check(long now) {
        checkedAt = now;
        String reason = null;
        Session current = session;
        if (current != null) {
            try {
                long free = directory.freeBytes();
                if (free < limits.minFreeBytes()) {
                    reason = "only " + (free >> 20) + " MiB are free on its file system, and "
                            + (limits.minFreeBytes() >> 20) + " MiB are to stay free";
                } else if (current.database.liveBytes() >= limits.maxBytes()) {
                    reason = "it has reached its limit of " + (limits.maxBytes() >> 20) + " MiB";
                } else if (current.database.fileBytes() >= limits.maxBytes() * MOST_FILE_OVER_LIMIT) {
                    reason = "its file has " + (current.database.fileBytes() >> 20) + " MiB and is being compacted";
                    compacting = true;
                }
            } catch (IOException e) {
                reason = Failures.text(e);
            }
        }
        if (reason != null && refusal == null) {
            LOG.warn("The page store {} stores nothing for now: {}", directory, reason);
        } else if (reason == null && refusal != null) {
            LOG.info("The page store {} stores again", directory);
        }
        refusal = reason;
    }

    private void checkAside(long now) {
        checkedAsideAt = now;
        try {
            directory.removeAside(false);
        } catch (IOException e) {
            LOG.warn("What was set aside in the page store {} cannot be deleted: {}", directory, Failures.text(e));
        }
    }

    private void fail(Session failed, Throwable cause) {
        session = null;
        lock.lock();
        try {
            for (Task task : queue) {
                task.drop();
            }
            queue.clear();
            pending.clear();
            queuedBytes = 0;
            notFull.signalAll();
        } finally {
            lock.unlock();
        }
        uncommitted = false;
        uncommittedBytes = 0;
        compacting = false;
        busy = false;
        failed.database.abandon();
        reopenAt = System.nanoTime();
        if (Failures.isFromOutside(cause)) {
            LOG.warn(
                    "The page store {} cannot be written, what was not yet committed is dropped: {}",
                    directory,
                    Failures.text(cause));
            reopenAt += REOPEN_NANOS;
        } else {
            setAside(cause);
        }
    }

    /** Opens the database; afterwards there is a session, or a time to try again. */
    private void open() {
        try {
            directory.take();
            for (int attempt = 0; attempt < 2 && session == null; attempt++) {
                openDatabase();
            }
        } catch (StoreException | IOException e) {
            reportOpening(e);
        }
        reopenAt = System.nanoTime() + REOPEN_NANOS;
    }

    /** Afterwards there is a session, or what is there was set aside. */
    private void openDatabase() throws IOException {
        Database database = null;
        try {
            database = Database.open(directory.file(), limits.cacheMebibytes(), key);
            Session opened = new Session(database, new PageIndex(database));
            long next = database.nextFrame();
            if (next < 1 || next > Location.MAX_FRAME / 2) {
                // At a thousand frames a second it takes two thousand years to come here.
                throw new IllegalStateException("its greatest frame number is damaged");
            }
            recover(opened);
            lock.lock();
            try {
                nextFrame = Math.max(nextFrame, next);
                lastWritten = nextFrame - 1;
                session = opened;
            } finally {
                lock.unlock();
            }
            if (!lastOpenFailure.isEmpty()) {
                LOG.info("The page store {} is used again", directory);
                lastOpenFailure = "";
            }
        } catch (Database.NewerFormatException e) {
            directory.setAside(Failures.text(e));
        } catch (SealedFile.OtherKeyException e) {
            directory.setAside("it was encrypted with another key than that of store.key-file. To use it again within a"
                    + " week, put that key back and rename it");
        } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
            if (database != null) {
                database.abandon();
            }
            if (Failures.isFromOutside(e)) {
                throw new IOException(Failures.text(e), e);
            }
            directory.setAside(Failures.text(e));
        }
    }

    /** Once, not every few seconds. */
    private void reportOpening(Exception e) {
        String failure = Failures.text(e);
        if (!failure.equals(lastOpenFailure)) {
            LOG.warn(
                    "The page store {} cannot be used; until it can, nothing is stored, and migrations go on but save"
                            + " less: {}",
                    directory,
                    failure);
            lastOpenFailure = failure;
        }
    }

    /** Puts into the index what was stored after it was last merged. */
    private static void recover(Session opened) {
        Database database = opened.database;
        for (Long number = database.frameFrom(database.indexed() + 1);
                number != null;
                number = database.frameFrom(number + 1)) {
            byte[] bytes = database.frame(number);
            if (bytes == null) {
                continue;
            }
            try {
                Frame frame = FrameFormat.read(bytes);
                for (int slot = 0; slot < frame.count(); slot++) {
                    opened.index.put(frame.idHigh(slot), frame.idLow(slot), Location.of(number, slot, frame.depth()));
                }
            } catch (FrameException e) {
                LOG.warn("Frame {} of the page store is damaged: {}", number, e.getMessage());
                database.removeFrame(number);
            }
        }
    }

    private void setAside(Throwable cause) {
        try {
            directory.setAside(Failures.text(cause));
        } catch (IOException e) {
            LOG.warn(
                    "The page store {} is damaged ({}) and cannot be set aside: {}",
                    directory,
                    Failures.text(cause),
                    Failures.text(e));
        }
    }

    private void end() {
        Session current = session;
        session = null;
        if (current == null) {
            return;
        }
        try {
            uncommitted |= current.index.merge(lastWritten, true) > 0;
            commit(current);
            current.database.close();
        } catch (RuntimeException | AssertionError | StackOverflowError | OutOfMemoryError e) {
            LOG.warn("The page store {} could not be closed well: {}", directory, Failures.text(e));
            current.database.abandon();
        }
    }

    /** Compared by identity: a database that was opened again is another. */
    private static final class Session {
        private final Database database;
        private final PageIndex index;
        /** Whether that was said of this one. */
        private final AtomicBoolean readingFailed = new AtomicBoolean();
        /** Frames found damaged, which are removed. */
        private final Set<Long> damaged = ConcurrentHashMap.newKeySet();

        Session(Database database, PageIndex index) {
            this.database = database;
            this.index = index;
        }
    }

    private interface Work<T> {
        T run(Session current);
    }

    /** A failure of the caller's work, not of the database. */
    private static final class WorkFailedException extends RuntimeException {
        private static final long serialVersionUID = 1;

        WorkFailedException(RuntimeException cause) {
            super(cause);
        }
    }

    private sealed interface Task {
        void run(StoreWriter writer, Session current);

        /** It will not be run, or failed. */
        void drop();
    }

    @SuppressWarnings("ArrayRecordComponent")
    private record FrameTask(long number, byte[] bytes) implements Task {
        @Override
        public void run(StoreWriter writer, Session current) {
            writer.write(number, bytes, current);
        }

        @Override
        public void drop() {
            // Its pages are no longer pending, so they are not held.
        }
    }

    private static final class WorkTask<T> implements Task {
        private final CompletableFuture<T> result = new CompletableFuture<>();
        private final Work<T> work;

        WorkTask(Work<T> work) {
            this.work = work;
        }

        @Override
        public void run(StoreWriter writer, Session current) {
            try {
                result.complete(current == null ? null : work.run(current));
            } catch (WorkFailedException e) {
                result.completeExceptionally(e.getCause());
            }
        }

        @Override
        public void drop() {
            result.complete(null);
        }

        T await() {
            try {
                return result.join();
            } catch (CompletionException e) {
                if (e.getCause() instanceof RuntimeException cause) {
                    throw cause;
                }
                throw e;
            }
        }
    }

    private final class Handle implements PageStore.Protection {
        private final long from;
        private boolean closed;

        Handle(long from) {
            this.from = from;
        }

        @Override
        public void close() {
            lock.lock();
            try {
                if (!closed) {
                    closed = true;
                    protections.computeIfPresent(from, (number, count) -> count == 1 ? null : count - 1);
                    if (protections.isEmpty()) {
                        touched.clear();
                    }
                }
            } finally {
                lock.unlock();
            }
        }
    }

    private record DatabaseChange(Database database) implements PageStore.Change {
        @Override
        public Optional<byte[]> get(String area, byte[] key) {
            return Optional.ofNullable(database.get(area, key));
        }

        @Override
        public boolean contains(String area, byte[] key) {
            return database.contains(area, key);
        }

        @Override
        public void put(String area, byte[] key, byte[] value) {
            database.put(area, key, value);
        }

        @Override
        public void remove(String area, byte[] key) {
            database.remove(area, key);
        }

        @Override
        public List<byte[]> keys(String area) {
            List<byte[]> keys = new ArrayList<>();
            database.keys(area).forEach(keys::add);
            return keys;
        }
    }
}
