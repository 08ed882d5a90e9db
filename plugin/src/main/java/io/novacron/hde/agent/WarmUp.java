package io.novacron.hde.agent;

import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.baseline.BaselineLimits;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.TableSpace;
import io.novacron.hde.channel.Baselines;
import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.DestinationChannel;
import io.novacron.hde.channel.SegmentPool;
import io.novacron.hde.channel.SiblingTables;
import io.novacron.hde.channel.SourceChannel;
import io.novacron.hde.channel.SourceOptions;
import io.novacron.hde.channel.SpareProcessors;
import io.novacron.hde.codec.BatchRebuilder;
import io.novacron.hde.codec.ChannelMemory;
import io.novacron.hde.codec.ChannelRoom;
import io.novacron.hde.codec.DeltaBases;
import io.novacron.hde.codec.HashingHelp;
import io.novacron.hde.codec.PackOptions;
import io.novacron.hde.codec.SourceEncoder;
import io.novacron.hde.config.Dedup;
import io.novacron.hde.dictionary.SourceDictionaries;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreException;
import io.novacron.hde.store.StoreKey;
import io.novacron.hde.store.StoreLimits;
import io.novacron.hde.tunnel.Pacing;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.tunnel.TunnelListener;
import io.novacron.hde.tunnel.TunnelTimes;
import io.novacron.hde.tunnel.TunnelTls;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes made-up guests through the whole path, from socket to socket, encryption, store and baselines included, before a
 * real one comes: a JVM that has not compiled it yet is twenty times slower for the first hundred megabytes. What the
 * guests hold goes through every tier, because what is compiled for pages of one kind is thrown away at the first page of
 * another.
 */
final class WarmUp {
    private static final Logger LOG = LoggerFactory.getLogger(WarmUp.class);

    private static final int GUESTS = 12;
    /** After so many guests the store is closed and opened, so that what was stored is found in its stored index. */
    private static final int REOPEN_AT = 4;

    private static final int REHEARSED_GUESTS = 3;

    private static final int REFERENCES_LEVEL = 3;
    private static final long STORE_BYTES = 512 << 20;

    // Both ends of a migration are in this one process, which is not to hold more for them than for one.
    private static final int QUEUE_BYTES = 2 << 20;
    private static final int READER_BYTES = 1 << 20;
    private static final int CACHE_MEBIBYTES = 2;

    private static final Duration TIMEOUT = Duration.ofSeconds(10);
    private static final TunnelTimes TIMES = new TunnelTimes(TIMEOUT, TIMEOUT, Duration.ZERO);

    private final TunnelTls tls;
    private final StoreLimits limits;
    private final Optional<StoreKey> key;
    private final ExecutorService packers;
    private final HashingHelp help;
    private final SegmentPool segments = new SegmentPool();
    private final TableSpace space;
    private final Path directory;
    private final Path sockets;
    private final PackOptions options;
    private final boolean verifyStream;

    /**
     * @param limits of the agent's own store
     * @param key of the agent's own store: encryption is to be warm too
     * @param directory for a store of its own; must not exist, and is deleted at the end
     * @param sockets the directory for two sockets
     */
    WarmUp(
            TunnelTls tls,
            StoreLimits limits,
            Optional<StoreKey> key,
            ExecutorService packers,
            HashingHelp help,
            TableSpace space,
            Path directory,
            Path sockets,
            PackOptions options,
            boolean verifyStream) {
        this.tls = tls;
        this.limits = limits;
        this.key = key;
        this.packers = packers;
        this.help = help;
        this.space = space;
        this.directory = directory;
        this.sockets = sockets;
        this.options = options;
        this.verifyStream = verifyStream;
    }

    /** Returns when the path is warm, or when something has failed, which is logged. */
    void run() {
        long began = System.nanoTime();
        try {
            migrateAll(REOPEN_AT, GUESTS);
            segments.clear();
            // Its buffers outside the heap go with the objects that hold them, and the heap shrinks: nobody needs them
            // before the first migration, which may be days away.
            System.gc();
            LOG.info("warmed up in {} ms", (System.nanoTime() - began) / 1_000_000);
        } catch (IOException | StoreException | InterruptedException | RuntimeException e) {
            LOG.warn("the warm-up failed; the first migration will be slower: {}", e.toString());
        }
    }

    /** Takes no more guests through the path than are needed to use all of it once. */
    void rehearse() throws IOException, StoreException, InterruptedException {
        migrateAll(REHEARSED_GUESTS - 1, REHEARSED_GUESTS);
    }

    private void migrateAll(int reopenAt, int guests) throws IOException, StoreException, InterruptedException {
        WarmUpDirectory.delete(directory);
        try {
            migrate(0, reopenAt);
            migrate(reopenAt, guests);
        } finally {
            WarmUpDirectory.delete(directory);
        }
    }

    private void migrate(int from, int to) throws IOException, StoreException, InterruptedException {
        StoreLimits small = new StoreLimits(
                STORE_BYTES, limits.minFreeBytes(), QUEUE_BYTES, READER_BYTES, CACHE_MEBIBYTES, limits.maxDepth());
        try (PageStore store = PageStore.open(directory, small, key);
                BaselineCatalog catalog =
                        BaselineCatalog.open(store, BaselineLimits.DEFAULT, Clock.systemUTC(), space)) {
            BaselineKeeper baselines = new BaselineKeeper(catalog, Dedup.HOST, TableLimit.chunks(), space);
            for (int guest = from; guest < to; guest++) {
                PageStore.Protection protection = store.protect();
                try {
                    migrate(new MadeUpGuest(guest), store, catalog, baselines);
                } finally {
                    protection.close();
                }
                // Buffers outside the heap go with the objects that hold them: those of several guests would add up.
                System.gc();
            }
        }
    }

