package io.novacron.hde.channel;

import io.novacron.hde.tunnel.Tunnel;
import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Writes down when a channel's tunnel loses its connection, and when it has another. */
record ConnectionLog(ChannelId id, ChannelProgress progress) implements Tunnel.Observer {
    private static final Logger LOG = LoggerFactory.getLogger(ConnectionLog.class);

    @Override
    public void lost(String reason, Duration limit) {
        progress.connected(false);
        LOG.warn(
                "{}: the connection to peer {} is lost ({}); the migration waits for another for up to {} s",
                id,
                id.peer(),
                reason,
                limit.toSeconds());
    }

    @Override
    public void resumed(Duration after) {
        progress.connected(true);
        progress.addResumption();
        LOG.info("{}: goes on over a new connection to peer {}, after {} ms", id, id.peer(), after.toMillis());
    }
}
