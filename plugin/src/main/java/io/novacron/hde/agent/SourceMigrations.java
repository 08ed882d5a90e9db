package io.novacron.hde.agent;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.Possession;
import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.SegmentPool;
import io.novacron.hde.channel.SiblingTables;
import io.novacron.hde.channel.SourceChannel;
import io.novacron.hde.channel.SourceOptions;
import io.novacron.hde.channel.SpareProcessors;
import io.novacron.hde.codec.ChannelMemory;
import io.novacron.hde.codec.HashingHelp;
import io.novacron.hde.codec.PackOptions;
import io.novacron.hde.codec.SharedBlocks;
import io.novacron.hde.codec.SourceEncoder;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.Release;
import io.novacron.hde.dictionary.Dictionary;
import io.novacron.hde.dictionary.DictionaryExchange;
import io.novacron.hde.forecast.ForecastHistory;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.tunnel.TunnelException;
import io.novacron.hde.wire.ChannelType;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.PeerText;
import io.novacron.hde.wire.Protocol;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Migrations away from this host: every connection that libvirtd or QEMU makes to a VM's socket becomes a source channel
 * to that peer. The channels of one VM are opened one after the other, each only when the peer has connected to its QEMU
 * for the one before: the order of the connections is all that older QEMUs tell them apart by. A disk's connection says
 * itself which disk it is for, and is on its own.
 */
final class SourceMigrations implements VmSockets.Acceptor {
    private static final Logger LOG = LoggerFactory.getLogger(SourceMigrations.class);

    /** @param port on the peer's host, for connections over TCP; else 0 */
    private record Route(String peer, DomainInfo domain, int port) {
        ChannelType type() {
            return port == 0 ? ChannelType.MEMORY : ChannelType.TCP;
        }
    }

    /** A VM's migration to a peer, from its first connection until the next migration's first one. */
    private static final class Migration {
        final String id = UUID.randomUUID().toString().replace("-", "");
        final List<SourceChannel> running = new ArrayList<>();
        final List<ChannelProgress> progress = new ArrayList<>();
        final SharedBlocks blocks = new SharedBlocks();
        final SiblingTables siblings = new SiblingTables();
        int channels;
        int open;
        CompletableFuture<Void> opening = CompletableFuture.completedFuture(null);

        /** QEMU closes one connection only when it closes all: a channel may outlive that, while it waits for its peer. */
        boolean isOver() {
            return running.stream().anyMatch(SourceChannel::qemuHasClosed);
        }
    }

    private final HdeConfig config;
    private final Map<String, Peer> peers;
    private final TunnelDialer dialer;
    private final ExecutorService channelThreads;
    private final ExecutorService packers;
    private final HashingHelp help;
    private final SegmentPool segments;
    private final PageStore store;
    private final BaselineKeeper baselines;
    private final BaselineKeeper diskBaselines;
    private final DictionaryKeeper dictionaries;
    private final ForecastHistory forecasts;
    private final Channels channels;
    private final SpareProcessors spareProcessors;
    private final Map<String, String> lastErrors = new HashMap<>();
    private final Map<String, Long> linkRates = new HashMap<>();
    private final Map<Route, Migration> migrations = new HashMap<>();

    SourceMigrations(
            HdeConfig config,
            Map<String, Peer> peers,
            TunnelDialer dialer,
            ExecutorService channelThreads,
            ExecutorService packers,
            HashingHelp help,
            SegmentPool segments,
            PageStore store,
            BaselineKeeper baselines,
            BaselineKeeper diskBaselines,
            DictionaryKeeper dictionaries,
            ForecastHistory forecasts,
            Channels channels) {
        this.config = config;
        this.peers = Map.copyOf(peers);
        this.dialer = dialer;
        this.channelThreads = channelThreads;
        this.packers = packers;
        this.help = help;
        this.segments = segments;
        this.store = store;
        this.baselines = baselines;
        this.diskBaselines = diskBaselines;
        this.dictionaries = dictionaries;
        this.forecasts = forecasts;
        this.channels = channels;
        this.spareProcessors = new SpareProcessors(config.codec().maxCpuUtilization());
    }

    /** Why the last attempt to reach this peer failed, or null. */
    synchronized String lastError(String peer) {
        return lastErrors.get(peer);
    }

    @Override
    public void accepted(String peer, DomainInfo domain, ChannelType type, SocketChannel qemu) {
        Route route = new Route(peer, domain, 0);
        if (type == ChannelType.DISK) {
            acceptedDisk(route, qemu);
        } else {
            accepted(route, qemu, reason -> close(qemu));
        }
    }

    /** A disk's connection does not say to which migration it belongs: it is one of its own. */
    private void acceptedDisk(Route route, SocketChannel qemu) {
        Migration alone = new Migration();
        ChannelId id = new ChannelId(alone.id, 0, route.domain.name(), route.domain.uuid(), route.peer, true);
        alone.open++;
        channelThreads.execute(() -> open(route, alone, id, ChannelType.DISK, qemu, reason -> close(qemu)));
    }

