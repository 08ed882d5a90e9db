package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.baseline.BaselineLimits;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.SegmentPool;
import io.novacron.hde.codec.GuestStream;
import io.novacron.hde.codec.HashingHelp;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.DictionarySummary;
import io.novacron.hde.forecast.ForecastHistory;
import io.novacron.hde.frame.WordPages;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.page.Page;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.TestPki;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.tunnel.TunnelListener;
import io.novacron.hde.tunnel.TunnelTimes;
import io.novacron.hde.tunnel.TunnelTls;
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
import java.util.List;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Migrations between what two agents consist of, from socket to socket, with dictionaries. */
class DictionaryMigrationTest {
    private static final DomainInfo VM = new DomainInfo("vm", "00000000-0000-0000-0000-000000000001");
    private static final int PAGES = 3000;
    private static final byte[] SHUT_SUCCESS = {0, 1, 0, 4, 0, 0, 0, 0};
    private static final TunnelTimes TIMES =
            new TunnelTimes(Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ZERO);

    @TempDir
    Path directory;

    private final WordPages words = new WordPages(1);
    private final GuestStream guest = new GuestStream(PAGES);
    private TestPki pki;
    private Host a;

    private final class Host implements AutoCloseable {
        final String name;
        final HdeConfig config;
        final TunnelTls tls;
        final PageStore store;
        final BaselineCatalog catalog;
        final BaselineKeeper baselines;
        final Channels channels = new Channels(8);
        final DictionaryKeeper dictionaries;

        Host(String name, String options) throws Exception {
            this.name = name;
            Path file = directory.resolve(name + ".yaml");
            Files.writeString(
                    file,
                    "host: {name: " + name + "}\npeers: {" + (name.equals("a") ? "b" : "a")
                            + ": {address: x.example}}\nsockets: {directory: " + directory + "}\ndictionary: {"
                            + options
                            + "}\n");
            config = HdeConfig.load(file);
            tls = new TunnelTls(pki.host(name).files());
            StoreLimits limits = StoreLimits.ofSize(1L << 30);
            store = PageStore.open(
                    Files.createDirectories(directory.resolve(name + ".store")),
                    new StoreLimits(
                            limits.maxBytes(),
                            0,
                            limits.queueBytes(),
                            limits.readerBytes(),
                            limits.cacheMebibytes(),
                            limits.maxDepth()));
            catalog = BaselineCatalog.open(store, BaselineLimits.DEFAULT, Clock.systemUTC());
            baselines = new BaselineKeeper(catalog, config.dedup(), TableLimit.chunks());
            dictionaries = new DictionaryKeeper(config, store, catalog, () -> true);
        }

        @Override
        public void close() {
            dictionaries.close();
            catalog.close();
            store.close();
        }
    }

    @BeforeEach
    void open() throws Exception {
        pki = new TestPki(directory.resolve("pki"), "authority");
        a = new Host("a", "enabled: true");
        for (int page = 0; page < PAGES; page++) {
            write(page, page);
        }
    }

    @AfterEach
    void close() {
        a.close();
    }

    private void write(int page, long seed) {
        System.arraycopy(words.page(seed), 0, guest.memory, page * Page.SIZE, Page.SIZE);
    }

