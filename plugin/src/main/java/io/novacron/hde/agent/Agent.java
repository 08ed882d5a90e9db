package io.novacron.hde.agent;

import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.baseline.BaselineLimits;
import io.novacron.hde.baseline.TableFile;
import io.novacron.hde.baseline.TableSpace;
import io.novacron.hde.channel.SegmentPool;
import io.novacron.hde.codec.HashingHelp;
import io.novacron.hde.codec.PackOptions;
import io.novacron.hde.config.DeltaAlgorithm;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.config.HostPort;
import io.novacron.hde.config.StoreEncryption;
import io.novacron.hde.control.ControlAccess;
import io.novacron.hde.control.ControlServer;
import io.novacron.hde.control.Release;
import io.novacron.hde.forecast.ForecastHistory;
import io.novacron.hde.libvirt.DomainWatcher;
import io.novacron.hde.libvirt.HookSpool;
import io.novacron.hde.metrics.ChannelLedger;
import io.novacron.hde.metrics.ChannelMetrics;
import io.novacron.hde.metrics.HostMetrics;
import io.novacron.hde.metrics.MetricsServer;
import io.novacron.hde.qemu.process.QemuProcesses;
import io.novacron.hde.qemu.process.TcpSockets;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreException;
import io.novacron.hde.store.StoreKey;
import io.novacron.hde.store.StoreLimits;
import io.novacron.hde.tunnel.Pacing;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.TlsFiles;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.tunnel.TunnelListener;
import io.novacron.hde.tunnel.TunnelTimes;
import io.novacron.hde.tunnel.TunnelTls;
import io.novacron.hde.wire.ChannelType;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ThreadFactory;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * One host's agent.
 *
 * <p>The way of a page through it: libvirt's {@link DomainWatcher} says which domains are active, {@link VmSockets}
 * listens for each of them; QEMU's connection goes to {@link SourceMigrations}, which opens a tunnel and runs a {@link
 * io.novacron.hde.channel.SourceChannel}: its encoder reads QEMU's stream and names every page, a packer compresses what
 * must be sent, and the batch crosses the tunnel. At the peer the {@link TunnelListener} hands the tunnel to {@link
 * DestinationMigrations}, which connects to the QEMU that waits and runs a {@link
 * io.novacron.hde.channel.DestinationChannel}: its rebuilder makes the same bytes of the batch, and QEMU reads them.
 */