    /**
     * Takes a connection over that a VM's QEMU has made to a port of a peer's host; returns at once.
     *
     * @param notCarried gets it back, with the reason, if there is no channel for it
     */
    void acceptedTcp(String peer, DomainInfo domain, int port, SocketChannel qemu, Consumer<String> notCarried) {
        accepted(new Route(peer, domain, port), qemu, notCarried);
    }

    private synchronized void accepted(Route route, SocketChannel qemu, Consumer<String> notCarried) {
        Migration migration = migrations.get(route);
        if (migration == null || migration.isOver()) {
            migration = new Migration();
            migrations.put(route, migration);
        }
        ChannelId id = new ChannelId(
                migration.id, migration.channels++, route.domain.name(), route.domain.uuid(), route.peer, true);
        migration.open++;
        Migration of = migration;
        migration.opening = migration.opening.thenRunAsync(
                () -> open(route, of, id, route.type(), qemu, notCarried), channelThreads);
    }

    private synchronized void running(Migration migration, SourceChannel channel, ChannelProgress progress) {
        migration.running.add(channel);
        migration.progress.add(progress);
        if (migration.progress.size() > 1) {
            migration.progress.forEach(ChannelProgress::oneOfSeveral);
        }
    }

    private synchronized void closed(Route route, Migration migration, SourceChannel channel) {
        migration.running.remove(channel);
        if (--migration.open == 0) {
            migrations.remove(route, migration);
        }
    }

    /** Returns when the peer's QEMU has the connection, or it is clear that it never will. */
    private void open(
            Route route,
            Migration migration,
            ChannelId id,
            ChannelType type,
            SocketChannel qemu,
            Consumer<String> notCarried) {
        ChannelProgress progress = new ChannelProgress(id, type);
        forecasts.firstTimeBytes().ifPresent(progress::others);
        Tunnel tunnel = null;
        try {
            if (!channels.hasRoom()) {
                throw new TunnelException("too many channels are open on this host (tunnel.max-channels)");
            }
            Peer peer = peers.get(route.peer);
            tunnel = type == ChannelType.TCP ? dialer.dialOnce(peer) : dialer.dial(peer);
            SourceChannel channel = greet(route, migration, id, qemu, tunnel, progress);
            channels.add(progress, channel::abort);
            running(migration, channel, progress);
            synchronized (this) {
                lastErrors.remove(route.peer);
            }
            LOG.info("{}: open{}", id, type == ChannelType.DISK ? ", a disk" : "");
            channelThreads.execute(() -> carry(route, migration, channel, progress));
        } catch (IOException | RuntimeException e) {
            LOG.error("{}: cannot be opened: {}", id, e.getMessage(), e instanceof RuntimeException ? e : null);
            synchronized (this) {
                lastErrors.put(route.peer, e.getMessage());
            }
            if (tunnel != null) {
                tunnel.close();
            }
            closed(route, migration, null);
            notCarried.accept(e.getMessage());
        }
    }

    private void carry(Route route, Migration migration, SourceChannel channel, ChannelProgress progress) {
        PageStore.Protection protection = store.protect();
        try {
            channel.run();
        } finally {
            protection.close();
            remember(route.peer, progress.linkRate());
            progress.pastForecast().ifPresent(forecasts::add);
            channels.ended(progress);
            ChannelLog.ended(progress);
            closed(route, migration, channel);
        }
    }

    /** Bytes a second that the link to a peer carried the last time; 0 if that is not known. */
    private synchronized double linkRate(String peer) {
        return linkRates.getOrDefault(peer, 0L);
    }

    private synchronized void remember(String peer, long linkRate) {
        if (linkRate > 0) {
            linkRates.put(peer, linkRate);
        }
    }

