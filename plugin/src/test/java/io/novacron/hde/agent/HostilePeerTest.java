package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.novacron.hde.LogCapture;
import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.baseline.BaselineLimits;
import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.Possession;
import io.novacron.hde.baseline.TableSpace;
import io.novacron.hde.channel.SegmentPool;
import io.novacron.hde.codec.HashingHelp;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.forecast.ForecastHistory;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import io.novacron.hde.tunnel.Pacing;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.TestPki;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.tunnel.TunnelListener;
import io.novacron.hde.tunnel.TunnelTimes;
import io.novacron.hde.tunnel.TunnelTls;
import io.novacron.hde.wire.ChannelType;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.Protocol;
import java.io.IOException;
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
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * A configured peer, mallory, that wants to get at another VM's pages: this host has a baseline of the VM, and mallory has
 * heard of its root.
 */
class HostilePeerTest {
    private static final String VICTIM = "00000000-0000-0000-0000-00000000000a";
    private static final String OWN = "00000000-0000-0000-0000-00000000000b";
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final TunnelTimes TIMES = new TunnelTimes(TIMEOUT, TIMEOUT, Duration.ZERO);
    private static final String CHALLENGE = "45".repeat(32);

    @TempDir
    Path directory;

    private final MemoryTable table = new MemoryTable(List.of(new BlockLayout("pc.ram", 1 << 20)));
    private final BlockingQueue<Message> answers = new LinkedBlockingQueue<>();
    private final ExecutorService threads = Executors.newCachedThreadPool();
    private TestPki pki;
    private PageStore store;
    private BaselineCatalog catalog;
    private String root;
    private volatile String expected;

    @BeforeEach
    void open() throws Exception {
        pki = new TestPki(directory.resolve("pki"), "authority");
        StoreLimits limits = StoreLimits.ofSize(1L << 30);
        store = PageStore.open(
                Files.createDirectories(directory.resolve("store")),
                new StoreLimits(
                        limits.maxBytes(),
                        0,
                        limits.queueBytes(),
                        limits.readerBytes(),
                        limits.cacheMebibytes(),
                        limits.maxDepth()));
        catalog = BaselineCatalog.open(store, BaselineLimits.DEFAULT, Clock.systemUTC());
        for (int page = 0; page < 256; page++) {
            table.set(0, page, page + 1, 7);
        }
        root = table.root().toString();
        assertThat(catalog.commit(UUID.fromString(VICTIM), "victim", "other", table, System.currentTimeMillis()))
                .isPresent();
    }

    @AfterEach
    void close() {
        threads.shutdown();
        catalog.close();
        store.close();
    }

    private HdeConfig config(String dedup) throws Exception {
        Path file = directory.resolve("hde.yaml");
        Files.writeString(
                file,
                "host: {name: here}\npeers: {mallory: {address: x.example}}\nsockets: {directory: " + directory
                        + "}\ndedup: " + dedup + "\n");
        return HdeConfig.load(file);
    }

    private BaselineKeeper keeper(HdeConfig config) {
        return new BaselineKeeper(catalog, config.dedup(), TableLimit.chunks(), TableSpace.HEAP);
    }

    private TunnelTls tls(String name) throws Exception {
        return new TunnelTls(pki.host(name).files());
    }

    private static ServerSocketChannel listen(Path socket) throws IOException {
        Files.createDirectories(socket.getParent());
        return ServerSocketChannel.open(StandardProtocolFamily.UNIX).bind(UnixDomainSocketAddress.of(socket));
    }

    private static Message.Hello hello(String challenge, Message.Offer... offers) {
        return new Message.Hello(
                Protocol.LOWEST_VERSION,
                Protocol.HIGHEST_VERSION,
                ChannelType.MEMORY.number(),
                "x",
                "mallory",
                "vm",
                OWN,
                "00112233445566778899aabbccddeeff",
                0,
                false,
                1024,
                List.of(),
                List.of(offers),
                List.of(),
                challenge,
                0);
    }

    private interface Work {
        void run(Tunnel tunnel, SocketChannel qemu) throws Exception;
    }

    private TunnelListener listener(HdeConfig config, DictionaryKeeper dictionaries) throws Exception {
        return new TunnelListener(
                tls("here"),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                List.of(new Peer("mallory", "x.example", 1, "mallory")),
                TIMES,
                Pacing.unlimited(),
                8,
                new DestinationMigrations(
                        config,
                        store,
                        keeper(config),
                        keeper(config),
                        dictionaries.exchange(),
                        new Channels(8, () -> {}),
                        null));
    }

