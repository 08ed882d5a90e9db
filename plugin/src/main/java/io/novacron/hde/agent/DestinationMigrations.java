package io.novacron.hde.agent;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.Possession;
import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.ControlChannel;
import io.novacron.hde.channel.DestinationChannel;
import io.novacron.hde.channel.SiblingTables;
import io.novacron.hde.codec.BatchRebuilder;
import io.novacron.hde.codec.ChannelMemory;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.Release;
import io.novacron.hde.dictionary.DictionaryExchange;
import io.novacron.hde.frame.FrameDictionary;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelException;
import io.novacron.hde.tunnel.TunnelListener;
import io.novacron.hde.wire.ChannelType;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.PeerText;
import io.novacron.hde.wire.Protocol;
import io.novacron.hde.wire.WireException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.TimeUnit;
import java.util.regex.Pattern;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Migrations to this host: every tunnel that a peer opens becomes a destination channel to the QEMU that libvirt has
 * started for the VM.
 */
final class DestinationMigrations implements TunnelListener.Handler {
    private static final Logger LOG = LoggerFactory.getLogger(DestinationMigrations.class);

    private static final Pattern VM_UUID =
            Pattern.compile("[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}");
    private static final Pattern MIGRATION = Pattern.compile("[0-9a-f]{32}");
    private static final Pattern ROOT = Pattern.compile("[0-9a-f]{64}");

    /** libvirt's QEMU listens before the source's connects; this is for a machine that is very busy. */
    private static final long QEMU_WAIT_NANOS = TimeUnit.SECONDS.toNanos(3);

    private final HdeConfig config;
    private final PageStore store;
    private final BaselineKeeper baselines;
    private final BaselineKeeper diskBaselines;
    private final DictionaryExchange dictionaries;
    private final Channels channels;
    private final LibvirtSocket libvirt;
    private final WaitingQemu waitingQemu;
    private final Map<MigrationKey, Siblings> migrations = new HashMap<>();

    /** A migration is named by its source. */
    private record MigrationKey(String peer, String migration) {}

    private static final class Siblings {
        final SiblingTables tables = new SiblingTables();
        int open;
    }

    DestinationMigrations(
            HdeConfig config,
            PageStore store,
            BaselineKeeper baselines,
            BaselineKeeper diskBaselines,
            DictionaryExchange dictionaries,
            Channels channels,
            WaitingQemu waitingQemu) {
        this.config = config;
        this.store = store;
        this.baselines = baselines;
        this.diskBaselines = diskBaselines;
        this.dictionaries = dictionaries;
        this.channels = channels;
        this.waitingQemu = waitingQemu;
        this.libvirt = new LibvirtSocket(config.libvirt().socket());
    }

    @Override
    public void handle(Tunnel tunnel) throws IOException {
        try {
            Message first = tunnel.receive();
            if (first instanceof Message.Ask) {
                tell(tunnel);
                return;
            }
            Message.Hello hello = check(tunnel, first);
            if (!channels.hasRoom()) {
                throw new RefusedException(
                        "too many channels are open on host " + config.host().name() + " (tunnel.max-channels)");
            }
            if (hello.channelType() == ChannelType.CONTROL.number()) {
                control(tunnel, hello);
            } else if (hello.channelType() == ChannelType.ESTIMATE.number()) {
                estimate(tunnel, hello);
            } else {
                migration(tunnel, hello);
            }
        } catch (RefusedException e) {
            refuse(tunnel, e.getMessage());
        }
    }

    /** What a peer is told that does not migrate now: `hde doctor` there. */
    private void tell(Tunnel tunnel) throws IOException {
        HdeConfig.Peer peer = config.peers().get(tunnel.peer().name());
        tunnel.send(new Message.Standing(
                Protocol.LOWEST_VERSION,
                Protocol.HIGHEST_VERSION,
                Release.name(),
                config.host().name(),
                peer.name(),
                List.of(peer.certificateName(), peer.address().host()),
                peer.maySend(),
                peer.maySend() && peer.maySeed(),
                peer.mayReceive(),
                peer.mayControl(),
                System.currentTimeMillis()));
        // the source closes; closing first might take the answer away from it
        tunnel.receive();
    }

