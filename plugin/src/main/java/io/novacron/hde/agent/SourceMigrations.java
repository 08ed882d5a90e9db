package io.novacron.hde.agent;

import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.SiblingTables;
import io.novacron.hde.channel.SourceChannel;
import io.novacron.hde.codec.SharedBlocks;
import io.novacron.hde.forecast.ForecastHistory;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.wire.ChannelType;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
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
        final String id = ChannelId.newMigration();
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

    private final Map<String, Peer> peers;
    private final TunnelDialer dialer;
    private final ExecutorService channelThreads;
    private final Workers workers;
    private final SourceGreeting greeting;
    private final PageStore store;
    private final ForecastHistory forecasts;
    private final Channels channels;
    private final Consumer<String> beforeMigration;
    private final Map<String, String> lastErrors = new HashMap<>();
    private final Map<String, Long> linkRates = new HashMap<>();
    private final Map<Route, Migration> migrations = new HashMap<>();

    /** @param beforeMigration told of each VM whose migration begins, by its UUID; returns when nothing is in the way of it */
    SourceMigrations(
            Map<String, Peer> peers,
            TunnelDialer dialer,
            ExecutorService channelThreads,
            Workers workers,
            SourceGreeting greeting,
            PageStore store,
            ForecastHistory forecasts,
            Channels channels,
            Consumer<String> beforeMigration) {
        this.peers = Map.copyOf(peers);
        this.dialer = dialer;
        this.channelThreads = channelThreads;
        this.workers = workers;
        this.greeting = greeting;
        this.store = store;
        this.forecasts = forecasts;
        this.channels = channels;
        this.beforeMigration = beforeMigration;
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
            migration.opening =
                    CompletableFuture.runAsync(() -> beforeMigration.accept(route.domain.uuid()), channelThreads);
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
            channels.requireRoom();
            Peer peer = peers.get(route.peer);
            tunnel = type == ChannelType.TCP ? dialer.dialOnce(peer) : dialer.dial(peer);
            SourceChannel channel = greeting.greet(
                            new SourceGreeting.Request(
                                    id,
                                    type,
                                    route.port,
                                    workers,
                                    migration.blocks,
                                    migration.siblings,
                                    linkRate(id.peer())),
                            qemu,
                            tunnel,
                            progress)
                    .channel();
            channels.add(progress, channel::abort);
            running(migration, channel, progress);
            synchronized (this) {
                lastErrors.remove(route.peer);
            }
            ChannelLog.open(progress);
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

    private static void close(SocketChannel qemu) {
        try {
            qemu.close();
        } catch (IOException e) {
            LOG.debug("closing QEMU's connection", e);
        }
    }
}