    /** Migrates the guest from a to another host, and returns how that went at a. */
    private ChannelProgress migrate(Host to) throws Exception {
        byte[] stream = guest.whole();
        Path socket = Files.createDirectories(directory.resolve(to.name)).resolve("vm.sock");
        Files.deleteIfExists(socket);
        Path sourceSocket = directory.resolve("source.sock");
        Files.deleteIfExists(sourceSocket);
        ExecutorService threads = Executors.newCachedThreadPool();
        try (ServerSocketChannel waiting = listen(socket);
                ServerSocketChannel atSource = listen(sourceSocket);
                TunnelListener listener = new TunnelListener(
                        to.tls,
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        List.of(new Peer("a", "x.example", 1, "a")),
                        TIMES,
                        8,
                        new DestinationMigrations(
                                to.config, to.store, to.baselines, to.dictionaries.exchange(), to.channels));
                SocketChannel from = SocketChannel.open(UnixDomainSocketAddress.of(sourceSocket))) {
            SourceMigrations source = new SourceMigrations(
                    a.config,
                    Map.of(to.name, new Peer(to.name, "127.0.0.1", listener.port(), to.name)),
                    new TunnelDialer(a.tls, TIMES),
                    threads,
                    threads,
                    HashingHelp.NONE,
                    new SegmentPool(),
                    a.store,
                    a.baselines,
                    a.dictionaries,
                    new ForecastHistory(a.store),
                    a.channels);
            source.accepted(to.name, VM, atSource.accept());
            CompletableFuture<byte[]> received = CompletableFuture.supplyAsync(
                    () -> {
                        try (SocketChannel qemu = waiting.accept()) {
                            byte[] bytes = read(qemu, stream.length);
                            qemu.write(ByteBuffer.wrap(SHUT_SUCCESS));
                            return bytes;
                        } catch (IOException e) {
                            throw new UncheckedIOException(e);
                        }
                    },
                    threads);
            ByteBuffer left = ByteBuffer.wrap(stream);
            while (left.hasRemaining()) {
                from.write(left);
            }
            read(from, SHUT_SUCCESS.length);
            from.shutdownOutput();
            assertThat(received.join()).isEqualTo(stream);
            a.channels.awaitNone();
            to.channels.awaitNone();
        } finally {
            threads.shutdown();
        }
        ChannelProgress progress = a.channels.recent().get(0);
        assertThat(progress.outcome()).as(progress.reason()).isEqualTo(ChannelProgress.Outcome.COMPLETED);
        return progress;
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

    /** Trains at a, and writes three pages that are in no baseline. */
    private void trainAndChange() throws Exception {
        assertThat(a.dictionaries.train("vm-memory").get(0).result()).startsWith("new one ");
        for (int page = 0; page < 3; page++) {
            write(page, PAGES + page);
        }
    }

    @Test
    void whatCrossedMakesADictionaryThatTheNextMigrationSendsAndTheOneAfterUses() throws Exception {
        try (Host b = new Host("b", "enabled: true")) {
            migrate(b);
            assertThat(a.dictionaries.list()).isEmpty();
            trainAndChange();
            ChannelProgress sends = migrate(b);

            DictionarySummary own = a.dictionaries.list().get(0);
            assertThat(own.scope()).isEqualTo("general");
            assertThat(b.dictionaries.list()).singleElement().satisfies(sent -> {
                assertThat(sent.digest()).isEqualTo(own.digest());
                assertThat(sent.peer()).isEqualTo("a");
                assertThat(sent.version()).isEqualTo(own.version());
            });
            for (int page = 0; page < 3; page++) {
                write(page, 2 * PAGES + page);
            }
            ChannelProgress uses = migrate(b);
            assertThat(b.dictionaries.list()).hasSize(1);
            assertThat(uses.naks()).isZero();
            assertThat(uses.baselineUsed()).isEqualTo(sends.baselineCommitted());
            // it had not to be sent again
            assertThat(uses.wireBytes()).isLessThan(sends.wireBytes());
        }
    }

    @Test
    void whatWasForecastIsInTheStoreWhenAMigrationHasEnded() throws Exception {
        assertThat(new ForecastHistory(a.store).newest()).isEmpty();
        try (Host b = new Host("b", "enabled: false")) {
            ChannelProgress progress = migrate(b);
            assertThat(progress.pastForecast()).isPresent();
            assertThat(new ForecastHistory(a.store).newest()).isEqualTo(progress.pastForecast());
        }
    }

    @Test
    void aPeerThatWantsNoneGetsNone() throws Exception {
        try (Host b = new Host("b", "enabled: false")) {
            migrate(b);
            trainAndChange();
            assertThat(migrate(b).naks()).isZero();
            assertThat(b.dictionaries.list()).isEmpty();
        }
    }

    @Test
    void aVmsSamplesGoWithIt() throws Exception {
        try (Host b = new Host("b", "enabled: true")) {
            migrate(b);
            assertThat(a.dictionaries.dropVm(UUID.fromString(VM.uuid()))).isZero();
            assertThat(a.dictionaries.train(null).get(0).result()).isEqualTo("no samples yet");
        }
    }
}
