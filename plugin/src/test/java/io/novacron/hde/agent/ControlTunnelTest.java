package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.Background;
import io.novacron.hde.LogCapture;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.tunnel.Pacing;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.Relay;
import io.novacron.hde.tunnel.TestPki;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.tunnel.TunnelListener;
import io.novacron.hde.tunnel.TunnelTimes;
import io.novacron.hde.tunnel.TunnelTls;
import io.novacron.hde.wire.ChannelType;
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
import java.nio.file.attribute.PosixFileAttributes;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** libvirt's conversation through the tunnel, from a client's socket on host a to libvirt's socket on host b. */
@Timeout(90)
class ControlTunnelTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final TunnelTimes TIMES = new TunnelTimes(LONG, Duration.ofSeconds(5), LONG);

    @TempDir
    private Path directory;

    private final Channels channelsOfA = new Channels(8, () -> {});
    private final Channels channelsOfB = new Channels(8, () -> {});
    private final Deque<AutoCloseable> parts = new ArrayDeque<>();
    private ServerSocketChannel libvirt;
    private HdeConfig a;
    private Relay relay;

    @AfterEach
    void close() throws Exception {
        channelsOfA.abortAll("the test is over");
        while (!parts.isEmpty()) {
            parts.pop().close();
        }
    }

    private <T extends AutoCloseable> T opened(T part) {
        parts.push(part);
        return part;
    }

    private HdeConfig config(String host, String peer) throws Exception {
        String group = Files.readAttributes(directory, PosixFileAttributes.class)
                .group()
                .getName();
        Path file = directory.resolve(host + ".yaml");
        Files.writeString(
                file,
                "host: {name: " + host + "}\npeers: {" + peer + "}\nlibvirt: {socket: " + directory.resolve("libvirtd")
                        + "}\nsockets: {directory: " + directory.resolve(host) + ", group: " + group + "}\n");
        return HdeConfig.load(file);
    }

    /** Both agents, as far as control needs them. */
    private void start(String ofA, String ofB) throws Exception {
        a = config("a", "b: {address: x.example" + ofA + "}");
        HdeConfig b = config("b", "a: {address: x.example" + ofB + "}");
        new SocketDirectories(a.sockets()).prepare(a);
        libvirt = opened(ServerSocketChannel.open(StandardProtocolFamily.UNIX))
                .bind(UnixDomainSocketAddress.of(directory.resolve("libvirtd")));
        TestPki pki = new TestPki(directory.resolve("pki"), "authority");
        TunnelListener listener = opened(new TunnelListener(
                new TunnelTls(pki.host("b").files()),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                List.of(new Peer("a", "x.example", 1, "a")),
                TIMES,
                Pacing.unlimited(),
                8,
                // control needs no store: without one, anything else would fail
                new DestinationMigrations(b, null, null, null, null, channelsOfB, null)));
        relay = opened(new Relay(listener.port(), Long.MAX_VALUE));
        ExecutorService threads = Executors.newCachedThreadPool();
        parts.push(threads::shutdown);
        opened(new ControlSockets(
                a,
                Map.of("b", new Peer("b", "127.0.0.1", relay.port(), "b")),
                new TunnelDialer(new TunnelTls(pki.host("a").files()), TIMES, Pacing.unlimited()),
                threads,
                channelsOfA));
    }

    private SocketChannel client() throws IOException {
        return opened(SocketChannel.open(UnixDomainSocketAddress.of(a.sockets().libvirt("b"))));
    }

    private static byte[] read(SocketChannel from, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining() && from.read(buffer) >= 0) {
            // reads on
        }
        assertThat(buffer.position()).isEqualTo(length);
        return buffer.array();
    }

    private static void write(SocketChannel to, byte[] bytes) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes);
        while (buffer.hasRemaining()) {
            to.write(buffer);
        }
    }

    private static byte[] bytes(int seed, int length) {
        byte[] bytes = new byte[length];
        new Random(seed).nextBytes(bytes);
        return bytes;
    }

    @Test
    void bytesCrossBothWaysAndEachDirectionEndsByItself() throws Exception {
        start(", libvirt-socket: true", ", may-control: true");
        SocketChannel client = client();
        SocketChannel server = opened(libvirt.accept());

        write(server, bytes(1, 18));
        assertThat(read(client, 18)).isEqualTo(bytes(1, 18));
        write(client, bytes(2, 28));
        assertThat(read(server, 28)).isEqualTo(bytes(2, 28));
        client.shutdownOutput();
        assertThat(server.read(ByteBuffer.allocate(1))).isEqualTo(-1);
        write(server, bytes(3, 300_000));
        assertThat(read(client, 300_000)).isEqualTo(bytes(3, 300_000));
        server.close();
        assertThat(client.read(ByteBuffer.allocate(1))).isEqualTo(-1);

        channelsOfA.awaitNone();
        channelsOfB.awaitNone();
        for (Channels channels : List.of(channelsOfA, channelsOfB)) {
            ChannelProgress progress = channels.recent().get(0);
            assertThat(progress.outcome()).as(progress.reason()).isEqualTo(ChannelProgress.Outcome.COMPLETED);
            assertThat(progress.type()).isEqualTo(ChannelType.CONTROL);
            assertThat(progress.streamBytes()).isEqualTo(18 + 28 + 300_000);
        }
    }

    @Test
    void aConversationOutlivesItsConnections() throws Exception {
        start(", libvirt-socket: true", ", may-control: true");
        SocketChannel client = client();
        SocketChannel server = opened(libvirt.accept());
        CompletableFuture<Void> there = Background.run(() -> {
            for (int i = 0; i < 40; i++) {
                write(client, bytes(i, 50_000));
                if (i % 10 == 5) {
                    relay.cut();
                }
            }
        });
        CompletableFuture<Void> back = Background.run(() -> write(server, bytes(99, 2_000_000)));
        for (int i = 0; i < 40; i++) {
            assertThat(read(server, 50_000)).isEqualTo(bytes(i, 50_000));
        }
        assertThat(read(client, 2_000_000)).isEqualTo(bytes(99, 2_000_000));
        there.join();
        back.join();
        assertThat(relay.connections()).isGreaterThan(1);
    }

    @Test
    void whoeverDoesNotReadIsWaitedFor() throws Exception {
        start(", libvirt-socket: true", ", may-control: true");
        SocketChannel client = client();
        SocketChannel server = opened(libvirt.accept());
        byte[] piece = bytes(7, 1 << 20);
        int pieces = 160;
        AtomicLong written = new AtomicLong();
        CompletableFuture<Void> writing = Background.run(() -> {
            for (int i = 0; i < pieces; i++) {
                write(client, piece);
                written.incrementAndGet();
            }
        });
        AtomicLong before = new AtomicLong(-1);
        Awaitility.await()
                .pollInterval(Duration.ofSeconds(1))
                .atMost(LONG)
                .until(() -> before.getAndSet(written.get()) == written.get());
        assertThat(written.get()).isLessThan(64);
        for (int i = 0; i < pieces; i++) {
            assertThat(read(server, piece.length)).isEqualTo(piece);
        }
        writing.join();
    }

    @Test
    void aPeerThatMayNotControlReachesNoLibvirt() throws Exception {
        start(", libvirt-socket: true", "");
        libvirt.configureBlocking(false);
        try (LogCapture log = new LogCapture()) {
            assertThat(client().read(ByteBuffer.allocate(1))).isEqualTo(-1);
            String reason = "peer a may not reach libvirt on host b (peers.a.may-control is false there)";
            assertThat(log.text()).contains("refused a channel of peer a: " + reason, "peer b refused: " + reason);
        }
        assertThat(libvirt.accept()).isNull();
    }

    @Test
    void aLibvirtThatDoesNotAnswerIsNamed() throws Exception {
        start(", libvirt-socket: true", ", may-control: true");
        libvirt.close();
        try (LogCapture log = new LogCapture()) {
            assertThat(client().read(ByteBuffer.allocate(1))).isEqualTo(-1);
            assertThat(log.text())
                    .contains(
                            "peer b refused: libvirt does not answer on [" + directory.resolve("libvirtd"),
                            "see libvirt.socket");
        }
    }

    @Test
    void theSocketIsForRootAloneAndOnlyThereWhereItIsAskedFor() throws Exception {
        start(", libvirt-socket: true", "");
        Path socket = a.sockets().libvirt("b");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket)))
                .isEqualTo("rw-------");
        assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(socket.getParent())))
                .isEqualTo("rwxr-x---");

        HdeConfig without = config("c", "b: {address: x.example}");
        new SocketDirectories(without.sockets()).prepare(without);
        opened(new ControlSockets(without, Map.of(), null, null, channelsOfA));
        assertThat(without.sockets().of("b")).isEmptyDirectory();
    }
}
