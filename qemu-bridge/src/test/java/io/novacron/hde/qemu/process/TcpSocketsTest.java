package io.novacron.hde.qemu.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel's own tables, and sockets that this process really has. */
class TcpSocketsTest {
    @TempDir
    private Path directory;

    @ParameterizedTest
    @ValueSource(strings = {"127.0.0.1", "127.0.0.77", "::1"})
    void aConnectionAndTheSocketThatListensAreFound(String address) throws IOException {
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getByName(address));
                Socket client = new Socket(server.getInetAddress(), server.getLocalPort());
                Socket accepted = server.accept()) {
            List<TcpSocket> sockets = new TcpSockets().list();

            assertThat(sockets)
                    .anySatisfy(socket -> {
                        assertThat(socket.local()).isEqualTo(server.getLocalSocketAddress());
                        assertThat(socket.remote().getPort()).isZero();
                        assertThat(socket.listening()).isTrue();
                    })
                    .anySatisfy(socket -> {
                        assertThat(socket.local()).isEqualTo(accepted.getRemoteSocketAddress());
                        assertThat(socket.remote()).isEqualTo(server.getLocalSocketAddress());
                        assertThat(socket.listening()).isFalse();
                        assertThat(socket.inode()).isPositive();
                    });
            assertThat(client.isConnected()).isTrue();
        }
    }

    /** Whoever has a socket is found by what libvirt leaves, among processes that really are. */
    @Test
    void aProcessIsFoundByItsSocket() throws Exception {
        Path pids = Files.createDirectories(directory.resolve("pids"));
        Path self = Path.of("/proc/self").toRealPath();
        long pid = ProcessHandle.current().pid();
        Path proc = Files.createDirectories(directory.resolve("proc"));
        Path process = Files.createDirectories(proc.resolve(Long.toString(pid)));
        Files.createSymbolicLink(process.resolve("fd"), self.resolve("fd"));
        Files.writeString(
                process.resolve("cmdline"),
                "qemu\0-name\0guest=web\0-uuid\0007C9E6679-7425-40DE-944B-E07FC1F90AE7\0-S\0");
        Files.writeString(pids.resolve("gone.pid"), "4000000");
        Files.writeString(pids.resolve("empty.pid"), "");
        Files.writeString(pids.resolve("web.1.pid"), pid + "\n");
        QemuProcesses processes = new QemuProcesses(pids, proc);
        long inode;
        try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            InetSocketAddress address = (InetSocketAddress) server.getLocalSocketAddress();
            inode = new TcpSockets()
                    .list().stream()
                            .filter(socket -> socket.local().equals(address))
                            .findFirst()
                            .orElseThrow()
                            .inode();
            assertThat(processes.holding(inode))
                    .contains(new QemuProcess(pid, "web.1", "7c9e6679-7425-40de-944b-e07fc1f90ae7"));
        }
        assertThat(processes.holding(inode)).isEmpty();
        assertThat(new QemuProcesses(directory.resolve("none"), proc).holding(inode))
                .isEmpty();
    }

    @Test
    void aProcessWithoutAUuidIsNoVm() throws Exception {
        Path process = Files.createDirectories(directory.resolve("proc/7/fd")).getParent();
        Files.createSymbolicLink(process.resolve("fd/3"), Path.of("socket:[99]"));
        Path pids = Files.createDirectories(directory.resolve("pids"));
        Files.writeString(pids.resolve("x.pid"), "7");
        QemuProcesses processes = new QemuProcesses(pids, directory.resolve("proc"));
        Files.writeString(process.resolve("cmdline"), "qemu\0-uuid");
        assertThat(processes.holding(99)).isEmpty();
        Files.writeString(process.resolve("cmdline"), "qemu\0-uuid\0u\0");
        assertThat(processes.holding(99)).isEqualTo(Optional.of(new QemuProcess(7, "x", "u")));
        assertThat(processes.holding(9)).isEmpty();
    }

    @Test
    void whatIsNoLineOfTheTableIsAnErrorOfItsOwn() throws IOException {
        Files.createDirectories(directory.resolve("net"));
        Files.writeString(directory.resolve("net/tcp"), "names\n   0: 0100007F\n");
        assertThatThrownBy(() -> new TcpSockets(directory).list())
                .isInstanceOf(IOException.class)
                .hasMessageContaining("not a line of the kernel's table of TCP sockets");
        Files.writeString(directory.resolve("net/tcp"), "");
        assertThat(new TcpSockets(directory).list()).isEmpty();
    }
}
