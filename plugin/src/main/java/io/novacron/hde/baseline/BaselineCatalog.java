package io.novacron.hde.baseline;

import io.novacron.hde.page.PageId;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.Sweep;
import java.nio.ByteBuffer;
import java.time.Clock;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.UUID;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Predicate;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The baselines in a page store. Any thread may use it.
 *
 * <p>A thread drops baselines that are too old, or that the store has no room for, least recently used
 * first, and sweeps the store of frames that no baseline reaches: after each change, and every ten minutes. A frame stays
 * whole for the sake of one page of it, so some pages outlive their baselines.
 */
public final class BaselineCatalog implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(BaselineCatalog.class);

    private static final String BASELINES = "baselines";
    private static final String TABLES = "tables";
    private static final String USED = "used";
    private static final String VMS = "vms";

    /** Partial baselines of one VM from migrations with one peer; a source leaves one for each segment on its way. */
    static final int MOST_PARTIAL = 16;

    /** Baselines from migrations with one peer. */
    static final int MOST_OF_PEER = 1024;

    /** Chunks written in one transaction, 64 KiB each before compression. */
    private static final int CHUNKS_A_CHANGE = 32;

    private static final long SWEEP_MILLIS = 10 * 60 * 1000;
    /** The store is made room in before it is full, so that the next migration finds some. */
    private static final double FULL = 0.9;

    private final PageStore store;
    private final BaselineLimits limits;
    private final Clock clock;
    private final TableSpace space;
    private final Thread sweeper = new Thread(this::sweepAgainAndAgain, "baseline-sweeper");

    /** Held for the length of a sweep, which may be long; other changes are under the lock of this. */
    private final Object sweeping = new Object();

    private final Object wake = new Object();
    // Both guarded by wake.
    private boolean sweepDue;
    private boolean closing;

    private BaselineCatalog(PageStore store, BaselineLimits limits, Clock clock, TableSpace space) {
        this.store = store;
        this.limits = limits;
        this.clock = clock;
        this.space = space;
        sweeper.setDaemon(true);
    }

    /** The catalogue of a store, which there may be one of, and which is to be closed before the store. */
    public static BaselineCatalog open(PageStore store, BaselineLimits limits, Clock clock) {
        return open(store, limits, clock, TableSpace.HEAP);
    }

    /**
     * The same.
     *
     * @param space where tables that are loaded are kept
     */
    public static BaselineCatalog open(PageStore store, BaselineLimits limits, Clock clock, TableSpace space) {
        BaselineCatalog catalog = new BaselineCatalog(store, limits, clock, space);
        catalog.sweeper.start();
        return catalog;
    }

    /**
     * Makes a table a baseline of a VM, the newest of its generations; partial ones of the VM go. It is there when this
     * returns, and either wholly or not at all. It takes the place of none but those that migrations with the same peer
     * have left, so a peer that brings what it says is another's VM drops nothing of that.
     *
     * @param peer with whom the migration was made
     * @param capturedAt milliseconds since 1970; now, if that is later
     * @return empty if the store could not take it, which the log explains
     */
    public Optional<Baseline> commit(UUID vm, String vmName, String peer, MemoryTable table, long capturedAt) {
        return commit(vm, vmName, "", peer, table, capturedAt, "");
    }

    /**
     * The same for a disk, which has generations of its own.
     *
     * @param disk the name under which QEMU exported it, not empty
     */
    public Optional<Baseline> commitDisk(
            UUID vm, String vmName, String disk, String peer, MemoryTable table, long capturedAt) {
        return commit(vm, vmName, disk, peer, table, capturedAt, "");
    }

    /**
     * Keeps what a failed migration had sent: its pages stay known, but it counts as no generation. The next one of the
     * VM with the same peer, partial or not, takes its place, but those of one migration stand side by side, up to {@value
     * #MOST_PARTIAL}: a source does not know which of several moments its destination has come to.
     *
     * @param migrationId names the migration, not empty
     */
    public Optional<Baseline> commitPartial(
            String migrationId, UUID vm, String vmName, String peer, MemoryTable table, long capturedAt) {
        return commitPartial(migrationId, vm, vmName, "", peer, table, capturedAt);
    }

    /**
     * The same for memory or a disk.
     *
     * @param disk the name under which QEMU exported it; empty for memory
     */
    public Optional<Baseline> commitPartial(
            String migrationId, UUID vm, String vmName, String disk, String peer, MemoryTable table, long capturedAt) {
        if (migrationId.isEmpty()) {
            throw new IllegalArgumentException("A partial baseline needs the id of its migration");
        }
        return commit(vm, vmName, disk, peer, table, capturedAt, migrationId);
    }

    /** All baselines, partial ones too, by VM, the newest first. */
    public List<Baseline> list() {
        List<Baseline> baselines = new ArrayList<>();
        for (BaselineRecord record : records()) {
            baselines.add(record.baseline());
        }
        baselines.sort(Comparator.comparing(Baseline::vm)
                .thenComparing(Comparator.comparingLong(Baseline::generation).reversed())
                .thenComparing(Comparator.comparingLong(Baseline::capturedAt).reversed()));
        return baselines;
    }

    /** The newest complete baseline of a VM's memory. */
    public Optional<Baseline> newest(UUID vm) {
        return list().stream()
                .filter(baseline -> baseline.vm().equals(vm) && !baseline.isPartial() && !baseline.isDisk())
                .findFirst();
    }

    /** The table of a baseline; empty if there is none or it is damaged, in which case it is dropped. */
    public Optional<MemoryTable> load(Root root) {
        for (BaselineRecord record : records()) {
            if (record.baseline().root().equals(root)) {
                Optional<MemoryTable> table = load(record);
                if (table.isEmpty()) {
                    LOG.warn(
                            "Baseline {} of {} is damaged and is dropped; the next migration saves less",
                            root,
                            record.baseline().vmName());
                    drop(root);
                }
                return table;
            }
        }
        return Optional.empty();
    }

    /** Says that a baseline was of use, so that others are dropped before it. */
    public void touch(Root root) {
        long now = clock.millis();
        boolean done = store.change(change -> {
            for (byte[] key : change.keys(BASELINES)) {
                if (hasRoot(key, root)) {
                    change.put(USED, key, number(now));
                }
            }
        });
        if (!done) {
            LOG.debug("The use of baseline {} could not be stored", root);
        }
    }

    /** Drops a baseline, of whichever VMs have it. Returns whether there was one. */
    public boolean drop(Root root) {
        return dropIf(baseline -> baseline.root().equals(root)) > 0;
    }

    /** Drops all of a VM's baselines and what else is known of it: it was undefined. Returns how many there were. */
    public int dropVm(UUID vm) {
        int dropped = dropIf(baseline -> baseline.vm().equals(vm));
        store.change(change -> change.remove(VMS, VmRecord.key(vm)));
        return dropped;
    }

    /** Says that a VM was migrated to another host: its being undefined here is no reason to drop its baselines. */
    public void markAway(UUID vm) {
        mark(vm, true);
    }

    /** Says that a VM is on this host. */
    public void markHere(UUID vm) {
        mark(vm, false);
    }

    /** Whether a VM was last said to be on another host. */
    public boolean isAway(UUID vm) {
        return VmRecord.read(store.get(VMS, VmRecord.key(vm))).away();
    }

    /**
     * Does at once what the thread does: drops what is too old or too much, and sweeps the store.
     *
     * @return bytes freed in the store
     */
    public long collect() {
        synchronized (sweeping) {
            return collectAlone();
        }
    }

    private long collectAlone() {
        long oldest = clock.millis() - limits.maxAge().toMillis();
        int old = dropIf(baseline -> baseline.capturedAt() < oldest);
        if (old > 0) {
            LOG.info("Dropped {} baselines older than {}", old, limits.maxAge());
        }
        forgetVms();
        long freed = sweep();
        while (store.liveBytes() > FULL * store.limits().maxBytes()) {
            Optional<Baseline> next = nextToGo();
            if (next.isEmpty()) {
                break;
            }
            LOG.info(
                    "Dropping baseline {} of {}, the least recently used with peer {}: the page store is nearly full",
                    next.get().root(),
                    next.get().vmName(),
                    next.get().peer());
            if (dropIf(next.get()::equals) == 0) {
                break;
            }
            freed += sweep();
        }
        return freed;
    }

    /**
     * The least recently used baseline of the peer with which most was exchanged, counted in distinct chunks: so what comes
     * from one peer pushes out its own before it pushes out another's.
     */
    private Optional<Baseline> nextToGo() {
        Map<String, Set<PageId>> chunks = new HashMap<>();
        List<BaselineRecord> records = records();
        for (BaselineRecord record : records) {
            Set<PageId> ofPeer = chunks.computeIfAbsent(record.baseline().peer(), peer -> new HashSet<>());
            record.chunks().forEach(ofBlock -> ofPeer.addAll(ofBlock.values()));
        }
        int most = chunks.values().stream().mapToInt(Set::size).max().orElse(0);
        return records.stream()
                .map(BaselineRecord::baseline)
                .filter(baseline -> chunks.get(baseline.peer()).size() == most)
                .min(Comparator.comparingLong(Baseline::lastUsed));
    }

    /** Forgets VMs of which nothing is left to know, or a peer could add to the list for good. */
    private synchronized void forgetVms() {
        Set<UUID> known = new HashSet<>();
        records().forEach(record -> known.add(record.baseline().vm()));
        store.change(change -> {
            for (byte[] key : change.keys(VMS)) {
                ByteBuffer uuid = ByteBuffer.wrap(key);
                if (key.length != VmRecord.KEY
                        || (!VmRecord.read(change.get(VMS, key)).away()
                                && !known.contains(new UUID(uuid.getLong(), uuid.getLong())))) {
                    change.remove(VMS, key);
                }
            }
        });
    }

    /** Stops the thread. */
    @Override
    public void close() {
        synchronized (wake) {
            closing = true;
            wake.notifyAll();
        }
        boolean interrupted = false;
        while (true) {
            try {
                sweeper.join();
                break;
            } catch (InterruptedException e) {
                // The store must not be closed under the sweeper.
                interrupted = true;
            }
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized Optional<Baseline> commit(
            UUID vm, String vmName, String disk, String peer, MemoryTable table, long capturedAt, String partialOf) {
        List<SortedMap<Long, PageId>> chunks = new ArrayList<>();
        for (int block = 0; block < table.layout().size(); block++) {
            chunks.add(table.chunkDigests(block));
            if (!storeChunks(table, block, chunks.get(block))) {
                return Optional.empty();
            }
        }
        Root root = table.root();
        long now = clock.millis();
        List<Baseline> committed = new ArrayList<>();
        boolean done = store.change(change -> {
            VmRecord known = VmRecord.read(change.get(VMS, VmRecord.key(vm)));
            long generation = partialOf.isEmpty() ? known.lastGeneration() + 1 : known.lastGeneration();
            Baseline baseline = new Baseline(
                    root,
                    vm,
                    vmName,
                    disk,
                    peer,
                    generation,
                    // the peer's clock may be wrong, and one that is never old would stay for good
                    Math.min(capturedAt, now),
                    now,
                    table.presentPages(),
                    BaselineRecord.count(chunks),
                    table.layout(),
                    partialOf);
            BaselineRecord record = new BaselineRecord(baseline, chunks);
            removeSuperseded(change, record);
            change.put(BASELINES, record.key(), record.value());
            change.put(USED, record.key(), number(now));
            change.put(VMS, VmRecord.key(vm), new VmRecord(known.away(), generation).value());
            committed.add(baseline);
        });
        if (!done) {
            return Optional.empty();
        }
        store.sync();
        wakeSweeper();
        return Optional.of(committed.get(0));
    }

    /**
     * Removes, of the baselines of the same memory or disk with the same peer, the partial ones and, for a complete one,
     * those beyond the number of generations; and then the least recently used ones if the peer has too many.
     */
    private void removeSuperseded(PageStore.Change change, BaselineRecord newest) {
        Baseline added = newest.baseline();
        List<BaselineRecord> ofPeer = new ArrayList<>();
        for (byte[] key : change.keys(BASELINES)) {
            long used = lastUsed(change.get(USED, key));
            Optional<BaselineRecord> record =
                    change.get(BASELINES, key).flatMap(value -> BaselineRecord.read(key, value, used));
            if (record.isEmpty()) {
                remove(change, key);
            } else if (record.get().baseline().peer().equals(added.peer()) && !Arrays.equals(key, newest.key())) {
                ofPeer.add(record.get());
            }
        }
        ofPeer.sort(Comparator.comparingLong(
                        (BaselineRecord record) -> record.baseline().generation())
                .thenComparingLong(record -> record.baseline().capturedAt())
                .reversed());
        int complete = added.isPartial() ? 0 : 1;
        int partial = added.isPartial() ? 1 : 0;
        List<BaselineRecord> kept = new ArrayList<>();
        for (BaselineRecord record : ofPeer) {
            Baseline other = record.baseline();
            boolean superseded = false;
            if (other.vm().equals(added.vm()) && other.disk().equals(added.disk())) {
                superseded = other.isPartial()
                        ? !other.partialOf().equals(added.partialOf()) || ++partial > MOST_PARTIAL
                        : ++complete > limits.generations();
            }
            if (superseded) {
                remove(change, record.key());
            } else {
                kept.add(record);
            }
        }
        kept.sort(Comparator.comparingLong(record -> record.baseline().lastUsed()));
        for (BaselineRecord record : kept.subList(0, Math.max(0, kept.size() + 1 - MOST_OF_PEER))) {
            remove(change, record.key());
        }
    }

    private static void remove(PageStore.Change change, byte[] key) {
        change.remove(BASELINES, key);
        change.remove(USED, key);
    }

    private static long lastUsed(Optional<byte[]> value) {
        return value.filter(bytes -> bytes.length == Long.BYTES)
                .map(bytes -> ByteBuffer.wrap(bytes).getLong())
                .orElse(0L);
    }

    private boolean storeChunks(MemoryTable table, int block, SortedMap<Long, PageId> digests) {
        List<Map.Entry<Long, PageId>> entries = new ArrayList<>(digests.entrySet());
        for (int from = 0; from < entries.size(); from += CHUNKS_A_CHANGE) {
            List<Map.Entry<Long, PageId>> part =
                    entries.subList(from, Math.min(entries.size(), from + CHUNKS_A_CHANGE));
            boolean done = store.change(change -> {
                for (Map.Entry<Long, PageId> entry : part) {
                    byte[] key = StoredChunk.key(entry.getValue());
                    // One that is there may be damaged; reading it shows that.
                    if (change.get(TABLES, key).isEmpty()) {
                        change.put(TABLES, key, StoredChunk.value(table.chunk(block, entry.getKey())));
                    }
                }
            });
            if (!done) {
                return false;
            }
        }
        return true;
    }

    private Optional<MemoryTable> load(BaselineRecord record) {
        MemoryTable table = new MemoryTable(record.baseline().layout(), MemoryTable.DEFAULT_MAX_CHUNKS, space);
        // Chunks of zero pages and the like occur often; they are shared.
        Map<PageId, Chunk> loaded = new HashMap<>();
        for (int block = 0; block < record.chunks().size(); block++) {
            for (Map.Entry<Long, PageId> entry : record.chunks().get(block).entrySet()) {
                PageId digest = entry.getValue();
                Chunk chunk = loaded.get(digest);
                if (chunk == null) {
                    Optional<byte[]> bytes = store.get(TABLES, StoredChunk.key(digest))
                            .flatMap(value -> StoredChunk.read(digest, value));
                    if (bytes.isEmpty()) {
                        return Optional.empty();
                    }
                    chunk = Chunk.of(loaded, bytes.get());
                    chunk.seal(space);
                    loaded.put(digest, chunk);
                }
                if (!table.putChunk(block, entry.getKey(), chunk)) {
                    return Optional.empty();
                }
            }
        }
        return table.root().equals(record.baseline().root()) ? Optional.of(table) : Optional.empty();
    }

    private List<BaselineRecord> records() {
        List<BaselineRecord> records = new ArrayList<>();
        store.forEach(BASELINES, (key, value) -> {
            BaselineRecord.read(key, value, lastUsed(store.get(USED, key))).ifPresent(records::add);
        });
        return records;
    }

    private synchronized int dropIf(Predicate<Baseline> condition) {
        List<byte[]> keys = new ArrayList<>();
        for (BaselineRecord record : records()) {
            if (condition.test(record.baseline())) {
                keys.add(record.key());
            }
        }
        if (keys.isEmpty()) {
            return 0;
        }
        boolean done = store.change(change -> {
            keys.forEach(key -> remove(change, key));
        });
        wakeSweeper();
        return done ? keys.size() : 0;
    }

    private void mark(UUID vm, boolean away) {
        boolean done = store.change(change -> {
            VmRecord known = VmRecord.read(change.get(VMS, VmRecord.key(vm)));
            if (known.away() != away) {
                change.put(VMS, VmRecord.key(vm), new VmRecord(away, known.lastGeneration()).value());
            }
        });
        if (!done) {
            LOG.warn("It could not be stored that VM {} is {}", vm, away ? "away" : "here");
        }
    }

    private long sweep() {
        try (Sweep sweep = store.newSweep()) {
            // What is committed from here on is new, and therefore safe from this sweep.
            long before = store.liveBytes();
            Set<PageId> needed = sweepTables();
            long freed = Math.max(0, before - store.liveBytes());
            for (PageId digest : needed) {
                long start = System.nanoTime();
                store.get(TABLES, StoredChunk.key(digest))
                        .flatMap(value -> StoredChunk.read(digest, value))
                        .ifPresent(bytes -> keep(sweep, bytes));
                // Nobody waits for a sweep: it takes half of one core at most.
                LockSupport.parkNanos(System.nanoTime() - start);
            }
            return freed + sweep.finish();
        }
    }

    /**
     * Removes the chunks that no baseline has, and returns the others. Under the lock, so that no commit counts on a
     * chunk that is about to go.
     */
    private synchronized Set<PageId> sweepTables() {
        Set<PageId> needed = new HashSet<>();
        for (BaselineRecord record : records()) {
            record.chunks().forEach(chunks -> needed.addAll(chunks.values()));
        }
        store.change(change -> {
            for (byte[] key : change.keys(TABLES)) {
                ByteBuffer digest = ByteBuffer.wrap(key);
                if (key.length != PageId.BYTES || !needed.contains(new PageId(digest.getLong(), digest.getLong()))) {
                    change.remove(TABLES, key);
                }
            }
        });
        return needed;
    }

    private static void keep(Sweep sweep, byte[] chunk) {
        ByteBuffer ids = ByteBuffer.wrap(chunk);
        while (ids.hasRemaining()) {
            long high = ids.getLong();
            long low = ids.getLong();
            if ((high | low) != 0) {
                sweep.keep(high, low);
            }
        }
    }

    private void wakeSweeper() {
        synchronized (wake) {
            sweepDue = true;
            wake.notifyAll();
        }
    }

    private void sweepAgainAndAgain() {
        while (waitForSweep()) {
            try {
                long freed = collect();
                if (freed > 0) {
                    LOG.debug("Freed {} bytes of the page store", freed);
                }
            } catch (RuntimeException e) {
                LOG.warn("The page store could not be swept; it is tried again later", e);
            }
        }
    }

    /** Returns false when it is time to end. */
    private boolean waitForSweep() {
        synchronized (wake) {
            long until = System.nanoTime() + SWEEP_MILLIS * 1_000_000;
            while (!closing && !sweepDue) {
                long millis = (until - System.nanoTime()) / 1_000_000;
                if (millis <= 0) {
                    break;
                }
                try {
                    wake.wait(millis);
                } catch (InterruptedException e) {
                    return false;
                }
            }
            sweepDue = false;
            return !closing;
        }
    }

    private static boolean hasRoot(byte[] key, Root root) {
        return Arrays.equals(key, 0, Math.min(key.length, Root.BYTES), root.bytes(), 0, Root.BYTES);
    }

    private static byte[] number(long value) {
        return ByteBuffer.allocate(Long.BYTES).putLong(value).array();
    }
}