    private Tunnel dial(TunnelListener listener) throws Exception {
        return new TunnelDialer(tls("mallory"), TIMES, Pacing.unlimited())
                .dial(new Peer("here", "127.0.0.1", listener.port(), "here"));
    }

    /** Mallory migrates a VM to this host. */
    private void asSource(HdeConfig config, Message.Hello hello, Work work) throws Exception {
        DictionaryKeeper dictionaries = new DictionaryKeeper(config, store, catalog, () -> false);
        try (dictionaries;
                ServerSocketChannel waiting = listen(config.sockets().of("here", "vm"));
                TunnelListener listener = listener(config, dictionaries);
                Tunnel tunnel = dial(listener)) {
            tunnel.send(hello);
            try (SocketChannel qemu = waiting.accept()) {
                work.run(tunnel, qemu);
            }
        }
    }

    /** What comes after the Welcome of a channel of type estimate. */
    private void asks(Message... messages) throws Exception {
        HdeConfig config = config("host");
        try (LogCapture log = new LogCapture();
                DictionaryKeeper dictionaries = new DictionaryKeeper(config, store, catalog, () -> false);
                TunnelListener listener = listener(config, dictionaries);
                Tunnel tunnel = dial(listener)) {
            tunnel.send(typed(hello(CHALLENGE, new Message.Offer(root, VICTIM)), ChannelType.ESTIMATE.number()));
            assertThat(((Message.Welcome) tunnel.receive()).held()).containsExactly(root);
            tunnel.send(new Message.Ping(7));
            assertThat(tunnel.receive()).isEqualTo(new Message.Pong(7));
            for (Message message : messages) {
                tunnel.send(message);
            }
            assertThat(tunnel.receive()).isNull();
            await().atMost(TIMEOUT).untilAsserted(() -> assertThat(log.text()).contains("type estimate"));
        }
    }

    @Test
    void whoOnlyAsksSendsNothingElse() throws Exception {
        asks(new Message.Begin(List.of(root), List.of(), List.of("5a".repeat(32))));
        Message[] tooMuch = new Message[9];
        Arrays.fill(tooMuch, new Message.Data(ByteBuffer.allocate((2 << 20) - 64)));
        asks(tooMuch);
        assertThat(catalog.list()).hasSize(1);
    }

    private Possession possession(String source, String destination, String sourceChallenge, String other) {
        return Possession.of(table, new Possession.Channel(source, destination, sourceChallenge, other));
    }

    private enum Forgery {
        NONE,
        NULL,
        NOISE,
        REFLECTED,
        OF_ANOTHER_CHANNEL,
        RELAYED
    }

    @ParameterizedTest
    @EnumSource
    void aRootAloneDoesNotOpenABaseline(Forgery forgery) throws Exception {
        try (LogCapture log = new LogCapture()) {
            asSource(config("host"), hello(CHALLENGE, new Message.Offer(root, VICTIM)), (tunnel, qemu) -> {
                Message.Welcome welcome = (Message.Welcome) tunnel.receive();
                assertThat(welcome.held()).containsExactly(root);
                List<String> proofs = switch (forgery) {
                    case NONE -> List.of();
                    case NULL -> null;
                    case NOISE -> List.of("5a".repeat(32));
                    case REFLECTED -> welcome.proofs();
                    case OF_ANOTHER_CHANNEL ->
                        List.of(possession("mallory", "here", CHALLENGE, CHALLENGE)
                                .bySource());
                    // what a host that has the baseline says to mallory, and mallory passes on
                    case RELAYED ->
                        List.of(possession("other", "mallory", CHALLENGE, welcome.challenge())
                                .bySource());
                };
                tunnel.send(new Message.Begin(List.of(root), List.of(), proofs));
                assertThat(qemu.read(ByteBuffer.allocate(1))).isNegative();
                await().atMost(TIMEOUT)
                        .untilAsserted(() -> assertThat(log.text())
                                .contains(
                                        "peer mallory offered baselines that it does not have: it knows their roots, not "
                                                + "their pages"));
            });
        }
    }

