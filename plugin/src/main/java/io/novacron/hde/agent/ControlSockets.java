package io.novacron.hde.agent;

import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.channel.ControlChannel;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.Release;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.wire.ChannelType;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.Protocol;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.UserPrincipal;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import jdk.net.ExtendedSocketOptions;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A socket for each peer whose libvirt is to be reached through the tunnel: {@code SOCKETS/PEER/libvirt.sock}, for root
 * alone. Each connection to it becomes a channel of type control.
 */
final class ControlSockets implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(ControlSockets.class);

    /** What is said of no VM. */
    static final String NO_VM = "00000000-0000-0000-0000-000000000000";

    private final HdeConfig config;
    private final Map<String, Peer> peers;
    private final TunnelDialer dialer;
    private final Executor threads;
    private final Channels channels;
    private final Map<Path, ServerSocketChannel> listening = new HashMap<>();

    /**
     * Listens, and accepts from now on.
     *
     * @param threads one for each connection
     * @throws IOException naming the socket that cannot be made; none is left open
     */
    ControlSockets(HdeConfig config, Map<String, Peer> peers, TunnelDialer dialer, Executor threads, Channels channels)
            throws IOException {
        this.config = config;
        this.peers = Map.copyOf(peers);
        this.dialer = dialer;
        this.threads = threads;
        this.channels = channels;
        try {
            for (HdeConfig.Peer peer : config.peers().values()) {
                if (peer.libvirtSocket()) {
                    listen(peer.name());
                }
            }
        } catch (IOException e) {
            close();
            throw e;
        }
    }

    /** How a channel is called that belongs to no VM. */
    static ChannelId channelId(String migration, String peer, boolean sending) {
        return new ChannelId(migration, 0, HdeConfig.Sockets.LIBVIRT, NO_VM, peer, sending);
    }

    private void listen(String peer) throws IOException {
        Path path = config.sockets().libvirt(peer);
        ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        listening.put(path, server);
        UserPrincipal owner;
        try {
            Files.deleteIfExists(path);
            server.bind(UnixDomainSocketAddress.of(path));
            SocketDirectories.keepForRoot(path);
            owner = Files.getOwner(path);
        } catch (IOException e) {
            throw new IOException("peers." + peer + ".libvirt-socket: cannot listen on " + path + ": " + e, e);
        }
        Thread thread = new Thread(() -> accept(peer, server, owner), "libvirt-" + peer);
        thread.setDaemon(true);
        thread.start();
        LOG.info("libvirt of peer {} can be reached: qemu+unix:///system?socket={}", peer, path);
    }

    private void accept(String peer, ServerSocketChannel server, UserPrincipal owner) {
        while (true) {
            try {
                SocketChannel client = server.accept();
                // the mode is set after the socket is there
                if (client.getOption(ExtendedSocketOptions.SO_PEERCRED).user().equals(owner)) {
                    threads.execute(() -> serve(peer, client));
                } else {
                    client.close();
                }
            } catch (ClosedChannelException e) {
                return;
            } catch (IOException e) {
                LOG.warn("accepting on the socket to peer {}'s libvirt failed: {}", peer, e.toString());
                VmSockets.pause();
            }
        }
    }

    private void serve(String peer, SocketChannel client) {
        ChannelId id = channelId(ChannelId.newMigration(), peer, true);
        try (client) {
            carry(id, client);
        } catch (IOException e) {
            LOG.debug("{}: closing", id, e);
        }
    }

    private void carry(ChannelId id, SocketChannel client) {
        try (Tunnel tunnel = open(id)) {
            ChannelProgress progress = new ChannelProgress(id, ChannelType.CONTROL);
            ControlChannel channel = new ControlChannel(id, client, tunnel, progress);
            channels.carry(progress, channel::abort, channel::run);
        } catch (IOException e) {
            LOG.error("{}: cannot be opened: {}", id, e.getMessage());
        }
    }

    private Tunnel open(ChannelId id) throws IOException {
        channels.requireRoom();
        Tunnel tunnel = dialer.dial(peers.get(id.peer()));
        try {
            tunnel.send(new Message.Hello(
                    Protocol.CHANNEL_TYPES_VERSION,
                    Protocol.HIGHEST_VERSION,
                    ChannelType.CONTROL.number(),
                    Release.name(),
                    config.host().name(),
                    null,
                    null,
                    id.migration(),
                    id.number(),
                    false,
                    0,
                    List.of(),
                    List.of(),
                    List.of(),
                    null,
                    0));
            SourceGreeting.awaitWelcome(tunnel);
            return tunnel;
        } catch (IOException e) {
            tunnel.close();
            throw e;
        }
    }

    /** Accepts no more; what is open goes on. */
    @Override
    public void close() {
        listening.forEach((path, server) -> {
            try {
                server.close();
                Files.deleteIfExists(path);
            } catch (IOException e) {
                LOG.warn("closing {}: {}", path, e.getMessage());
            }
        });
        listening.clear();
    }
}
