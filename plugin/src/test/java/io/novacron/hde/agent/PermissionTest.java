package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.LogCapture;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.Release;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.tunnel.Pacing;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.TestPki;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.tunnel.TunnelListener;
import io.novacron.hde.tunnel.TunnelTimes;
import io.novacron.hde.tunnel.TunnelTls;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.Protocol;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFileAttributes;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** What {@code may-send} and {@code may-receive} let through. */
class PermissionTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(30);
    private static final TunnelTimes TIMES = new TunnelTimes(TIMEOUT, TIMEOUT, Duration.ZERO);

    @TempDir
    private Path directory;

    private HdeConfig config(String peers) throws Exception {
        String group = Files.readAttributes(directory, PosixFileAttributes.class)
                .group()
                .getName();
        Path file = directory.resolve("hde.yaml");
        Files.writeString(
                file,
                "host: {name: b}\npeers: {" + peers + "}\nsockets: {directory: " + directory + ", group: " + group
                        + "}\n");
        return HdeConfig.load(file);
    }

    @Test
    void nothingThatAPeerSaysCountsIfItMayNotSend() throws Exception {
        HdeConfig config = config("a: {address: x.example, may-send: false}");
        TestPki pki = new TestPki(directory.resolve("pki"), "authority");
        // without a store, anything beyond the refusal would fail
        DestinationMigrations migrations =
                new DestinationMigrations(config, null, null, null, null, new Channels(8, () -> {}), null);
        try (LogCapture log = new LogCapture();
                TunnelListener listener = new TunnelListener(
                        new TunnelTls(pki.host("b").files()),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        List.of(new Peer("a", "x.example", 1, "a")),
                        TIMES,
                        Pacing.unlimited(),
                        8,
                        migrations);
                Tunnel tunnel = new TunnelDialer(new TunnelTls(pki.host("a").files()), TIMES, Pacing.unlimited())
                        .dial(new Peer("b", "127.0.0.1", listener.port(), "b"))) {
            tunnel.send(new Message.Ping(1));
            String reason = "peer a may not send to host b (peers.a.may-send is false there)";
            assertThat(tunnel.receive()).isEqualTo(new Message.Refuse(reason));
            assertThat(log.text()).contains("refused a channel of peer a: " + reason);
        }
    }

    @Test
    void whoAsksIsToldWhatItMayAndGetsNoChannel() throws Exception {
        HdeConfig config = config("a: {address: 'x.example', may-send: false, may-control: true, certificate-name: y}");
        TestPki pki = new TestPki(directory.resolve("pki"), "authority");
        DestinationMigrations migrations =
                new DestinationMigrations(config, null, null, null, null, new Channels(8, () -> {}), null);
        try (TunnelListener listener = new TunnelListener(
                        new TunnelTls(pki.host("b").files()),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                        List.of(new Peer("a", "x.example", 1, "y")),
                        TIMES,
                        Pacing.unlimited(),
                        8,
                        migrations);
                Tunnel tunnel = new TunnelDialer(new TunnelTls(pki.host("y").files()), TIMES, Pacing.unlimited())
                        .dial(new Peer("b", "127.0.0.1", listener.port(), "b"))) {
            long before = System.currentTimeMillis();
            tunnel.send(new Message.Ask("hde 1", "a"));
            Message.Standing standing = (Message.Standing) tunnel.receive();
            assertThat(standing.clock()).isBetween(before, System.currentTimeMillis());
            assertThat(standing)
                    .isEqualTo(new Message.Standing(
                            Protocol.LOWEST_VERSION,
                            Protocol.HIGHEST_VERSION,
                            Release.name(),
                            "b",
                            "a",
                            List.of("y", "x.example"),
                            false,
                            false,
                            true,
                            true,
                            standing.clock()));
        }
    }

    @Test
    void noVmTakesThePlaceOfTheSocketThatLeadsToLibvirt() throws Exception {
        HdeConfig config = config("a: {address: x.example, libvirt-socket: true}, c: {address: y.example}");
        SocketDirectories directories = new SocketDirectories(config.sockets());
        directories.prepare(config);
        try (LogCapture log = new LogCapture();
                VmSockets sockets = new VmSockets(config, directories, (peer, domain, type, qemu) -> {})) {
            sockets.open(new DomainInfo("libvirt", "00000000-0000-0000-0000-000000000001"));
            assertThat(config.sockets().of("a", "libvirt")).doesNotExist();
            assertThat(config.sockets().of("c", "libvirt")).exists();
            assertThat(log.text()).contains("libvirt cannot migrate to a through HDE");
        }
    }

    @Test
    void noSocketLeadsToAPeerThatMayNotReceive() throws Exception {
        HdeConfig config = config("a: {address: x.example, may-receive: false}, c: {address: y.example}");
        SocketDirectories directories = new SocketDirectories(config.sockets());
        directories.prepare(config);
        try (LogCapture log = new LogCapture();
                VmSockets sockets = new VmSockets(config, directories, (peer, domain, type, qemu) -> {})) {
            sockets.open(new DomainInfo("vm", "00000000-0000-0000-0000-000000000001"));
            assertThat(config.sockets().of("c", "vm")).exists();
            assertThat(config.sockets().ofDisks("c", "vm")).exists();
            assertThat(config.sockets().of("a", "vm")).doesNotExist();
            assertThat(config.sockets().ofDisks("a", "vm")).doesNotExist();
            assertThat(log.text()).contains("vm cannot migrate to a: peers.a.may-receive is false");
        }
    }

    @Test
    void aNameThatIsTheMemorysOfOneVmIsNotTheDisksOfAnother() throws Exception {
        HdeConfig config = config("c: {address: y.example}");
        SocketDirectories directories = new SocketDirectories(config.sockets());
        directories.prepare(config);
        DomainInfo web = new DomainInfo("web", "00000000-0000-0000-0000-000000000001");
        DomainInfo other = new DomainInfo("web-disk", "00000000-0000-0000-0000-000000000002");
        BlockingQueue<String> accepted = new LinkedBlockingQueue<>();
        try (LogCapture log = new LogCapture();
                VmSockets sockets = new VmSockets(
                        config, directories, (peer, domain, type, qemu) -> accepted.add(domain.name() + " " + type))) {
            sockets.start();
            UnixDomainSocketAddress path =
                    UnixDomainSocketAddress.of(config.sockets().ofDisks("c", "web"));
            sockets.open(web);
            SocketChannel.open(path).close();
            assertThat(accepted.take()).isEqualTo("web DISK");
            sockets.open(other);
            SocketChannel.open(path).close();
            assertThat(accepted.take()).isEqualTo("web-disk MEMORY");
            assertThat(log.text()).contains("is the socket of two VMs, web-disk and web");
            sockets.close(other);
            SocketChannel.open(path).close();
            assertThat(accepted.take()).isEqualTo("web DISK");
        }
    }
}
