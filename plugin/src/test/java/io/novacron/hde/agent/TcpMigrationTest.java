package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.config.PortRange;
import io.novacron.hde.qemu.process.QemuProcesses;
import io.novacron.hde.qemu.process.TcpSocket;
import io.novacron.hde.qemu.process.TcpSockets;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections to TCP ports of other hosts that arrive at the agent, and those that it makes to QEMUs of its own host. */
@Timeout(60)
class TcpMigrationTest {
    private static final String VM = "00000000-0000-0000-0000-000000000001";

    @TempDir
    private Path directory;

    private static ServerSocketChannel server(String address) throws IOException {
        return ServerSocketChannel.open().bind(new InetSocketAddress(InetAddress.getByName(address), 0));
    }

    private static int port(ServerSocketChannel server) throws IOException {
        return ((InetSocketAddress) server.getLocalAddress()).getPort();
    }

    /** This process, as a QEMU of libvirt's. */
    private QemuProcesses thisProcess() throws IOException {
        long pid = ProcessHandle.current().pid();
        Path process = Files.createDirectories(directory.resolve("proc/" + pid));
        Files.createSymbolicLink(
                process.resolve("fd"), Path.of("/proc/self").toRealPath().resolve("fd"));
        Files.writeString(process.resolve("cmdline"), "qemu\0-uuid\0" + VM + "\0");
        Path pids = Files.createDirectories(directory.resolve("pids"));
        Files.writeString(pids.resolve("vm.pid"), Long.toString(pid));
        return new QemuProcesses(pids, directory.resolve("proc"));
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "::1"})
    void whatIsOfNoVmGoesWhereItWantedTo(String address) throws Exception {
        Channels channels = new Channels(8, () -> {});
        ExecutorService threads = Executors.newCachedThreadPool();
        TcpMigrations migrations = new TcpMigrations(
                new TcpSockets(), new QemuProcesses(directory.resolve("none"), directory), null, threads, channels);
        try (ServerSocketChannel wanted = server(address);
                ServerSocketChannel agent = server(address);
                SocketChannel qemu = SocketChannel.open(agent.getLocalAddress());
                SocketChannel accepted = agent.accept()) {
            TcpSocket client = migrations.client(accepted, agent.getLocalAddress()::equals);
            assertThat(client.local()).isEqualTo(qemu.getLocalAddress());
            migrations.accepted(accepted, client, new TcpMigrations.Target(Optional.of("b"), (InetSocketAddress)
                    wanted.getLocalAddress()));
            try (SocketChannel remote = wanted.accept()) {
                // the server speaks first, as NBD's does
                remote.write(ByteBuffer.wrap(new byte[] {1, 2, 3}));
                ByteBuffer read = ByteBuffer.allocate(3);
                qemu.read(read);
                assertThat(read.array()).containsExactly(1, 2, 3);
                qemu.write(ByteBuffer.wrap(new byte[] {4}));
                qemu.shutdownOutput();
                ByteBuffer one = ByteBuffer.allocate(2);
                while (remote.read(one) >= 0) {
                    // until its end
                }
                assertThat(one.position()).isEqualTo(1);
                remote.write(ByteBuffer.wrap(new byte[] {5}));
            }
            assertThat(qemu.read(ByteBuffer.allocate(2))).isEqualTo(1);
            assertThat(qemu.read(ByteBuffer.allocate(2))).isEqualTo(-1);
            channels.awaitNone();
        } finally {
            threads.shutdown();
        }
        ChannelProgress progress = channels.recent().get(0);
        assertThat(progress.outcome()).as(progress.reason()).isEqualTo(ChannelProgress.Outcome.COMPLETED);
        assertThat(progress.streamBytes()).isEqualTo(5);
        assertThat(progress.passThroughReason())
                .isEqualTo("connected without the tunnel: it is no connection of a VM's");
    }

    @Test
    void aConnectionWhoseWayIsNotKnownIsNotGuessedAt() throws Exception {
        TcpMigrations migrations = new TcpMigrations(new TcpSockets(), thisProcess(), null, Runnable::run, null);
        try (ServerSocketChannel agent = server("127.0.0.1");
                SocketChannel qemu = SocketChannel.open(agent.getLocalAddress());
                SocketChannel accepted = agent.accept()) {
            assertThatThrownBy(() -> migrations.client(accepted, wanted -> wanted.getPort() == 1))
                    .isInstanceOf(IOException.class)
                    .hasMessageContaining("a connection from /127.0.0.1:")
                    .hasMessageEndingWith("wanted to go 0 ways");
            assertThat(qemu.isConnected()).isTrue();
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.0.0.9", "0.0.0.0", "::"})
    void aPeerIsConnectedToTheQemuThatWaitsForThatVm(String address) throws Exception {
        try (ServerSocketChannel qemu = server(address)) {
            int port = port(qemu);
            WaitingQemu waiting = new WaitingQemu(new PortRange(port, port), new TcpSockets(), thisProcess());
            try (SocketChannel connected = waiting.connect(port, VM);
                    SocketChannel accepted = qemu.accept()) {
                assertThat(accepted.getRemoteAddress()).isEqualTo(connected.getLocalAddress());
            }
        }
    }

    @Test
    void aPeerReachesNoOtherPortAndNoOtherProgram() throws Exception {
        try (ServerSocketChannel program = server("127.0.0.1")) {
            program.configureBlocking(false);
            int port = port(program);
            QemuProcesses self = thisProcess();
            TcpSockets sockets = new TcpSockets();
            assertThatThrownBy(() -> new WaitingQemu(PortRange.LIBVIRTS, sockets, self).connect(22, VM))
                    .isInstanceOf(RefusedException.class)
                    .hasMessage("port 22 is not one of this host's migration-ports, 49152-49215");
            PortRange ports = new PortRange(port, port);
            String other = VM.replace('1', '2');
            assertThatThrownBy(() -> new WaitingQemu(ports, sockets, self).connect(port, other))
                    .isInstanceOf(RefusedException.class)
                    .hasMessage("no QEMU waits for VM " + other + " on port " + port);
            QemuProcesses none = new QemuProcesses(directory.resolve("none"), directory);
            assertThatThrownBy(() -> new WaitingQemu(ports, sockets, none).connect(port, VM))
                    .isInstanceOf(RefusedException.class)
                    .hasMessage("no QEMU waits for VM " + VM + " on port " + port);
            assertThat(program.accept()).isNull();
        }
    }
}