    private void migration(Tunnel tunnel, Message.Hello hello) throws IOException {
        DictionaryExchange.Answer offered = answer(tunnel, hello);
        ChannelId id = new ChannelId(
                hello.migration(),
                hello.channel(),
                hello.vm(),
                hello.vmUuid(),
                tunnel.peer().name(),
                false);
        ChannelType type = type(hello);
        MigrationKey key = new MigrationKey(id.peer(), id.migration());
        SiblingTables siblings = opened(key);
        try (SocketChannel qemu = connect(hello, type)) {
            carry(tunnel, hello, type, offered, id, qemu, siblings);
        } finally {
            closed(key);
        }
    }

    private SocketChannel connect(Message.Hello hello, ChannelType type) throws IOException {
        return switch (type) {
            case TCP -> waitingQemu.connect(hello.port(), hello.vmUuid());
            case SEED -> SeedSink.open(config.sockets().directory());
            default -> connect(hello.vm(), type);
        };
    }

    private synchronized SiblingTables opened(MigrationKey key) {
        Siblings siblings = migrations.computeIfAbsent(key, unused -> new Siblings());
        siblings.open++;
        return siblings.tables;
    }

    private synchronized void closed(MigrationKey key) {
        if (--migrations.get(key).open == 0) {
            migrations.remove(key);
        }
    }

    private void control(Tunnel tunnel, Message.Hello hello) throws IOException {
        ChannelId id = ControlSockets.channelId(hello.migration(), tunnel.peer().name(), false);
        try (SocketChannel socket = libvirt.connect()) {
            tunnel.send(new Message.Welcome(
                    Math.min(Protocol.HIGHEST_VERSION, hello.highestVersion()),
                    Release.name(),
                    config.host().name(),
                    0,
                    List.of(),
                    List.of(),
                    List.of(),
                    List.of(),
                    null,
                    List.of()));
            ChannelProgress progress = new ChannelProgress(id, ChannelType.CONTROL);
            ControlChannel channel = new ControlChannel(id, socket, tunnel, progress);
            channels.carry(progress, channel::abort, channel::run);
        }
    }

    /** Says what a migration would hear, and then takes bytes that stand for nothing, until the source closes. */
    private void estimate(Tunnel tunnel, Message.Hello hello) throws IOException {
        Map<String, MemoryTable> held = BaselineProofs.isChallenge(hello.challenge())
                ? baselines.held(hello.offers(), hello.vmUuid())
                : Collections.emptyMap();
        String challenge = BaselineProofs.newChallenge();
        BaselineProofs proofs = new BaselineProofs(
                new Possession.Channel(tunnel.peer().name(), config.host().name(), hello.challenge(), challenge), held);
        tunnel.send(new Message.Welcome(
                Math.min(Protocol.HIGHEST_VERSION, hello.highestVersion()),
                Release.name(),
                config.host().name(),
                0,
                List.of(),
                List.copyOf(held.keySet()),
                List.of(),
                List.of(),
                challenge,
                proofs.byDestination()));
        long bytes = 0;
        for (Message message = tunnel.receive(); message != null; message = tunnel.receive()) {
            if (message instanceof Message.Ping ping) {
                tunnel.send(new Message.Pong(ping.token()));
            } else if (message instanceof Message.Data data) {
                bytes += data.bytes().remaining();
            } else {
                throw new TunnelException("peer " + tunnel.peer().name() + " sent "
                        + message.getClass().getSimpleName() + " in a channel of type estimate");
            }
            if (bytes > Protocol.MAX_ESTIMATE_BYTES) {
                throw new TunnelException(
                        "peer " + tunnel.peer().name() + " sent more than a channel of type estimate may have");
            }
        }
    }

    private DictionaryExchange.Answer answer(Tunnel tunnel, Message.Hello hello) throws RefusedException {
        try {
            return dictionaries.answer(tunnel.peer().name(), hello.dictionaries());
        } catch (WireException e) {
            throw new RefusedException("the Hello has " + e.getMessage(), e);
        }
    }

