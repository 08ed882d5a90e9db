package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.baseline.BaselineLimits;
import io.novacron.hde.baseline.TableSpace;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.SegmentPool;
import io.novacron.hde.codec.HashingHelp;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.forecast.ForecastHistory;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.seed.ChangedPages;
import io.novacron.hde.seed.GuestPages;
import io.novacron.hde.seed.SeedProgress;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import io.novacron.hde.tunnel.Pacing;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.TestPki;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.tunnel.TunnelListener;
import io.novacron.hde.tunnel.TunnelTimes;
import io.novacron.hde.tunnel.TunnelTls;
import io.novacron.hde.wire.ChannelType;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.BooleanSupplier;

/** Hosts with what an agent consists of, and migrations between them, from socket to socket. */
final class MigrationHosts {
    static final DomainInfo VM = new DomainInfo("vm", "00000000-0000-0000-0000-000000000001");

    private static final byte[] SHUT_SUCCESS = {0, 1, 0, 4, 0, 0, 0, 0};
    private static final TunnelTimes TIMES =
            new TunnelTimes(Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ZERO);

    private final Path directory;
    private final TestPki pki;
    private final Map<String, TunnelTls> certificates = new HashMap<>();

    MigrationHosts(Path directory) throws Exception {
        this.directory = directory;
        this.pki = new TestPki(directory.resolve("pki"), "authority");
    }

    /** Where a host has its store. */
    Path storeDirectory(String name) {
        return directory.resolve(name + ".store");
    }

    /** A host with the store that is in its directory, or a new one; options as in the configuration's file. */
    Host open(String name, String options) throws Exception {
        if (!certificates.containsKey(name)) {
            certificates.put(name, new TunnelTls(pki.host(name).files()));
        }
        return new Host(name, options, "");
    }

    /** The same with options of its one peer. */
    Host open(String name, String options, String peerOptions) throws Exception {
        open(name, options).close();
        return new Host(name, options, ", " + peerOptions);
    }

    final class Host implements AutoCloseable {
        final String name;
        final HdeConfig config;
        final TunnelTls tls;
        final PageStore store;
        final BaselineCatalog catalog;
        final BaselineKeeper baselines;
        final BaselineKeeper diskBaselines;
        final Channels channels = new Channels(8, () -> {});
        final DictionaryKeeper dictionaries;

        private Host(String name, String options, String peerOptions) throws Exception {
            this.name = name;
            Path file = directory.resolve(name + ".yaml");
            Files.writeString(
                    file,
                    "host: {name: " + name + "}\npeers: {" + (name.equals("a") ? "b" : "a")
                            + ": {address: x.example" + peerOptions + "}}\nsockets: {directory: " + directory
                            + "}\nstore: {directory: "
                            + storeDirectory(name) + "}\n" + options + "\n");
            config = HdeConfig.load(file);
            tls = certificates.get(name);
            StoreLimits limits = StoreLimits.ofSize(1L << 30);
            store = PageStore.open(
                    config.store().directory(),
                    new StoreLimits(
                            limits.maxBytes(),
                            0,
                            limits.queueBytes(),
                            limits.readerBytes(),
                            limits.cacheMebibytes(),
                            limits.maxDepth()));
            catalog = BaselineCatalog.open(store, BaselineLimits.DEFAULT, Clock.systemUTC());
            baselines = new BaselineKeeper(catalog, config.dedup(), TableLimit.chunks(), TableSpace.HEAP);
            diskBaselines = new BaselineKeeper(
                    catalog, config.dedup(), TableLimit.diskChunks(), TableSpace.HEAP, ChannelType.DISK);
            dictionaries = new DictionaryKeeper(config, store, catalog, () -> true);
        }

        SourceGreeting greeting() {
            return new SourceGreeting(
                    config, new SegmentPool(), store, baselines, diskBaselines, dictionaries, channels);
        }

        @Override
        public void close() {
            dictionaries.close();
            catalog.close();
            store.close();
        }
    }

    /** Migrates the VM, of which QEMU writes this stream; it arrives as it is. Returns how that went at the source. */
    ChannelProgress migrate(Host source, Host to, byte[] stream) throws Exception {
        return migrate(source, to, stream, List.of());
    }

