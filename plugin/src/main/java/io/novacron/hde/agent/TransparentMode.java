package io.novacron.hde.agent;

import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.config.PortRange;
import io.novacron.hde.control.TransparentReport;
import io.novacron.hde.wire.ChannelType;
import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Whether migrations over TCP to peers go through the agent without being told to. */
final class TransparentMode implements AutoCloseable {
    private static final Logger LOG = LoggerFactory.getLogger(TransparentMode.class);

    private static final long LOOK_MILLIS = 500;

    /** A connection that was redirected may take as long until it is a channel. */
    private static final long IDLE_NANOS = TimeUnit.SECONDS.toNanos(20);

    private final HdeConfig config;
    private final TcpListeners listeners;
    private final Channels channels;

    // guarded by this
    private boolean listening;
    private RedirectRule rule;
    private long busyAt;
    private boolean on;
    private boolean closed;

    private volatile Map<InetAddress, HdeConfig.Peer> peers = Map.of();

    TransparentMode(HdeConfig config, TcpListeners listeners, Channels channels) {
        this.config = config;
        this.listeners = listeners;
        this.channels = channels;
        Thread thread = new Thread(this::removeWhenIdle, "transparent");
        thread.setDaemon(true);
        thread.start();
    }

    /**
     * Sets the rule, for the addresses that the peers' names now have; also where it is set already.
     *
     * @throws IOException with what is in the way; the rule is not set then
     */
    synchronized void on() throws IOException {
        if (closed) {
            throw new IOException("the agent is stopping");
        }
        off();
        Map<InetAddress, HdeConfig.Peer> found = addresses();
        if (found.isEmpty()) {
            throw new IOException("no peer's name resolves: nothing to redirect");
        }
        int port = config.transparent().port();
        if (!listening) {
            listeners.listen(port, () -> peers);
            listening = true;
        }
        if (rule == null || !rule.isThere()) {
            rule = new RedirectRule();
            notifyAll();
        }
        Map<InetAddress, PortRange> targets = new LinkedHashMap<>();
        found.forEach((address, peer) -> targets.put(address, peer.migrationPorts()));
        peers = found;
        rule.redirect(targets, port);
        on = true;
        LOG.info("transparent mode is on: migrations over TCP to {} go through this agent", found.keySet());
    }

    private Map<InetAddress, HdeConfig.Peer> addresses() {
        Map<InetAddress, HdeConfig.Peer> found = new LinkedHashMap<>();
        for (HdeConfig.Peer peer : config.peers().values()) {
            try {
                for (InetAddress address :
                        InetAddress.getAllByName(peer.address().host())) {
                    found.putIfAbsent(address, peer);
                }
            } catch (UnknownHostException e) {
                LOG.warn(
                        "transparent mode leaves peer {} out: {} does not resolve",
                        peer.name(),
                        peer.address().host());
            }
        }
        return found;
    }

    /** Removes the rule; connections that there are go on. */
    synchronized void off() throws IOException {
        if (!on) {
            return;
        }
        on = false;
        if (rule.isThere()) {
            rule.clear();
        }
        LOG.info("transparent mode is off");
    }

    synchronized TransparentReport report() {
        boolean set = on && rule.isThere();
        Map<InetAddress, HdeConfig.Peer> redirected = set ? peers : Map.of();
        return new TransparentReport(
                set,
                config.transparent().port(),
                redirected.entrySet().stream()
                        .map(entry -> new TransparentReport.Target(
                                entry.getValue().name(),
                                entry.getKey().getHostAddress(),
                                entry.getValue().migrationPorts().toString()))
                        .toList());
    }

    /** With the last table for NAT the kernel forgets how connections that were redirected go on. */
    private void removeWhenIdle() {
        try {
            while (removeIfIdle()) {
                Thread.sleep(LOOK_MILLIS);
            }
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    private synchronized boolean removeIfIdle() throws InterruptedException {
        while (rule == null && !closed) {
            wait();
        }
        if (closed) {
            return false;
        }
        if (on || channels.running().stream().anyMatch(each -> each.type() == ChannelType.TCP)) {
            busyAt = System.nanoTime();
        } else if (System.nanoTime() - busyAt > IDLE_NANOS) {
            rule.close();
            rule = null;
        }
        return true;
    }

    /** Removes the rule and the table. */
    @Override
    public synchronized void close() {
        closed = true;
        notifyAll();
        try {
            off();
        } catch (IOException e) {
            LOG.warn("{}", e.getMessage());
        }
        if (rule != null) {
            rule.close();
            rule = null;
        }
    }
}