    @Test
    void whoHasTheTableProvesIt() throws Exception {
        asSource(config("host"), hello(CHALLENGE, new Message.Offer(root, VICTIM)), (tunnel, qemu) -> {
            Message.Welcome welcome = (Message.Welcome) tunnel.receive();
            Possession expected = possession("mallory", "here", CHALLENGE, welcome.challenge());
            assertThat(welcome.proofs()).containsExactly(expected.byDestination());
            tunnel.send(new Message.Begin(List.of(root), List.of(), List.of(expected.bySource())));
            tunnel.send(new Message.Ping(5));
            assertThat(tunnel.receive()).isEqualTo(new Message.Pong(5));
        });
    }

    @Test
    void withoutAChallengeNothingIsHeld() throws Exception {
        for (String challenge : new String[] {null, "", "45", "45".repeat(31) + "4G"}) {
            asSource(config("host"), hello(challenge, new Message.Offer(root, VICTIM)), (tunnel, qemu) -> {
                Message.Welcome welcome = (Message.Welcome) tunnel.receive();
                assertThat(welcome.held()).isEmpty();
                assertThat(welcome.proofs()).isEmpty();
            });
            Files.delete(config("host").sockets().of("here", "vm"));
        }
    }

    @Test
    void whoseMemoryABaselineIsFollowsFromTheStoreAndNotFromTheOffer() throws Exception {
        asSource(config("vm"), hello(CHALLENGE, new Message.Offer(root, OWN)), (tunnel, qemu) -> {
            assertThat(((Message.Welcome) tunnel.receive()).held()).isEmpty();
        });
    }

    @Test
    void whatAPeerSaysOfAnothersVmDoesNotStandInTheWayOfItsBaselines() throws Exception {
        HdeConfig config = config("host");
        MemoryTable forged = new MemoryTable(List.of(new BlockLayout("pc.ram", 1 << 20)));
        for (int i = 0; i < 5; i++) {
            forged.set(0, i, i + 1, 13);
            assertThat(catalog.commit(UUID.fromString(VICTIM), "victim", "mallory", forged, System.currentTimeMillis()))
                    .isPresent();
        }
        assertThat(keeper(config).offers(VICTIM, "other").get(0)).isEqualTo(new Message.Offer(root, VICTIM));
        // and as another VM's sibling
        assertThat(keeper(config).offers(OWN, "other")).containsExactly(new Message.Offer(root, VICTIM));
    }

    @Test
    void whatAHelloMayNotSayIsRefusedBeforeAnyQemuHearsOfIt() throws Exception {
        HdeConfig config = config("host");
        Message.Hello good = hello(CHALLENGE);
        Message.Offer malformed = new Message.Offer(root.toUpperCase(Locale.ROOT), VICTIM);
        Map<Message.Hello, String> refused = Map.of(
                versions(good, 0, Protocol.LOWEST_VERSION - 1),
                "upgrade the older one",
                versions(good, Protocol.HIGHEST_VERSION + 1, Protocol.HIGHEST_VERSION + 1),
                "upgrade the older one",
                named(good, "other", OWN),
                "the certificate is that of peer mallory, but the Hello says other",
                named(good, "mallory", "../" + OWN),
                "does not name a VM and a migration",
                hello(CHALLENGE, malformed),
                "malformed or too many",
                typed(good, 2),
                "may not reach libvirt on host here",
                typed(good, 6),
                "carries no channels of type 6");
        try (DictionaryKeeper dictionaries = new DictionaryKeeper(config, store, catalog, () -> false);
                ServerSocketChannel waiting = listen(config.sockets().of("here", "vm"));
                TunnelListener listener = listener(config, dictionaries)) {
            waiting.configureBlocking(false);
            for (Map.Entry<Message.Hello, String> entry : refused.entrySet()) {
                try (Tunnel tunnel = dial(listener)) {
                    tunnel.send(entry.getKey());
                    assertThat(((Message.Refuse) tunnel.receive()).reason()).contains(entry.getValue());
                }
            }
            assertThat(waiting.accept()).isNull();
        }
    }

    private static Message.Hello versions(Message.Hello hello, int lowest, int highest) {
        return changed(hello, lowest, highest, hello.channelType());
    }

    private static Message.Hello typed(Message.Hello hello, int channelType) {
        return changed(hello, hello.lowestVersion(), hello.highestVersion(), channelType);
    }