public final class Agent implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(Agent.class);

    private static final long STOP_SECONDS = 20;

    /** Between the last byte of a migration and the end of libvirt's conversation about it. */
    private static final Duration LIBVIRTS_LAST_WORDS = Duration.ofSeconds(30);

    /** For the tables of a channel, and those of baselines, several times over. */
    private static final long MOST_TABLE_BYTES = 256 << 20;

    private final Channels channels;
    private final VmSockets sockets;
    private final ControlSockets controlSockets;
    private final TcpListeners tcpListeners;
    private final TransparentMode transparent;
    private final Seeding seeding;
    private volatile boolean ready;

    // what to close, the last opened first
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();

    /**
     * Starts everything; what libvirt says comes later.
     *
     * @throws IOException naming the option or the file that is in the way; nothing is left running
     */
    public Agent(HdeConfig config) throws IOException {
        try {
            Optional<StoreKey> storeKey = storeKey(config.store());
            SocketDirectories directories = new SocketDirectories(config.sockets());
            directories.prepare(config);
            TunnelTls tls = new TunnelTls(tlsFiles(config));
            TunnelTimes times = new TunnelTimes(
                    config.tunnel().connectTimeout(),
                    config.tunnel().silenceTimeout(),
                    config.tunnel().resumeTimeout());
            Map<String, Peer> peers = peers(config);
            Pacing pacing = pacing(config);

            PageStore store = opened(openStore(config.store().directory(), limits(config), storeKey));
            TableSpace tables = storeKey.isPresent() ? TableSpace.HEAP : openTables(config.store());
            BaselineCatalog catalog = opened(BaselineCatalog.open(
                    store,
                    new BaselineLimits(
                            config.baseline().generations(), config.baseline().maxAge()),
                    Clock.systemUTC(),
                    tables));
            BaselineKeeper baselines = new BaselineKeeper(catalog, config.dedup(), TableLimit.chunks(), tables);
            BaselineKeeper diskBaselines =
                    new BaselineKeeper(catalog, config.dedup(), TableLimit.diskChunks(), tables, ChannelType.DISK);
            ForecastHistory forecasts = new ForecastHistory(store);
            ChannelLedger ledger = new ChannelLedger(peers.keySet());
            SegmentPool segments = new SegmentPool();
            ChannelReports reports = new ChannelReports(forecasts);
            MigrationHistory history = new MigrationHistory(store, reports);
            channels = new Channels(config.tunnel().maxChannels(), segments::clear, ledger, history::add);
            DictionaryKeeper dictionaries = opened(new DictionaryKeeper(
                    config, store, catalog, () -> channels.running().isEmpty()));
            int codecThreads = config.codec().threads();
            ThreadPoolExecutor packers = pool(codecThreads, "pack");
            HashingHelp help = codecThreads == 1 ? HashingHelp.NONE : HashingHelp.of(packers);
            ExecutorService channelThreads = opened(Executors.newCachedThreadPool(threads("channel")));

            TunnelDialer dialer = new TunnelDialer(tls, times, pacing);
            SourceGreeting greeting =
                    new SourceGreeting(config, segments, store, baselines, diskBaselines, dictionaries, channels);
            QemuProcesses processes = new QemuProcesses();
            QemuGuests guests = new QemuGuests(config.libvirt().uri(), processes);
            seeding = opened(new Seeding(
                    config,
                    peers,
                    channels,
                    new SeedPass(config.sockets().directory(), dialer, greeting, store, channels),
                    guests));
            SourceMigrations source = new SourceMigrations(
                    peers,
                    dialer,
                    channelThreads,
                    new Workers(packers, help),
                    greeting,
                    store,
                    forecasts,
                    channels,
                    seeding::giveWay);
            controlSockets = opened(new ControlSockets(config, peers, dialer, channelThreads, channels));
            TcpSockets tcpSockets = new TcpSockets();
            sockets = opened(new VmSockets(config, directories, source));
            opened(new TunnelListener(
                    tls,
                    config.tunnel().listen().resolve(),
                    List.copyOf(peers.values()),
                    times,
                    pacing,
                    config.tunnel().maxChannels(),
                    new DestinationMigrations(
                            config,
                            store,
                            baselines,
                            diskBaselines,
                            dictionaries.exchange(),
                            channels,
                            new WaitingQemu(config.migrationPorts(), tcpSockets, processes))));
            tcpListeners = opened(new TcpListeners(
                    config, new TcpMigrations(tcpSockets, processes, source, channelThreads, channels)));
            transparent = opened(new TransparentMode(config, tcpListeners, channels));
            if (config.transparent().enabled()) {
                transparent.on();
            }
            sockets.start();

            HookFollower hook = new HookFollower(config, directories);
            HookSpool spool = opened(new HookSpool(config.sockets().hooks(), hook::event));
            spool.start();
            DomainFollower domains = new DomainFollower(sockets, seeding, catalog, dictionaries);
            DomainWatcher watcher = opened(new DomainWatcher(config.libvirt().uri(), domains));
            watcher.start();
            opened(new ControlServer(
                    config.sockets().control(),
                    new AgentControl(
                            config,
                            channels,
                            source,
                            catalog,
                            dictionaries,
                            reports,
                            history,
                            transparent,
                            seeding,
                            new Estimating(
                                    config,
                                    peers,
                                    seeding,
                                    guests,
                                    new PeerQuestion(config, dialer, baselines),
                                    store,
                                    channels),
                            () -> ready),
                    controlAccess(config)));
            tellMetrics(
                    config,
                    domains,
                    ledger,
                    new AgentFacts(peers.keySet(), store, catalog, dictionaries, source, () -> ready));
            LOG.info(
                    "{} on {}: listening for tunnels on {}, peers {}",
                    Release.name(),
                    config.host().name(),
                    config.tunnel().listen(),
                    peers.keySet());
            if (config.warmUp()) {
                warmUp(config, tls, packers, help, tables, storeKey);
            } else {
                ready();
            }
        } catch (IOException | RuntimeException e) {
            closeParts();
            throw e;
        }
    }

    private static Optional<StoreKey> storeKey(HdeConfig.Store store) throws IOException {
        if (store.encryption() == StoreEncryption.NONE) {
            return Optional.empty();
        }
        try {
            return Optional.of(StoreKey.read(store.keyFile()));
        } catch (StoreException e) {
            throw new IOException("store.key-file: " + e.getMessage(), e);
        }
    }

    private static PageStore openStore(Path directory, StoreLimits limits, Optional<StoreKey> key) throws IOException {
        try {
            return PageStore.open(directory, limits, key);
        } catch (StoreException e) {
            throw new IOException("store.directory: " + e.getMessage(), e);
        }
    }

    /** PageIds tell who can guess a page that it is there: those of an encrypted store lie on no disk in the clear. */
    private TableSpace openTables(HdeConfig.Store config) {
        try {
            return opened(TableFile.open(config.directory(), config.minFree(), MOST_TABLE_BYTES));
        } catch (IOException e) {
            LOG.warn(
                    "no file for tables of PageIds in {}; they stay in memory, up to 48 bytes for each page of a VM that"
                            + " migrates: {}",
                    config.directory(),
                    e.toString());
            return TableSpace.HEAP;
        }
    }

    /** Nobody's migration fails because nobody can count it. */
    private void tellMetrics(HdeConfig config, DomainFollower domains, ChannelLedger ledger, AgentFacts facts) {
        if (config.metrics().listen().isEmpty()) {
            return;
        }
        HostPort address = config.metrics().listen().get();
        boolean deltasAreChosen = config.codec().deltaAlgorithm() == DeltaAlgorithm.AUTO;
        try {
            opened(new MetricsServer(
                    address.resolve(),
                    () -> health(domains),
                    new ChannelMetrics(ledger, deltasAreChosen),
                    new HostMetrics(facts)));
        } catch (IOException e) {
            LOG.warn("no metrics: cannot listen on {} (metrics.listen): {}", address, e.getMessage());
        }
    }

    private MetricsServer.Health health(DomainFollower domains) {
        String problem = domains.problem();
        return new MetricsServer.Health(
                problem.isEmpty(), problem.isEmpty() ? (ready ? "ok" : "ok, warming up") : problem);
    }

    private static ControlAccess controlAccess(HdeConfig config) throws IOException {
        return config.control().group().isPresent()
                ? ControlAccess.ofGroup(config.control().group().get())
                : ControlAccess.rootOnly();
    }

    private static Pacing pacing(HdeConfig config) {
        Map<String, OptionalLong> byPeer = new LinkedHashMap<>();
        config.peers().forEach((name, peer) -> byPeer.put(name, peer.maxBandwidth()));
        return Pacing.of(config.tunnel().maxBandwidth(), byPeer);
    }

    private static Map<String, Peer> peers(HdeConfig config) {
        Map<String, Peer> peers = new LinkedHashMap<>();
        config.peers()
                .forEach((name, peer) -> peers.put(
                        name,
                        new Peer(name, peer.address().host(), peer.address().port(), peer.certificateName())));
        return peers;
    }

    static TlsFiles tlsFiles(HdeConfig config) {
        return new TlsFiles(
                config.tunnel().ca(),
                config.tunnel().certificate(),
                config.tunnel().key(),
                config.tunnel().clientCertificate(),
                config.tunnel().clientKey());
    }

    static PackOptions packOptions(HdeConfig config) {
        return new PackOptions(
                config.codec().minCompressionRatio(),
                DeltaNames.allowed(config.codec().deltaAlgorithm()),
                config.baseline().maxDeltaChain());
    }

    static StoreLimits limits(HdeConfig config) {
        StoreLimits limits = StoreLimits.ofSize(config.store().maxSize());
        return new StoreLimits(
                limits.maxBytes(),
                config.store().minFree(),
                limits.queueBytes(),
                limits.readerBytes(),
                limits.cacheMebibytes(),
                config.baseline().maxDeltaChain());
    }

    private void warmUp(
            HdeConfig config,
            TunnelTls tls,
            ExecutorService packers,
            HashingHelp help,
            TableSpace tables,
            Optional<StoreKey> storeKey) {
        WarmUp warmUp = new WarmUp(
                tls,
                limits(config),
                storeKey,
                packers,
                help,
                tables,
                config.store().directory().resolve("warm-up"),
                config.sockets().directory(),
                packOptions(config),
                config.verifyStream());
        Thread thread = new Thread(
                () -> {
                    warmUp.run();
                    ready();
                },
                "warm-up");
        thread.setDaemon(true);
        thread.start();
    }

    private void ready() {
        ready = true;
        seeding.start();
    }

    /**
     * Ends in good order: no new migration begins, and those that run are waited for.
     *
     * @throws InterruptedException when waiting is interrupted; then what runs is given up, and its VM stays where it is
     */
    public void drain() throws InterruptedException {
        try {
            transparent.off();
        } catch (IOException e) {
            LOG.warn("{}", e.getMessage());
        }
        seeding.close();
        tcpListeners.close();
        sockets.close();
        controlSockets.close();
        if (!channels.running().isEmpty()) {
            LOG.info("waiting for {} channels to finish", channels.running().size());
        }
        channels.awaitNoMigration(LIBVIRTS_LAST_WORDS);
    }

    @Override
    public synchronized void close() {
        if (!parts.isEmpty()) {
            channels.abortAll("the agent is stopping");
            closeParts();
            LOG.info("stopped");
        }
    }

    private void closeParts() {
        while (!parts.isEmpty()) {
            try {
                parts.pop().close();
            } catch (Exception e) {
                LOG.warn("stopping: {}", e.toString());
            }
        }
    }

    private <T extends AutoCloseable> T opened(T part) {
        parts.push(part);
        return part;
    }

    private <T extends ExecutorService> T opened(T pool) {
        // never interrupted: an interrupted thread that is reading or writing closes the store's file under all others
        parts.push(() -> {
            pool.shutdown();
            if (!pool.awaitTermination(STOP_SECONDS, TimeUnit.SECONDS)) {
                LOG.warn("stopping without waiting any longer for work that has not ended");
            }
        });
        return pool;
    }

    private ThreadPoolExecutor pool(int size, String name) {
        return opened(
                new ThreadPoolExecutor(size, size, 0, TimeUnit.SECONDS, new LinkedBlockingQueue<>(), threads(name)));
    }

    private static ThreadFactory threads(String name) {
        AtomicInteger count = new AtomicInteger();
        return work -> {
            Thread thread = new Thread(work, name + "-" + count.incrementAndGet());
            thread.setDaemon(true);
            return thread;
        };
    }
}