    /**
     * The same over several connections.
     *
     * @param others what QEMU writes to its multifd channels
     * @return how it went in the main one
     */
    ChannelProgress migrate(Host source, Host to, byte[] stream, List<byte[]> others) throws Exception {
        Path socket = Files.createDirectories(directory.resolve(to.name)).resolve("vm.sock");
        Files.deleteIfExists(socket);
        Path sourceSocket = directory.resolve("source.sock");
        Files.deleteIfExists(sourceSocket);
        ExecutorService threads = Executors.newCachedThreadPool();
        try (ServerSocketChannel waiting = listen(socket);
                ServerSocketChannel atSource = listen(sourceSocket);
                TunnelListener listener = listener(source, to);
                Connections from = new Connections()) {
            SourceMigrations migrations = new SourceMigrations(
                    Map.of(to.name, new Peer(to.name, "127.0.0.1", listener.port(), to.name)),
                    new TunnelDialer(source.tls, TIMES, Pacing.unlimited()),
                    threads,
                    new Workers(threads, HashingHelp.NONE),
                    source.greeting(),
                    source.store,
                    new ForecastHistory(source.store),
                    source.channels,
                    unused -> {});
            List<byte[]> streams = new ArrayList<>(List.of(stream));
            streams.addAll(others);
            for (byte[] ignored : streams) {
                from.add(SocketChannel.open(UnixDomainSocketAddress.of(sourceSocket)));
                migrations.accepted(to.name, VM, ChannelType.MEMORY, atSource.accept());
            }
            Connections arrived = new Connections();
            List<CompletableFuture<byte[]>> received = new ArrayList<>();
            List<CompletableFuture<Void>> written = new ArrayList<>();
            for (int i = 0; i < streams.size(); i++) {
                SocketChannel qemu = waiting.accept();
                arrived.add(qemu);
                byte[] expected = streams.get(i);
                SocketChannel writer = from.get(i);
                received.add(supply(threads, () -> read(qemu, expected.length)));
                written.add(supply(threads, () -> write(writer, expected)));
            }
            for (int i = 0; i < streams.size(); i++) {
                written.get(i).join();
                assertThat(received.get(i).join()).isEqualTo(streams.get(i));
            }
            arrived.get(0).write(ByteBuffer.wrap(SHUT_SUCCESS));
            read(from.get(0), SHUT_SUCCESS.length);
            arrived.end();
            from.end();
            source.channels.awaitNone();
            to.channels.awaitNone();
        } finally {
            threads.shutdown();
        }
        ChannelProgress progress = source.channels.recent().stream()
                .filter(ended -> ended.id().isMain())
                .findFirst()
                .orElseThrow();
        assertThat(progress.outcome()).as(progress.reason()).isEqualTo(ChannelProgress.Outcome.COMPLETED);
        return progress;
    }

    /**
     * Seeds a guest's memory.
     *
     * @param from how many pages to leave out
     * @param stopped asked between two megabytes
     * @return how that went, and how far it came
     */
    SeedPass.Result seed(Host source, Host to, GuestPages guest, long from, BooleanSupplier stopped) throws Exception {
        try (TunnelListener listener = listener(source, to)) {
            return pass(source)
                    .run(
                            new SeedPass.Work(
                                    new Peer(to.name, "127.0.0.1", listener.port(), to.name),
                                    VM,
                                    guest,
                                    from,
                                    new SeedProgress(guest.pages()),
                                    new ChangedPages(),
                                    new ChangedPages(),
                                    OptionalLong.empty(),
                                    () -> false,
                                    64),
                            stopped);
        } finally {
            source.channels.awaitNone();
            to.channels.awaitNone();
        }
    }

    /** What one host's agent hears of the other about the VM. */
    PeerQuestion.Answer ask(Host source, Host to) throws Exception {
        try (TunnelListener listener = listener(source, to)) {
            return new PeerQuestion(
                            source.config, new TunnelDialer(source.tls, TIMES, Pacing.unlimited()), source.baselines)
                    .ask(new Peer(to.name, "127.0.0.1", listener.port(), to.name), VM);
        }
    }

    private SeedPass pass(Host source) {
        return new SeedPass(
                directory,
                new TunnelDialer(source.tls, TIMES, Pacing.unlimited()),
                source.greeting(),
                source.store,
                source.channels);
    }

    /** Something that is done while one host's agent seeds the other. */
    interface Seeded {
        void with(Seeding seeding) throws Exception;
    }

    /** Runs an agent's seeding, as its configuration has it. */
    void seeding(Host source, Host to, Seeding.Guests guests, Seeded work) throws Exception {
        try (TunnelListener listener = listener(source, to);
                Seeding seeding = new Seeding(
                        source.config,
                        Map.of(to.name, new Peer(to.name, "127.0.0.1", listener.port(), to.name)),
                        source.channels,
                        pass(source),
                        guests)) {
            seeding.start();
            work.with(seeding);
        } finally {
            source.channels.awaitNone();
            to.channels.awaitNone();
        }
    }

    private static TunnelListener listener(Host source, Host to) throws IOException {
        return new TunnelListener(
                to.tls,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                List.of(new Peer(source.name, "x.example", 1, source.name)),
                TIMES,
                Pacing.unlimited(),
                8,
                new DestinationMigrations(
                        to.config,
                        to.store,
                        to.baselines,
                        to.diskBaselines,
                        to.dictionaries.exchange(),
                        to.channels,
                        null));
    }

    /** A QEMU's connections, in their order. */
    private static final class Connections implements AutoCloseable {
        private final List<SocketChannel> all = new ArrayList<>();

        void add(SocketChannel connection) {
            all.add(connection);
        }

        SocketChannel get(int number) {
            return all.get(number);
        }

        void end() throws IOException {
            for (SocketChannel connection : all) {
                connection.close();
            }
        }

        @Override
        public void close() throws IOException {
            end();
        }
    }

    private interface Work<T> {
        T run() throws IOException;
    }

    private static <T> CompletableFuture<T> supply(ExecutorService threads, Work<T> work) {
        return CompletableFuture.supplyAsync(
                () -> {
                    try {
                        return work.run();
                    } catch (IOException e) {
                        throw new UncheckedIOException(e);
                    }
                },
                threads);
    }

    private static Void write(SocketChannel channel, byte[] bytes) throws IOException {
        ByteBuffer left = ByteBuffer.wrap(bytes);
        while (left.hasRemaining()) {
            channel.write(left);
        }
        return null;
    }

    private static ServerSocketChannel listen(Path socket) throws IOException {
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket));
    }

    private static byte[] read(SocketChannel channel, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (channel.read(buffer) < 0) {
                throw new EOFException("closed after " + buffer.position() + " of " + length + " bytes");
            }
        }
        return buffer.array();
    }
}
