package io.novacron.hde.agent;

import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.SeedReport;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.qemu.process.LowPriority;
import io.novacron.hde.seed.ChangedPages;
import io.novacron.hde.seed.GuestPages;
import io.novacron.hde.seed.RefreshInterval;
import io.novacron.hde.seed.SeedProgress;
import io.novacron.hde.tunnel.Peer;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Sends running VMs' memory to peers and keeps what they hold fresh: what the configuration asks for, and what {@code hde
 * seed} does. One pass at a time for the whole host, in a thread of low priority. A pass gives way to a migration of its
 * VM: it ends at once, and what has crossed is what the migration starts from. Thread-safe.
 */
final class Seeding implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Seeding.class);

    /** After so long what has crossed is committed, and the pass goes on from there: an agent may be killed. */
    private static final Duration SLICE = Duration.ofMinutes(2);

    /** How long a migration waits for the seeding of its VM to end. */
    private static final Duration GIVING_WAY = Duration.ofSeconds(5);

    /** While a migration of the VM runs. */
    private static final Duration LATER = Duration.ofSeconds(10);

    private static final long STOP_MILLIS = 20_000;

    /** Finds a running VM's memory. */
    @FunctionalInterface
    interface Guests {
        GuestPages open(DomainInfo domain) throws IOException;
    }

    private record Key(String uuid, String peer) {}

    /** One VM and one peer. Guarded by the seeding, but for what a pass writes. */
    private static final class Seed {
        final DomainInfo domain;
        final String peer;
        final boolean policy;
        final boolean keepFresh;
        final OptionalLong maxBandwidth;
        final RefreshInterval interval;
        SeedReport.State state = SeedReport.State.WAITING;
        Instant due = Instant.now();
        // of the pass at hand
        long position;
        SeedProgress progress;
        ChangedPages changed = new ChangedPages();
        ChangedPages changedBefore = new ChangedPages();
        long sliceBytes;
        volatile boolean stop;
        // of all
        long totalBytes;
        long passes;
        Instant completed;
        String baseline;
        String error;

        Seed(
                DomainInfo domain,
                String peer,
                boolean policy,
                boolean keepFresh,
                OptionalLong maxBandwidth,
                Duration interval) {
            this.domain = domain;
            this.peer = peer;
            this.policy = policy;
            this.keepFresh = keepFresh;
            this.maxBandwidth = maxBandwidth;
            this.interval = new RefreshInterval(interval);
        }

        boolean isOpen() {
            return due != null;
        }
    }

    private final HdeConfig config;
    private final Map<String, Peer> peers;
    private final Channels channels;
    private final SeedPass pass;
    private final Guests guests;
    private final Map<String, DomainInfo> active = new LinkedHashMap<>();
    private final Map<Key, Seed> seeds = new LinkedHashMap<>();
    private final Thread thread = new Thread(this::run, "seed");
    private Seed running;
    private boolean closed;

    Seeding(HdeConfig config, Map<String, Peer> peers, Channels channels, SeedPass pass, Guests guests) {
        this.config = config;
        this.peers = Map.copyOf(peers);
        this.channels = channels;
        this.pass = pass;
        this.guests = guests;
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    // ---- what libvirt says ------------------------------------------------------------------------------------------

    /** The VM runs here from now on. */
    synchronized void active(DomainInfo domain) {
        active.put(domain.uuid(), domain);
        for (HdeConfig.Peer peer : config.peers().values()) {
            if (peer.mayReceive() && peer.seed().matches(domain.name())) {
                seeds.computeIfAbsent(
                        new Key(domain.uuid(), peer.name()),
                        unused -> new Seed(
                                domain,
                                peer.name(),
                                true,
                                true,
                                config.seed().maxBandwidth(),
                                config.seed().interval()));
            }
        }
        notifyAll();
    }

    /** The VM does not run here any more. */
    synchronized void inactive(DomainInfo domain) {
        active.remove(domain.uuid());
        seeds.values().stream()
                .filter(seed -> seed.domain.uuid().equals(domain.uuid()))
                .forEach(seed -> seed.stop = true);
        seeds.keySet().removeIf(key -> key.uuid.equals(domain.uuid()));
        notifyAll();
    }

    /** A migration of this VM begins: returns when no pass over its memory runs, or has not ended in time. */
    synchronized void giveWay(String vmUuid) {
        long deadline = System.nanoTime() + GIVING_WAY.toNanos();
        try {
            while (running != null && running.domain.uuid().equals(vmUuid)) {
                running.stop = true;
                long left = deadline - System.nanoTime();
                if (left <= 0) {
                    LOG.warn("{}: migrates while its seeding to {} has not ended", running.domain.name(), running.peer);
                    return;
                }
                TimeUnit.NANOSECONDS.timedWait(this, left);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    // ---- what people say --------------------------------------------------------------------------------------------

    /**
     * Seeds a VM to a peer from now on.
     *
     * @param keepFresh how often to refresh it; empty for once
     * @param maxBandwidth bytes a second; empty for what the configuration says
     */
    synchronized SeedReport seed(String vm, String peer, Optional<Duration> keepFresh, OptionalLong maxBandwidth)
            throws ControlException {
        DomainInfo domain = domain(vm);
        HdeConfig.Peer to = peer(peer);
        if (!to.mayReceive()) {
            throw new ControlException(
                    "peer " + peer + " may not receive VMs from this host: peers." + peer + ".may-receive is false");
        }
        Key key = new Key(domain.uuid(), peer);
        Seed before = seeds.get(key);
        if (before != null) {
            before.stop = true;
        }
        Seed seed = new Seed(
                domain,
                peer,
                false,
                keepFresh.isPresent(),
                maxBandwidth.isPresent() ? maxBandwidth : config.seed().maxBandwidth(),
                keepFresh.orElse(config.seed().interval()));
        seeds.put(key, seed);
        notifyAll();
        return report(seed);
    }

    /** Ends the seeding of a VM to a peer, also where the configuration asks for it, until the agent starts again. */
    synchronized SeedReport stop(String vm, String peer) throws ControlException {
        DomainInfo domain = domain(vm);
        Seed seed = seeds.get(new Key(domain.uuid(), peer(peer).name()));
        if (seed == null) {
            throw new ControlException(vm + " is not being seeded to " + peer);
        }
        seed.stop = true;
        seed.due = null;
        seed.state = SeedReport.State.STOPPED;
        notifyAll();
        return report(seed);
    }

    /** All that there are. */
    synchronized List<SeedReport> reports() {
        return seeds.values().stream().map(this::report).toList();
    }

    /**
     * The VM of that name or UUID.
     *
     * @throws ControlException when none runs here
     */
    synchronized DomainInfo domain(String vm) throws ControlException {
        return active.values().stream()
                .filter(domain -> domain.name().equals(vm) || domain.uuid().equals(vm))
                .findFirst()
                .orElseThrow(() -> new ControlException("no VM " + vm + " runs on this host, as far as libvirt says"));
    }

    /**
     * The peer of that name.
     *
     * @throws ControlException when there is none
     */
    HdeConfig.Peer peer(String name) throws ControlException {
        HdeConfig.Peer peer = config.peers().get(name);
        if (peer == null) {
            throw new ControlException("no peer is called \"" + name + "\"; there are "
                    + String.join(", ", config.peers().keySet()));
        }
        return peer;
    }

    private SeedReport report(Seed seed) {
        SeedProgress progress = seed.progress;
        return new SeedReport(
                seed.domain.name(),
                seed.domain.uuid(),
                seed.peer,
                seed.state,
                seed.keepFresh,
                seed.policy,
                progress == null ? 0 : progress.pages(),
                progress == null ? 0 : progress.done(),
                progress == null ? 0 : progress.changed(),
                seed.sliceBytes,
                seed.totalBytes,
                seed.passes,
                seed.completed,
                seed.isOpen() && seed != running ? seed.due : null,
                seed.baseline,
                seed.error);
    }

    // ---- the thread -------------------------------------------------------------------------------------------------

    private void run() {
        if (!LowPriority.ofThisThread()) {
            LOG.info("seeding has the priority of everything else: the kernel gives it no lower one");
        }
        try {
            while (true) {
                Seed seed = next();
                if (seed == null) {
                    return;
                }
                pass(seed);
                synchronized (this) {
                    running = null;
                    notifyAll();
                }
            }
        } catch (InterruptedException e) {
            LOG.debug("stopping", e);
        }
    }

    /** Waits for the next seed that is due; null when there will be none. */
    private synchronized Seed next() throws InterruptedException {
        while (!closed) {
            Instant now = Instant.now();
            Optional<Seed> first =
                    seeds.values().stream().filter(Seed::isOpen).min(Comparator.comparing(seed -> seed.due));
            if (first.isEmpty()) {
                wait();
            } else if (first.get().due.isAfter(now)) {
                wait(Math.max(1, Duration.between(now, first.get().due).toMillis()));
            } else if (channels.running(first.get().domain.uuid())) {
                first.get().due = now.plus(LATER);
            } else {
                running = first.get();
                running.stop = false;
                running.state = SeedReport.State.RUNNING;
                return running;
            }
        }
        return null;
    }

    private void pass(Seed seed) {
        try (GuestPages guest = guests.open(seed.domain)) {
            SeedProgress progress;
            synchronized (this) {
                if (seed.position == 0 || seed.progress.pages() != guest.pages()) {
                    seed.position = 0;
                    seed.sliceBytes = 0;
                    seed.progress = new SeedProgress(guest.pages());
                    seed.changed = new ChangedPages();
                }
                progress = seed.progress;
            }
            long sliceEnd = System.nanoTime() + SLICE.toNanos();
            SeedPass.Result result = pass.run(
                    new SeedPass.Work(
                            peers.get(seed.peer),
                            seed.domain,
                            guest,
                            seed.position,
                            progress,
                            seed.changedBefore,
                            seed.changed,
                            seed.maxBandwidth,
                            () -> seed.stop,
                            config.seed().maxProcessors()),
                    () -> seed.stop || System.nanoTime() > sliceEnd);
            ended(seed, result.channel(), result.position());
        } catch (IOException | RuntimeException e) {
            failed(seed, e);
        }
    }

    private synchronized void ended(Seed seed, ChannelProgress channel, long position) {
        seed.sliceBytes += channel.wireBytes();
        seed.totalBytes += channel.wireBytes();
        seed.baseline = channel.baselineCommitted() == null ? seed.baseline : channel.baselineCommitted();
        seed.error = null;
        if (seed.state == SeedReport.State.STOPPED) {
            return;
        }
        if (position < seed.progress.pages()) {
            // the slice is over, or a migration of the VM came
            seed.position = position;
            seed.state = SeedReport.State.WAITING;
            seed.due = seed.stop ? Instant.now().plus(LATER) : Instant.now();
            return;
        }
        seed.position = 0;
        seed.passes++;
        seed.completed = Instant.now();
        LOG.info(
                "{}: {} holds its memory: {} of {} pages sent, {} bytes",
                seed.domain.name(),
                seed.peer,
                seed.progress.changed(),
                seed.progress.pages(),
                seed.sliceBytes);
        if (seed.passes > 1) {
            seed.interval.refreshed(seed.progress.present(), seed.progress.changed(), seed.progress.changedAgain());
        }
        seed.changedBefore = seed.changed;
        seed.state = seed.keepFresh ? SeedReport.State.FRESH : SeedReport.State.COMPLETED;
        seed.due = seed.keepFresh ? seed.completed.plus(seed.interval.next()) : null;
    }

    private synchronized void failed(Seed seed, Exception e) {
        seed.error = e.getMessage() == null ? e.toString() : e.getMessage();
        if (seed.state == SeedReport.State.STOPPED) {
            return;
        }
        LOG.warn(
                "{}: seeding to {} failed: {}",
                seed.domain.name(),
                seed.peer,
                seed.error,
                e instanceof RuntimeException ? e : null);
        seed.state = SeedReport.State.FAILED;
        // what crossed is there; the next pass begins with it
        seed.position = 0;
        seed.due = seed.keepFresh ? Instant.now().plus(seed.interval.next()) : null;
    }

    /** Ends the pass that runs, in good order, and begins no other. */
    @Override
    public void close() {
        synchronized (this) {
            closed = true;
            seeds.values().forEach(seed -> seed.stop = true);
            notifyAll();
        }
        try {
            thread.join(STOP_MILLIS);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