    private void migrate(MadeUpGuest guest, PageStore store, BaselineCatalog catalog, BaselineKeeper baselines)
            throws IOException, InterruptedException {
        Path sourceSocket = sockets.resolve("warm-up-source.sock");
        Path destinationSocket = sockets.resolve("warm-up-destination.sock");
        Peer self = new Peer("warm-up", "127.0.0.1", 0, tls.clientNames().get(0));
        // As in a migration: what the destination holds is what the source loads.
        Map<String, MemoryTable> held = baselines.held(baselines.offers(guest.uuid(), self.name()), guest.uuid());
        Map<String, MemoryTable> loaded = baselines.load(List.copyOf(held.keySet()));
        try (ServerSocketChannel source = listen(sourceSocket);
                ServerSocketChannel destination = listen(destinationSocket);
                TunnelListener listener = new TunnelListener(
                        tls,
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        List.of(self),
                        TIMES,
                        Pacing.unlimited(),
                        1,
                        tunnel -> receive(guest, tunnel, destinationSocket, held, store, catalog, baselines))) {
            CompletableFuture<Long> length = new CompletableFuture<>();
            Thread writer = thread(() -> guest.write(sourceSocket, length));
            Thread reader = thread(() -> guest.read(destination, length));
            Peer listening = new Peer(
                    "warm-up", "127.0.0.1", listener.port(), tls.serverNames().get(0));
            try (SocketChannel qemu = source.accept();
                    Tunnel tunnel = new TunnelDialer(tls, TIMES, Pacing.unlimited()).dial(listening)) {
                send(guest, qemu, tunnel, loaded, store, catalog, baselines);
            }
            writer.join();
            reader.join();
        } finally {
            Files.deleteIfExists(sourceSocket);
            Files.deleteIfExists(destinationSocket);
        }
    }

    private void send(
            MadeUpGuest guest,
            SocketChannel qemu,
            Tunnel tunnel,
            Map<String, MemoryTable> tables,
            PageStore store,
            BaselineCatalog catalog,
            BaselineKeeper baselines)
            throws IOException {
        ChannelMemory memory = baselines.memory(tables.values(), true, TableLimit.chunks(), ChannelRoom.NARROW);
        ChannelId id = id(guest, true);
        // in turn with references to other pages and with whatever this machine is fit for
        OptionalInt level = guest.turn() % 2 == 0 ? OptionalInt.of(REFERENCES_LEVEL) : OptionalInt.empty();
        new SourceChannel(
                        id,
                        qemu,
                        tunnel,
                        new SourceOptions(
                                options, level, new SpareProcessors(1), 0, verifyStream, SourceDictionaries.NONE),
                        packers,
                        segments,
                        memory,
                        new SourceEncoder(id.toString(), memory, store, DeltaBases.ANY, help),
                        store,
                        new Quietly(catalog),
                        new SiblingTables(),
                        new ChannelProgress(id))
                .run();
    }

    private void receive(
            MadeUpGuest guest,
            Tunnel tunnel,
            Path socket,
            Map<String, MemoryTable> tables,
            PageStore store,
            BaselineCatalog catalog,
            BaselineKeeper baselines)
            throws IOException {
        ChannelMemory memory = baselines.memory(tables.values(), false, TableLimit.chunks(), ChannelRoom.NARROW);
        ChannelId id = id(guest, false);
        try (SocketChannel qemu = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            new DestinationChannel(
                            id,
                            qemu,
                            tunnel,
                            memory,
                            new BatchRebuilder(memory, store, limits.maxDepth()),
                            store,
                            new Quietly(catalog),
                            new SiblingTables(),
                            new ChannelProgress(id),
                            verifyStream)
                    .run();
        }
    }

    private static ChannelId id(MadeUpGuest guest, boolean sending) {
        return new ChannelId("0".repeat(32), 0, "warm-up", guest.uuid(), "self", sending);
    }

    /** Commits without a word in the log. */
    private record Quietly(BaselineCatalog catalog) implements Baselines {
        @Override
        public void completed(ChannelId channel, MemoryTable table, String root, long capturedAt) {
            catalog.commit(UUID.fromString(channel.vmUuid()), channel.vm(), channel.peer(), table, capturedAt);
        }

        @Override
        public void interrupted(ChannelId channel, List<MemoryTable> tables) {
            // a warm-up that fails leaves nothing
        }
    }

    private static ServerSocketChannel listen(Path socket) throws IOException {
        Files.deleteIfExists(socket);
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        channel.bind(UnixDomainSocketAddress.of(socket));
        return channel;
    }

    private interface Work {
        void run() throws IOException;
    }

    private static Thread thread(Work work) {
        Thread thread = new Thread(
                () -> {
                    try {
                        work.run();
                    } catch (IOException e) {
                        LOG.debug("warm-up", e);
                    }
                },
                "warm-up");
        thread.setDaemon(true);
        thread.start();
        return thread;
    }
}
