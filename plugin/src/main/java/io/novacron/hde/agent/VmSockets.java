package io.novacron.hde.agent;

import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.libvirt.DomainInfo;
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
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A listening socket for each peer and each domain that is active here: {@code SOCKETS/PEER/VM.sock}. One thread accepts
 * on all of them, so connections are handed on in the order in which they were made: older QEMUs tell a migration's
 * channels apart by nothing else.
 */
final class VmSockets implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(VmSockets.class);

    /** As many channels as one migration may open in one go. */
    private static final int BACKLOG = 64;

    /** Takes a connection over; returns at once. */
    interface Acceptor {
        void accepted(String peer, DomainInfo domain, SocketChannel qemu);
    }

    private record Key(String peer, DomainInfo domain) {}

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
            Key key = new Key(peer, domain);
            if (closed || listeners.containsKey(key)) {
                continue;
            }
            try {
                Path path = config.sockets().of(peer, domain.name());
                listeners.put(key, listen(key, path));
                LOG.info("{} can migrate to {}: unix://{}", domain.name(), peer, path);
            } catch (IOException | IllegalArgumentException e) {
                LOG.error("{} cannot migrate to {} through HDE: {}", domain.name(), peer, e.getMessage());
            }
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
                        acceptor.accepted(listener.key.peer, listener.key.domain, qemu);
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
