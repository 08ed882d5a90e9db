package io.novacron.hde.agent;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;

/**
 * Two sockets that are connected with each other, for a channel at whose end is no QEMU: the agent has the channel's end,
 * as it would have a connection of QEMU's, and plays QEMU at the other.
 */
record SocketPair(SocketChannel channelEnd, SocketChannel qemuEnd) implements AutoCloseable {
    /**
     * Makes a pair.
     *
     * @param directory in which nobody else may make files; nothing is left in it
     */
    static SocketPair open(Path directory) throws IOException {
        Path hidden = Files.createTempDirectory(
                directory, ".p", PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
        UnixDomainSocketAddress address = UnixDomainSocketAddress.of(hidden.resolve("s"));
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(address);
            SocketChannel one = SocketChannel.open(address);
            try {
                return new SocketPair(server.accept(), one);
            } catch (IOException e) {
                one.close();
                throw e;
            }
        } finally {
            Files.deleteIfExists(address.getPath());
            Files.delete(hidden);
        }
    }

    @Override
    public void close() throws IOException {
        channelEnd.close();
        qemuEnd.close();
    }
}
