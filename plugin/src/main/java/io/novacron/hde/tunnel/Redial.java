package io.novacron.hde.tunnel;

import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.PeerText;
import io.novacron.hde.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * The end that has connected connects again, until it succeeds or the time is over: at once, then with pauses that double
 * and are cut by a random part, so that many tunnels over one link do not all come back in the same moment.
 */
final class Redial implements Resumption {
    private static final long FIRST_PAUSE_MILLIS = 100;
    private static final long LONGEST_PAUSE_MILLIS = 3_000;

    /** TCP asks for a connection again after 1, 3 and 7 s; a new attempt finds a link that is back sooner. */
    private static final Duration LONGEST_CONNECT = Duration.ofSeconds(3);

    /** A host that answers, but on which nobody listens: the agent has gone, and with it all that could be resumed. */
    private static final long REFUSED_NANOS = TimeUnit.SECONDS.toNanos(5);

    private final TunnelDialer dialer;
    private final String id;
    private final Duration limit;

    /** @param id the tunnel's, by which the peer knows it again */
    Redial(TunnelDialer dialer, String id, Duration limit) {
        this.dialer = dialer;
        this.id = id;
        this.limit = limit;
    }

    @Override
    public void resume(Tunnel tunnel, IOException cause) throws TunnelException {
        IOException last = cause;
        long pause = FIRST_PAUSE_MILLIS;
        long refusedSince = 0;
        while (tunnel.silentFor().compareTo(limit) < 0) {
            try {
                if (connect(tunnel)) {
                    return;
                }
            } catch (RefusedException | WireException e) {
                throw new TunnelException(e.getMessage(), e);
            } catch (IOException e) {
                last = e;
                long now = System.nanoTime();
                if (!TunnelDialer.isRefused(e.getCause())) {
                    refusedSince = 0;
                } else if (refusedSince == 0) {
                    refusedSince = now;
                } else if (now - refusedSince > REFUSED_NANOS) {
                    throw new TunnelException(
                            "the agent of peer " + tunnel.peer().name()
                                    + " has gone, and what it knew of this tunnel with it: " + e.getMessage(),
                            e);
                }
            }
            tunnel.pause(Math.round(pause * ThreadLocalRandom.current().nextDouble(0.5, 1)));
            pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
        }
        throw Tunnel.notResumed(tunnel.peer(), limit, last);
    }

    /** Whether the tunnel has a connection again; false if it was lost again at once. */
    private boolean connect(Tunnel tunnel) throws IOException {
        Connection connection = dialer.connect(tunnel.peer(), LONGEST_CONNECT);
        boolean attached = false;
        try {
            tunnel.attaching(connection);
            connection.send(new Message.Resume(id, tunnel.received()));
            Message answer = connection.receive();
            if (answer instanceof Message.Refuse refuse) {
                throw new RefusedException("peer " + tunnel.peer().name() + " does not resume the tunnel: "
                        + PeerText.of(refuse.reason()));
            }
            if (!(answer instanceof Message.Resumed resumed)) {
                throw new WireException("peer " + tunnel.peer().name() + " answered a Resume with "
                        + answer.getClass().getSimpleName());
            }
            attached = tunnel.attach(connection, resumed.received());
            return attached;
        } finally {
            if (!attached) {
                connection.drop();
            }
        }
    }

    private static final class RefusedException extends IOException {
        private static final long serialVersionUID = 1L;

        RefusedException(String message) {
            super(message);
        }
    }
}
