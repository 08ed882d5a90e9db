package io.novacron.hde.agent;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.Possession;
import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.channel.ChannelProgress;
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
    private final DictionaryExchange dictionaries;
    private final Channels channels;
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
            DictionaryExchange dictionaries,
            Channels channels) {
        this.config = config;
        this.store = store;
        this.baselines = baselines;
        this.dictionaries = dictionaries;
        this.channels = channels;
    }

    @Override
    public void handle(Tunnel tunnel) throws IOException {
        Message.Hello hello;
        DictionaryExchange.Answer offered;
        try {
            hello = check(tunnel, tunnel.receive());
            offered = answer(tunnel, hello);
        } catch (RefusedException e) {
            refuse(tunnel, e.getMessage());
            return;
        }
        ChannelId id = new ChannelId(
                hello.migration(),
                hello.channel(),
                hello.vm(),
                hello.vmUuid(),
                tunnel.peer().name(),
                false);
        if (!channels.hasRoom()) {
            refuse(tunnel, "too many channels are open on host " + config.host().name() + " (tunnel.max-channels)");
            return;
        }
        MigrationKey key = new MigrationKey(id.peer(), id.migration());
        SiblingTables siblings = opened(key);
        try (SocketChannel qemu = connect(hello.vm())) {
            carry(tunnel, hello, offered, id, qemu, siblings);
        } catch (RefusedException e) {
            refuse(tunnel, e.getMessage());
        } finally {
            closed(key);
        }
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
            DictionaryExchange.Answer offered,
            ChannelId id,
            SocketChannel qemu,
            SiblingTables siblings)
            throws IOException {
        boolean proves = BaselineProofs.isChallenge(hello.challenge());
        Map<String, MemoryTable> held =
                proves ? baselines.held(hello.offers(), hello.vmUuid()) : Collections.emptyMap();
        String challenge = BaselineProofs.newChallenge();
        BaselineProofs proofs = new BaselineProofs(
                new Possession.Channel(id.peer(), config.host().name(), hello.challenge(), challenge), held);
        List<String> algorithms = new ArrayList<>(hello.deltaAlgorithms());
        algorithms.retainAll(DeltaNames.known());
        int tableChunks = Math.max(0, Math.min(TableLimit.chunks(), hello.tableChunks()));
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
        ChannelProgress progress = new ChannelProgress(id);
        baselines.touch(agreed.keySet());
        ChannelLog.baselines(progress, agreed.keySet());
        ChannelMemory memory = new ChannelMemory(List.copyOf(agreed.values()), false, tableChunks);
        DestinationChannel channel = new DestinationChannel(
                id,
                qemu,
                tunnel,
                memory,
                new BatchRebuilder(memory, store, config.baseline().maxDeltaChain(), agreedDictionaries, id.isMain()),
                store,
                baselines,
                siblings,
                progress,
                hello.verifyStream());
        channels.add(progress, channel::abort);
        LOG.info("{}: open", id);
        PageStore.Protection protection = store.protect();
        try {
            channel.run();
        } finally {
            protection.close();
            channels.ended(progress);
            ChannelLog.ended(progress);
        }
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
        if (configured == null || !configured.maySend()) {
            throw new RefusedException("peer " + peer + " may not send to host "
                    + config.host().name() + " (peers." + peer + ".may-send is false there)");
        }
        if (!(first instanceof Message.Hello hello)) {
            throw new RefusedException("a tunnel begins with Hello");
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
        if (!matches(VM_UUID, hello.vmUuid()) || !matches(MIGRATION, hello.migration()) || hello.channel() < 0) {
            throw new RefusedException("the Hello does not name a VM and a migration");
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

    private static boolean matches(Pattern pattern, String text) {
        return text != null && pattern.matcher(text).matches();
    }

    /** Connects to the QEMU that waits for this VM; exactly once, because a connection that is closed again kills it. */
    private SocketChannel connect(String vm) throws IOException {
        Path path;
        try {
            path = config.sockets().of(config.host().name(), vm == null ? "" : vm);
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
                                    + "); migrate with virsh migrate … --migrateuri unix://" + path,
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

    /** Nothing has been handed to a QEMU, and the peer is told why. */
    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }

        RefusedException(String message, Throwable cause) {
            super(message, cause);
        }
    }
}