    private void carry(
            Tunnel tunnel,
            Message.Hello hello,
            ChannelType type,
            DictionaryExchange.Answer offered,
            ChannelId id,
            SocketChannel qemu,
            SiblingTables siblings)
            throws IOException {
        BaselineKeeper keeper = type == ChannelType.DISK ? diskBaselines : baselines;
        boolean proves = BaselineProofs.isChallenge(hello.challenge());
        Map<String, MemoryTable> held = proves ? keeper.held(hello.offers(), hello.vmUuid()) : Collections.emptyMap();
        String challenge = BaselineProofs.newChallenge();
        BaselineProofs proofs = new BaselineProofs(
                new Possession.Channel(id.peer(), config.host().name(), hello.challenge(), challenge), held);
        List<String> algorithms = new ArrayList<>(hello.deltaAlgorithms());
        algorithms.retainAll(DeltaNames.known());
        int tableChunks = Math.max(0, Math.min(keeper.tableChunks(), hello.tableChunks()));
        tunnel.send(new Message.Welcome(
                Math.min(Protocol.HIGHEST_VERSION, hello.highestVersion()),
                Release.name(),
                config.host().name(),
                tableChunks,
                algorithms,
                List.copyOf(held.keySet()),
                List.copyOf(offered.held().keySet()),
                List.copyOf(offered.wanted().keySet()),
                challenge,
                proofs.byDestination()));
        Message.Begin begin = begin(tunnel, held, proofs);
        Map<String, MemoryTable> agreed = new LinkedHashMap<>(held);
        agreed.keySet().retainAll(begin.baselines());
        List<FrameDictionary> agreedDictionaries = dictionaries.agreed(
                tunnel.peer().name(),
                UUID.fromString(id.vmUuid()),
                id.vm(),
                offered,
                begin.dictionaries(),
                tunnel::receive);
        ChannelProgress progress = new ChannelProgress(id, type);
        keeper.touch(agreed.keySet());
        ChannelLog.baselines(progress, agreed.keySet());
        ChannelMemory memory = keeper.memory(agreed.values(), false, tableChunks, channels.room(type));
        DestinationChannel channel = new DestinationChannel(
                id,
                qemu,
                tunnel,
                memory,
                new BatchRebuilder(memory, store, config.baseline().maxDeltaChain(), agreedDictionaries),
                store,
                keeper,
                siblings,
                progress,
                hello.verifyStream());
        channels.carry(progress, channel::abort, () -> {
            PageStore.Protection protection = store.protect();
            try {
                channel.run();
            } finally {
                protection.close();
            }
        });
    }

    private static Message.Begin begin(Tunnel tunnel, Map<String, MemoryTable> held, BaselineProofs proofs)
            throws IOException {
        Message message = tunnel.receive();
        if (!(message instanceof Message.Begin begin)
                || begin.baselines() == null
                || !held.keySet().containsAll(begin.baselines())) {
            throw new TunnelException("peer " + tunnel.peer().name() + " did not begin with baselines that are held");
        }
        if (!proofs.areFromSource(begin.baselines(), begin.proofs())) {
            throw new TunnelException("peer " + tunnel.peer().name()
                    + " offered baselines that it does not have: it knows their roots, not their pages");
        }
        return begin;
    }

