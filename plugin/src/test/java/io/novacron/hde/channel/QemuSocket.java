package io.novacron.hde.channel;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;

/** A unix socket with a QEMU, which is the test, at one end and the agent at the other. */
final class QemuSocket implements AutoCloseable {
    final SocketChannel agent;
    final SocketChannel qemu;

    private QemuSocket(SocketChannel agent, SocketChannel qemu) {
        this.agent = agent;
        this.qemu = qemu;
    }

    static QemuSocket open(Path directory) throws IOException {
        Path path = Files.createTempDirectory(directory, "s").resolve("q.sock");
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(path));
            SocketChannel qemu = SocketChannel.open(UnixDomainSocketAddress.of(path));
            return new QemuSocket(server.accept(), qemu);
        }
    }

    void write(byte[] bytes) throws IOException {
        write(bytes, 0, bytes.length);
    }

    void write(byte[] bytes, int offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(bytes, offset, length);
        while (buffer.hasRemaining()) {
            qemu.write(buffer);
        }
    }

    byte[] read(int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.allocate(length);
        while (buffer.hasRemaining()) {
            if (qemu.read(buffer) < 0) {
                throw new EOFException("closed after " + buffer.position() + " of " + length + " bytes");
            }
        }
        return buffer.array();
    }

    /** Everything until the agent closes, or resets, the connection. */
    byte[] readToTheEnd() {
        ByteBuffer buffer = ByteBuffer.allocate(64 << 20);
        try {
            while (qemu.read(buffer) >= 0) {
                // until it is closed
            }
        } catch (IOException e) {
            // closed as well
        }
        byte[] bytes = new byte[buffer.position()];
        buffer.get(0, bytes);
        return bytes;
    }

    @Override
    public void close() throws IOException {
        qemu.close();
        agent.close();
    }
}
