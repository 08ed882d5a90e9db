package io.novacron.hde.agent;

import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.wire.ChannelType;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.CancelledKeyException;
import java.nio.channels.ClosedChannelException;
import java.nio.channels.ClosedSelectorException;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.ServerSocketChannel;
import java.nio.channels.SocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Two listening sockets for each peer and each domain that is active here: {@code SOCKETS/PEER/VM.sock} for its memory, {@code
 * SOCKETS/PEER/VM-disk.sock} for its disks. Where a VM is called as another with {@code -disk} behind it, the socket of that
 * name is for its memory, and the other cannot copy disks as long as both are active. One thread accepts on all of them, so connections are handed on in the order in which they were made: older QEMUs tell a migration's
 * channels apart by nothing else.
 */
final class VmSockets implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VmSockets.class);

    /** As many channels as one migration may open in one go. */
    private static final int BACKLOG = 64;

    /** Takes a connection over; returns at once. */
    interface Acceptor {
        void accepted(String peer, DomainInfo domain, ChannelType type, SocketChannel qemu);
    }

    private record Key(String peer, DomainInfo domain, ChannelType type) {}

    private record Listener(Key key, Path path, ServerSocketChannel channel) {}

    private final HdeConfig config;
    private final SocketDirectories directories;
    private final Acceptor acceptor;
    private final Selector selector;
    private final Map<Key, Listener> listeners = new HashMap<>();
    private final Thread thread = new Thread(this::accept, "vm-sockets");
    private volatile boolean closed;

    VmSockets(HdeConfig config, SocketDirectories directories, Acceptor acceptor) throws IOException {
        this.config = config;
        this.directories = directories;
        this.acceptor = acceptor;
        this.selector = Selector.open();
        thread.setDaemon(true);
    }

    void start() {
        thread.start();
    }

    /** Listens for this domain, to every peer that may receive it. */
    synchronized void open(DomainInfo domain) {
        for (HdeConfig.Peer configured : config.peers().values()) {
            String peer = configured.name();
            if (!configured.mayReceive()) {
                LOG.info("{} cannot migrate to {}: peers.{}.may-receive is false", domain.name(), peer, peer);
                continue;
            }
            if (configured.libvirtSocket() && domain.name().equals(HdeConfig.Sockets.LIBVIRT)) {
                LOG.error(
                        "{} cannot migrate to {} through HDE: its socket would be libvirt's own (peers.{}.libvirt-socket)",
                        domain.name(),
                        peer,
                        peer);
                continue;
            }
            listen(peer, domain, ChannelType.MEMORY);
            listen(peer, domain, ChannelType.DISK);
        }
    }

    private void listen(String peer, DomainInfo domain, ChannelType type) {
        Key key = new Key(peer, domain, type);
        if (closed || listeners.containsKey(key)) {
            return;
        }
        boolean disks = type == ChannelType.DISK;
        try {
            Path path = disks
                    ? config.sockets().ofDisks(peer, domain.name())
                    : config.sockets().of(peer, domain.name());
            Optional<Listener> other = listeners.values().stream()
                    .filter(listener -> listener.path.equals(path))
                    .findFirst();
            if (other.isPresent()) {
                LOG.warn(
                        "{} is the socket of two VMs, {} and {}: it is for the memory of the one that is called so, and the "
                                + "other cannot copy disks to {}",
                        path,
                        domain.name(),
                        other.get().key.domain.name(),
                        peer);
                if (disks) {
                    return;
                }
                close(listeners.remove(other.get().key));
            }
            listeners.put(key, listen(key, path));
            LOG.info("{} can {} {}: unix://{}", domain.name(), disks ? "copy disks to" : "migrate to", peer, path);
        } catch (IOException | IllegalArgumentException e) {
            LOG.error(
                    "{} cannot {} {} through HDE: {}",
                    domain.name(),
                    disks ? "copy disks to" : "migrate to",
                    peer,
                    e.getMessage());
        }
    }

    private Listener listen(Key key, Path path) throws IOException {
        ServerSocketChannel channel = ServerSocketChannel.open(StandardProtocolFamily.UNIX);
        try {
            // left behind by an agent that was killed: nobody else may bind in this directory
            Files.deleteIfExists(path);
            channel.bind(UnixDomainSocketAddress.of(path), BACKLOG);
            directories.share(path);
            channel.configureBlocking(false);
            Listener listener = new Listener(key, path, channel);
            channel.register(selector, SelectionKey.OP_ACCEPT, listener);
            selector.wakeup();
            return listener;
        } catch (IOException e) {
            channel.close();
            throw new IOException("cannot listen on " + path + ": " + e.getMessage(), e);
        }
    }

    /** Stops listening for this domain. */
    synchronized void close(DomainInfo domain) {
        for (Key key : new ArrayList<>(listeners.keySet())) {
            if (key.domain.equals(domain)) {
                close(listeners.remove(key));
            }
        }
        // perhaps a name is free now
        if (domain.name().endsWith(HdeConfig.Sockets.DISKS)) {
            List.copyOf(listeners.keySet()).forEach(key -> listen(key.peer, key.domain, ChannelType.DISK));
        }
    }

    private void close(Listener listener) {
        try {
            listener.channel.close();
            selector.wakeup();
            Files.deleteIfExists(listener.path);
        } catch (IOException e) {
            LOG.warn("closing {}: {}", listener.path, e.getMessage());
        }
    }

    private void accept() {
        List<Listener> ready = new ArrayList<>();
        while (!closed) {
            try {
                selector.select();
                ready.clear();
                for (SelectionKey key : selector.selectedKeys()) {
                    ready.add((Listener) key.attachment());
                }
                selector.selectedKeys().clear();
                for (Listener listener : ready) {
                    SocketChannel qemu = listener.channel.accept();
                    if (qemu != null) {
                        acceptor.accepted(listener.key.peer, listener.key.domain, listener.key.type, qemu);
                    }
                }
            } catch (ClosedSelectorException e) {
                return;
            } catch (ClosedChannelException | CancelledKeyException e) {
                LOG.debug("a VM's socket was closed while it was accepted on", e);
            } catch (IOException e) {
                LOG.warn("accepting on a VM's socket failed: {}", e.toString());
                pause();
            }
        }
    }

    /** Out of descriptors, say: without a pause this would be a busy loop. */
    static void pause() {
        try {
            Thread.sleep(100);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Override
    public synchronized void close() {
        closed = true;
        listeners.values().forEach(this::close);
        listeners.clear();
        try {
            selector.close();
        } catch (IOException e) {
            LOG.debug("closing the selector", e);
        }
    }
}