    private Message.Hello check(Tunnel tunnel, Message first) throws RefusedException {
        String peer = tunnel.peer().name();
        HdeConfig.Peer configured = config.peers().get(peer);
        boolean control = first instanceof Message.Hello hello && hello.channelType() == ChannelType.CONTROL.number();
        if (configured == null || !(control ? configured.mayControl() : configured.maySend())) {
            throw new RefusedException(
                    control
                            ? "peer " + peer + " may not reach libvirt on host "
                                    + config.host().name() + " (peers." + peer + ".may-control is false there)"
                            : "peer " + peer + " may not send to host "
                                    + config.host().name() + " (peers." + peer + ".may-send is false there)");
        }
        if (!(first instanceof Message.Hello hello)) {
            throw new RefusedException("a tunnel begins with Hello");
        }
        if (!control && type(hello) == ChannelType.SEED && !configured.maySeed()) {
            throw new RefusedException("peer " + peer + " may not seed host "
                    + config.host().name() + " (peers." + peer + ".may-seed is false there)");
        }
        if (hello.lowestVersion() > Protocol.HIGHEST_VERSION || hello.highestVersion() < Protocol.LOWEST_VERSION) {
            throw new RefusedException("this agent (" + Release.name() + ") speaks protocol versions "
                    + Protocol.LOWEST_VERSION + " to " + Protocol.HIGHEST_VERSION + ", " + PeerText.of(hello.software())
                    + " "
                    + hello.lowestVersion() + " to " + hello.highestVersion() + "; upgrade the older one");
        }
        if (!peer.equals(hello.host())) {
            throw new RefusedException("the certificate is that of peer " + peer + ", but the Hello says "
                    + PeerText.of(hello.host()) + ": host.name there must be the peer's name here");
        }
        if (!matches(MIGRATION, hello.migration())
                || hello.channel() < 0
                || !(control || matches(VM_UUID, hello.vmUuid()))) {
            throw new RefusedException("the Hello does not name a VM and a migration");
        }
        if (control) {
            return hello;
        }
        if (hello.deltaAlgorithms() == null
                || hello.deltaAlgorithms().contains(null)
                || hello.offers() == null
                || hello.offers().size() > Protocol.MAX_OFFERS
                || hello.offers().stream()
                        .anyMatch(offer ->
                                offer == null || !matches(ROOT, offer.root()) || !matches(VM_UUID, offer.vmUuid()))) {
            throw new RefusedException("the Hello's offers are malformed or too many");
        }
        return hello;
    }

    private static ChannelType type(Message.Hello hello) throws RefusedException {
        return ChannelType.of(hello.channelType())
                .filter(type -> type != ChannelType.CONTROL)
                .orElseThrow(() -> new RefusedException(
                        "this agent (" + Release.name() + ") carries no channels of type " + hello.channelType()));
    }

    private static boolean matches(Pattern pattern, String text) {
        return text != null && pattern.matcher(text).matches();
    }

    /** Connects to the QEMU that waits for this VM; exactly once, because a connection that is closed again kills it. */
    private SocketChannel connect(String vm, ChannelType type) throws IOException {
        boolean isDisk = type == ChannelType.DISK;
        Path path;
        try {
            String host = config.host().name();
            String name = vm == null ? "" : vm;
            path = isDisk
                    ? config.sockets().ofDisks(host, name)
                    : config.sockets().of(host, name);
        } catch (IllegalArgumentException e) {
            throw new RefusedException("the VM's name is not possible here: " + e.getMessage(), e);
        }
        long deadline = System.nanoTime() + QEMU_WAIT_NANOS;
        while (true) {
            SocketChannel qemu = SocketChannel.open(StandardProtocolFamily.UNIX);
            try {
                qemu.connect(UnixDomainSocketAddress.of(path));
                return qemu;
            } catch (IOException e) {
                qemu.close();
                if (System.nanoTime() > deadline) {
                    throw new RefusedException(
                            "no QEMU listens on " + path + " on host "
                                    + config.host().name() + " (" + e.getMessage()
                                    + "); migrate with virsh migrate … "
                                    + (isDisk ? "--disks-uri" : "--migrateuri") + " unix://" + path,
                            e);
                }
            }
            try {
                Thread.sleep(50);
            } catch (InterruptedException e) {
                Thread.currentThread().interrupt();
                throw new RefusedException("the agent is stopping", e);
            }
        }
    }

    private static void refuse(Tunnel tunnel, String reason) throws IOException {
        LOG.warn("refused a channel of peer {}: {}", tunnel.peer().name(), reason);
        tunnel.send(new Message.Refuse(reason));
        // the source closes; closing first might take the reason away from it
        tunnel.receive();
    }
}
