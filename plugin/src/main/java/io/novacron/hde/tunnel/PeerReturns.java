package io.novacron.hde.tunnel;

import java.io.IOException;
import java.time.Duration;

/** The end that was connected to waits: the peer connects again. */
final class PeerReturns implements Resumption {
    private final Duration limit;

    PeerReturns(Duration limit) {
        this.limit = limit;
    }

    @Override
    public void resume(Tunnel tunnel, IOException cause) throws TunnelException {
        if (!tunnel.awaitConnection(limit)) {
            throw Tunnel.notResumed(tunnel.peer(), limit, cause);
        }
    }
}