    /** Says Hello, agrees on baselines and a dictionary, and sets the channel up. */
    private SourceChannel greet(
            Route route, Migration migration, ChannelId id, SocketChannel qemu, Tunnel tunnel, ChannelProgress progress)
            throws IOException {
        List<String> algorithms = DeltaNames.allowed(config.codec().deltaAlgorithm());
        ChannelType type = progress.type();
        boolean isDisk = type == ChannelType.DISK;
        BaselineKeeper keeper = isDisk ? diskBaselines : baselines;
        int tableChunks = keeper.tableChunks();
        List<Message.Offer> offers = keeper.offers(id.vmUuid(), id.peer());
        // the other channels' packets fill frames, which need no dictionary
        List<Dictionary> candidates =
                id.isMain() ? dictionaries.exchange().candidates(UUID.fromString(id.vmUuid())) : List.of();
        String challenge = BaselineProofs.newChallenge();
        tunnel.send(new Message.Hello(
                type == ChannelType.MEMORY ? Protocol.LOWEST_VERSION : Protocol.CHANNEL_TYPES_VERSION,
                Protocol.HIGHEST_VERSION,
                type.number(),
                Release.name(),
                config.host().name(),
                id.vm(),
                id.vmUuid(),
                id.migration(),
                id.number(),
                config.verifyStream(),
                tableChunks,
                algorithms,
                offers,
                DictionaryExchange.offers(candidates),
                challenge,
                route.port));
        Message.Welcome welcome = welcome(tunnel, offers);
        List<String> agreedAlgorithms = new ArrayList<>(algorithms);
        agreedAlgorithms.retainAll(welcome.deltaAlgorithms());

        Map<String, MemoryTable> tables = keeper.load(welcome.held());
        BaselineProofs proofs = new BaselineProofs(
                new Possession.Channel(config.host().name(), id.peer(), challenge, welcome.challenge()), tables);
        for (int i = 0; i < welcome.held().size(); i++) {
            String root = welcome.held().get(i);
            if (tables.containsKey(root)
                    && !proofs.isFromDestination(root, welcome.proofs().get(i))) {
                tables.remove(root);
                LOG.warn(
                        "{}: peer {} says that it holds baseline {} and does not prove it; it is not used",
                        id,
                        id.peer(),
                        root.substring(0, 12));
            }
        }
        Optional<Dictionary> dictionary = DictionaryExchange.choose(candidates, welcome);
        tunnel.send(new Message.Begin(
                List.copyOf(tables.keySet()),
                dictionary.stream().map(Dictionary::digest).toList(),
                proofs.bySource(tables.keySet())));
        if (dictionary.isPresent() && !DictionaryExchange.isHeld(dictionary.get(), welcome)) {
            tunnel.send(DictionaryExchange.message(dictionary.get().content()));
        }
        keeper.touch(tables.keySet());
        ChannelLog.baselines(progress, tables.keySet());
        ChannelMemory memory = keeper.memory(tables.values(), true, welcome.tableChunks(), channels.room(type));
        SourceEncoder encoder = new SourceEncoder(
                id.toString(),
                memory,
                store,
                DeltaNames.bases(agreedAlgorithms),
                help,
                welcome.version() < Protocol.BARE_PAGES_VERSION ? SharedBlocks.none() : migration.blocks);
        SourceOptions options = new SourceOptions(
                new PackOptions(
                        config.codec().minCompressionRatio(),
                        agreedAlgorithms,
                        config.baseline().maxDeltaChain()),
                config.codec().compressionLevel(),
                spareProcessors,
                linkRate(id.peer()),
                config.verifyStream(),
                isDisk ? dictionaries.forDisk(dictionary) : dictionaries.forSource(id, dictionary));
        return new SourceChannel(
                id,
                qemu,
                tunnel,
                options,
                packers,
                segments,
                memory,
                encoder,
                store,
                keeper,
                migration.siblings,
                progress);
    }

    /**
     * Waits for the answer to a Hello.
     *
     * @throws TunnelException when it is no Welcome, or of a version that is not spoken here
     */
    static Message.Welcome awaitWelcome(Tunnel tunnel) throws IOException {
        String peer = tunnel.peer().name();
        Message answer = tunnel.receive();
        if (answer instanceof Message.Refuse refuse) {
            throw new TunnelException("peer " + peer + " refused: " + PeerText.of(refuse.reason()));
        }
        if (!(answer instanceof Message.Welcome welcome)) {
            throw new TunnelException("peer " + peer
                    + (answer == null
                            ? " closed the tunnel at once"
                            : " sent " + answer.getClass().getSimpleName() + " instead of Welcome"));
        }
        if (welcome.version() < Protocol.LOWEST_VERSION || welcome.version() > Protocol.HIGHEST_VERSION) {
            throw new TunnelException("peer " + peer + " (" + PeerText.of(welcome.software())
                    + ") chose protocol version " + welcome.version() + ", which this agent does not speak");
        }
        return welcome;
    }

    private static Message.Welcome welcome(Tunnel tunnel, List<Message.Offer> offers) throws IOException {
        String peer = tunnel.peer().name();
        Message.Welcome welcome = awaitWelcome(tunnel);
        List<String> offered = offers.stream().map(Message.Offer::root).toList();
        boolean holds = welcome.held() != null && !welcome.held().isEmpty();
        if (holds
                && (!BaselineProofs.isChallenge(welcome.challenge())
                        || welcome.proofs() == null
                        || welcome.proofs().size() != welcome.held().size())) {
            throw new TunnelException("peer " + peer + " sent a Welcome with baselines and without proofs of them");
        }
        if (welcome.tableChunks() < 0
                || welcome.tableChunks() > TableLimit.chunks()
                || welcome.held() == null
                || welcome.deltaAlgorithms() == null
                || !offered.containsAll(welcome.held())) {
            throw new TunnelException("peer " + peer + " sent a Welcome that does not answer the Hello");
        }
        return welcome;
    }

    private static void close(SocketChannel qemu) {
        try {
            qemu.close();
        } catch (IOException e) {
            LOG.debug("closing QEMU's connection", e);
        }
    }
}
