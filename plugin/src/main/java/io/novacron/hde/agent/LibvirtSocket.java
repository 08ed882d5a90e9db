package io.novacron.hde.agent;

import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/** Where this host's libvirt is reached by peers that may control it. */
final class LibvirtSocket {
    /** libvirtd's, or that of the proxy in front of the separate daemons; then that of QEMU's daemon itself. */
    private static final List<Path> USUAL =
            List.of(Path.of("/run/libvirt/libvirt-sock"), Path.of("/run/libvirt/virtqemud-sock"));

    private final List<Path> paths;

    /** @param configured empty for the usual ones */
    LibvirtSocket(Optional<Path> configured) {
        paths = configured.map(List::of).orElse(USUAL);
    }

    /** Connects to the first that answers. */
    SocketChannel connect() throws RefusedException {
        IOException last = null;
        for (Path path : paths) {
            try {
                return connect(path);
            } catch (IOException e) {
                last = e;
            }
        }
        throw new RefusedException("libvirt does not answer on " + paths + " (" + last + "); see libvirt.socket", last);
    }

    private static SocketChannel connect(Path path) throws IOException {
        SocketChannel socket = SocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            socket.connect(UnixDomainSocketAddress.of(path));
            return socket;
        } catch (IOException e) {
            socket.close();
            throw e;
        }
    }
}