    private static Message.Hello changed(Message.Hello hello, int lowest, int highest, int channelType) {
        return new Message.Hello(
                lowest,
                highest,
                channelType,
                hello.software(),
                hello.host(),
                hello.vm(),
                hello.vmUuid(),
                hello.migration(),
                hello.channel(),
                hello.verifyStream(),
                hello.tableChunks(),
                hello.deltaAlgorithms(),
                hello.offers(),
                hello.dictionaries(),
                hello.challenge(),
                hello.port());
    }

    private static Message.Hello named(Message.Hello hello, String host, String uuid) {
        return new Message.Hello(
                hello.lowestVersion(),
                hello.highestVersion(),
                hello.channelType(),
                hello.software(),
                host,
                hello.vm(),
                uuid,
                hello.migration(),
                hello.channel(),
                hello.verifyStream(),
                hello.tableChunks(),
                hello.deltaAlgorithms(),
                hello.offers(),
                hello.dictionaries(),
                hello.challenge(),
                hello.port());
    }

    /** This host migrates the VM to mallory, which answers as it likes; returns what this host says then. */
    private Message asDestination(List<String> proofs, boolean honest) throws Exception {
        HdeConfig config = config("host");
        Path socket = directory.resolve("source.sock");
        CompletableFuture<Void> over = new CompletableFuture<>();
        try (DictionaryKeeper dictionaries = new DictionaryKeeper(config, store, catalog, () -> false);
                ServerSocketChannel atSource = listen(socket);
                TunnelListener mallory = new TunnelListener(
                        tls("mallory"),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        List.of(new Peer("here", "x.example", 1, "here")),
                        TIMES,
                        Pacing.unlimited(),
                        8,
                        tunnel -> {
                            Message.Hello hello = (Message.Hello) tunnel.receive();
                            Possession possession = possession("here", "mallory", hello.challenge(), CHALLENGE);
                            tunnel.send(new Message.Welcome(
                                    hello.highestVersion(),
                                    "x",
                                    "mallory",
                                    hello.tableChunks(),
                                    List.of(),
                                    List.of(root),
                                    List.of(),
                                    List.of(),
                                    CHALLENGE,
                                    honest ? List.of(possession.byDestination()) : proofs));
                            expected = possession.bySource();
                            Message answer = tunnel.receive();
                            answers.add(answer == null ? new Message.Refuse("closed") : answer);
                            over.join();
                        });
                SocketChannel qemu = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
            Channels channels = new Channels(8, () -> {});
            SourceMigrations source = new SourceMigrations(
                    Map.of("mallory", new Peer("mallory", "127.0.0.1", mallory.port(), "mallory")),
                    new TunnelDialer(tls("here"), TIMES, Pacing.unlimited()),
                    threads,
                    new Workers(threads, HashingHelp.NONE),
                    new SourceGreeting(
                            config, new SegmentPool(), store, keeper(config), keeper(config), dictionaries, channels),
                    store,
                    new ForecastHistory(store),
                    channels,
                    unused -> {});
            source.accepted("mallory", new DomainInfo("vm", OWN), ChannelType.MEMORY, atSource.accept());
            Message answer = answers.take();
            qemu.shutdownOutput();
            over.complete(null);
            await().atMost(TIMEOUT)
                    .until(() -> source.lastError("mallory") != null
                            || !channels.recent().isEmpty());
            return answer;
        }
    }

    @Test
    void aDestinationThatDoesNotHaveABaselineIsSentNothingThatBuildsOnIt() throws Exception {
        try (LogCapture log = new LogCapture()) {
            assertThat(asDestination(List.of("5a".repeat(32)), false))
                    .isEqualTo(new Message.Begin(List.of(), List.of(), List.of()));
            assertThat(log.text())
                    .contains("peer mallory says that it holds baseline " + root.substring(0, 12)
                            + " and does not prove it; it is not used");
        }
    }

    @Test
    void aDestinationThatSaysNothingOfProofsIsLeft() throws Exception {
        assertThat(asDestination(List.of(), false)).isEqualTo(new Message.Refuse("closed"));
    }

    @Test
    void aDestinationThatHasTheTableGetsTheProof() throws Exception {
        Message answer = asDestination(List.of(), true);
        assertThat(answer).isEqualTo(new Message.Begin(List.of(root), List.of(), List.of(expected)));
    }
}
