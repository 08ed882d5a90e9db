package io.novacron.hde.tunnel;

import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.WireException;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * An authenticated way to a peer's agent that outlives its connections. Any thread may send; one thread receives.
 *
 * <p>Both ends number the messages that they send, in silence, keep them until the other end is known to have them, and
 * say once a second how many they have received. When a connection is lost, whoever opened the tunnel connects again, each
 * end says how far it has come, and the other sends what is missing. Nobody above notices but by the time it takes: what
 * is sent meanwhile is kept, as far as there is room, and whoever receives waits. docs/protocol.md, "Resuming".
 */
public final class Tunnel implements AutoCloseable {
    /** What a tunnel tells of its connections. Called by the thread that receives. */
    public interface Observer {
        /** @param limit for how long another connection is waited for */
        void lost(String reason, Duration limit);

        void resumed(Duration after);
    }

    private record LogsOnly(Peer peer) implements Observer {
        @Override
        public void lost(String reason, Duration limit) {
            LOG.warn(
                    "the connection to peer {} is lost ({}); resuming for {} s",
                    peer.name(),
                    reason,
                    limit.toSeconds());
        }

        @Override
        public void resumed(Duration after) {
            LOG.info("connected to peer {} again after {} ms", peer.name(), after.toMillis());
        }
    }

    private static final Logger LOG = LoggerFactory.getLogger(Tunnel.class);

    private static final long ALIVE_MILLIS = 1_000;
    private static final long BUSY_MILLIS = 50;

    /** After so many messages the peer is told that they have arrived before the second is over. */
    private static final int TOLD_AFTER = 256;

    private static final int MOST_KEPT_MESSAGES = 8192;
    private static final long MOST_KEPT_BYTES = 48L << 20;

    private final Peer peer;
    private final Resumption resumption;
    private final Duration limit;

    /** Keeps messages on the wire in the order of their numbers. Never waited for by who holds the monitor. */
    private final ReentrantLock sending = new ReentrantLock();

    // guarded by this
    private final Deque<Message> kept = new ArrayDeque<>();
    private long keptBytes;
    private long sent;
    private long received;
    private long told;
    private Connection current;
    /** The one that is to become the current one: of two that come in quick succession the later. */
    private Connection next;

    private IOException loss;
    private long heardAt = System.nanoTime();
    private long pastBytesSent;
    private long pastBytesReceived;
    private boolean closed;
    private boolean closedByPeer;
    private String closeReason;

    private volatile Observer observer;

    Tunnel(Connection connection, Resumption resumption, Duration limit) {
        this.peer = connection.peer();
        this.resumption = resumption;
        this.limit = limit;
        this.current = connection;
        this.observer = new LogsOnly(peer);
        Thread thread = new Thread(this::showLife, "tunnel-alive-" + peer.name());
        thread.setDaemon(true);
        thread.start();
    }

    public Peer peer() {
        return peer;
    }

    /** Who is told from now on when a connection is lost and when there is another. */
    public void observe(Observer who) {
        observer = who;
    }

    /** Bytes of messages sent, framing and what was sent again included, TLS and TCP not. */
    public synchronized long bytesSent() {
        return pastBytesSent + (current == null ? 0 : current.bytesSent());
    }

    /** Bytes of messages received, framing included, TLS and TCP not. */
    public synchronized long bytesReceived() {
        return pastBytesReceived + (current == null ? 0 : current.bytesReceived());
    }

    /** Whether there is a connection at this moment, as far as is known. */
    public synchronized boolean isConnected() {
        return current != null;
    }

    /** Why the peer has closed the tunnel; null when it has not, or had nothing to say. */
    public synchronized String closeReason() {
        return closeReason;
    }

    // ---- send -------------------------------------------------------------------------------------------------------

    /**
     * Sends a message, now or when there is a connection again. The bytes of its body must stay as they are: those of a
     * Batch until its Ack has been received, those of others for good.
     *
     * @throws WireException when the message is longer than the protocol allows; nothing of it was sent
     * @throws IOException when the tunnel has been closed
     */
    public void send(Message message) throws IOException {
        boolean numbered = isNumbered(message);
        if (numbered) {
            awaitRoom();
        }
        sending.lock();
        try {
            if (numbered) {
                keep(message);
            }
            Connection connection = openConnection();
            if (connection != null) {
                write(connection, message, numbered);
            }
        } finally {
            sending.unlock();
        }
    }

    private void write(Connection connection, Message message, boolean numbered) throws WireException {
        try {
            connection.send(message);
        } catch (WireException e) {
            if (numbered) {
                unkeep();
            }
            throw e;
        } catch (IOException e) {
            lost(connection, e);
        }
    }

    /** What only concerns one connection has no number and is not sent again. */
    private static boolean isNumbered(Message message) {
        return !(message instanceof Message.Ping
                || message instanceof Message.Pong
                || message instanceof Message.Received);
    }

    /** Not while sending: it is a new connection that makes room where there is none. */
    private synchronized void awaitRoom() throws TunnelException {
        while (!closed && !closedByPeer && (kept.size() >= MOST_KEPT_MESSAGES || keptBytes >= MOST_KEPT_BYTES)) {
            await(ALIVE_MILLIS);
        }
    }

    private synchronized void keep(Message message) throws TunnelException {
        openConnection();
        kept.add(message);
        keptBytes += bytes(message);
        sent++;
    }

    private synchronized void unkeep() {
        keptBytes -= bytes(kept.removeLast());
        sent--;
    }

    private static long bytes(Message message) {
        if (message instanceof Message.Batch batch) {
            return batch.body().remaining();
        } else if (message instanceof Message.Resend resend) {
            return resend.body().remaining();
        } else if (message instanceof Message.Return bytes) {
            return bytes.bytes().remaining();
        } else if (message instanceof Message.Data data) {
            return data.bytes().remaining();
        }
        return 0;
    }

    /** The peer has so many messages. */
    private synchronized void confirm(long number) throws WireException {
        if (number > sent) {
            throw new WireException(
                    "peer " + peer.name() + " says it has received " + number + " messages, but there were " + sent);
        }
        while (sent - kept.size() < number) {
            keptBytes -= bytes(kept.remove());
        }
        notifyAll();
    }

    /** A batch that was acknowledged has arrived, and so has all that was sent before it; its bytes may change now. */
    private synchronized void confirmBatch(long sequence) throws WireException {
        long number = sent - kept.size();
        long last = 0;
        for (Message message : kept) {
            number++;
            if (message instanceof Message.Batch batch) {
                if (batch.sequence() > sequence) {
                    break;
                }
                last = number;
            }
        }
        confirm(last);
    }

    /** Both ends say once a second how much they have received: a proof of life, and what the other may forget. */
    private void showLife() {
        try {
            while (awaitNextSign()) {
                if (sending.tryLock()) {
                    try {
                        Message.Received message;
                        synchronized (this) {
                            told = received;
                            message = new Message.Received(received);
                        }
                        send(message);
                    } finally {
                        sending.unlock();
                    }
                } else {
                    // whoever is sending gives a better proof
                    pause(BUSY_MILLIS);
                }
            }
        } catch (IOException e) {
            // closed in the meantime
        }
    }

    private synchronized boolean awaitNextSign() throws TunnelException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(ALIVE_MILLIS);
        for (long left = end - System.nanoTime();
                !closed && !closedByPeer && left > 0 && received - told < TOLD_AFTER;
                left = end - System.nanoTime()) {
            await(TimeUnit.NANOSECONDS.toMillis(left) + 1);
        }
        return !closed && !closedByPeer;
    }

    // ---- receive ----------------------------------------------------------------------------------------------------

    /**
     * Waits for the peer's next message, for a new connection too if need be.
     *
     * @return null when the peer has closed the tunnel
     * @throws WireException when what the peer sent is not of the protocol
     * @throws IOException when the tunnel has been closed at this end, or is lost for good
     */
    public Message receive() throws IOException {
        while (true) {
            Connection connection = awaitedConnection();
            if (connection == null) {
                return null;
            }
            try {
                Message message = connection.receive();
                if (isForCaller(connection, message)) {
                    return message;
                }
            } catch (WireException e) {
                throw e;
            } catch (IOException e) {
                lost(connection, e);
            }
        }
    }

    /**
     * Connects again if the connection is lost, as {@link #receive} does: for the thread that receives, while it has to wait
     * for something else.
     *
     * @throws IOException when the tunnel has been closed at this end, or is lost for good
     */
    public void keepConnected() throws IOException {
        awaitedConnection();
    }

    /** The connection that there is, or the next one; null when the peer wants none. */
    private Connection awaitedConnection() throws IOException {
        while (true) {
            IOException cause;
            Duration silent;
            synchronized (this) {
                if (closedByPeer) {
                    return null;
                }
                Connection connection = openConnection();
                if (connection != null) {
                    return connection;
                }
                cause = loss;
                silent = silentFor();
            }
            Duration left = limit.minus(silent);
            observer.lost(reason(cause), left.isNegative() ? Duration.ZERO : left);
            long began = System.nanoTime();
            // it may be lost again before anything has come over it
            resumption.resume(this, cause);
            observer.resumed(Duration.ofNanos(System.nanoTime() - began).plus(silent));
        }
    }

    /** Takes note of a message; whether it is not for the tunnel itself. */
    private synchronized boolean isForCaller(Connection from, Message message) throws IOException {
        if (from != current) {
            // another connection has taken over, and told the peer to send this again
            return false;
        }
        heardAt = System.nanoTime();
        if (message instanceof Message.Received count) {
            confirm(count.messages());
            return false;
        } else if (message instanceof Message.Close close) {
            closedByPeer = true;
            closeReason = close.reason();
            notifyAll();
            return false;
        } else if (message instanceof Message.Open
                || message instanceof Message.Resume
                || message instanceof Message.Resumed) {
            throw new WireException("peer " + peer.name() + " sent "
                    + message.getClass().getSimpleName() + " in the middle of a connection");
        }
        if (isNumbered(message)) {
            received++;
            if (received - told >= TOLD_AFTER) {
                notifyAll();
            }
        }
        if (message instanceof Message.Ack ack) {
            confirmBatch(ack.sequence());
        }
        return true;
    }

    // ---- connections ------------------------------------------------------------------------------------------------

    private synchronized Connection openConnection() throws TunnelException {
        if (closed) {
            throw new TunnelException("the tunnel to peer " + peer.name() + " has been closed at this end");
        }
        if (closedByPeer) {
            throw new TunnelException("peer " + peer.name() + " has closed the tunnel");
        }
        return current;
    }

    private void lost(Connection connection, IOException cause) {
        synchronized (this) {
            if (detach(connection)) {
                loss = cause;
            }
        }
        connection.drop();
    }

    private synchronized boolean detach(Connection connection) {
        if (connection == null || connection != current) {
            return false;
        }
        pastBytesSent += connection.bytesSent();
        pastBytesReceived += connection.bytesReceived();
        current = null;
        return true;
    }

    /** How long nothing has been heard of the peer. */
    synchronized Duration silentFor() {
        return Duration.ofNanos(System.nanoTime() - heardAt);
    }

    /** How many numbered messages have come from the peer. */
    synchronized long received() {
        return received;
    }

    /**
     * A peer that has lost its connection is back: the new one takes the place of the old, even where that seems to be
     * well. Answers the Resume.
     *
     * @return false if the tunnel has been closed
     * @throws WireException when what the peer says cannot be
     */
    boolean adopt(Connection connection, Message.Resume resume) throws IOException {
        long count;
        synchronized (this) {
            if (closed) {
                return false;
            }
            // from here on nothing counts that the old one still brings
            replace(new TunnelException("the peer has connected again"));
            next = connection;
            count = received;
        }
        connection.send(new Message.Resumed(count));
        return attach(connection, resume.received());
    }

    /** Called by the end that connects, before it tells the peer how much it has received. */
    synchronized void attaching(Connection connection) {
        next = connection;
    }

    /**
     * Goes on over this connection, and sends again what the peer has not received. The messages that come are received
     * meanwhile.
     *
     * @return whether it is still there afterwards
     * @throws WireException when the peer cannot have received so many
     */
    boolean attach(Connection connection, long peerReceived) throws WireException {
        sending.lock();
        try {
            List<Message> again;
            synchronized (this) {
                if (closed || next != connection) {
                    return false;
                }
                if (peerReceived < sent - kept.size()) {
                    throw new WireException("peer " + peer.name() + " has forgotten messages: it had "
                            + (sent - kept.size()) + " and now has " + peerReceived);
                }
                confirm(peerReceived);
                again = List.copyOf(kept);
                next = null;
                current = connection;
                notifyAll();
            }
            for (Message message : again) {
                write(connection, message, false);
            }
            synchronized (this) {
                return current == connection;
            }
        } finally {
            sending.unlock();
        }
    }

    private synchronized void replace(IOException cause) {
        Connection old = current;
        if (detach(old)) {
            loss = cause;
            old.drop();
        }
        if (next != null) {
            next.drop();
        }
    }

    /** Waits until there is a connection; false when the peer has been silent for too long. */
    synchronized boolean awaitConnection(Duration most) throws TunnelException {
        while (openConnection() == null) {
            long left = most.minus(silentFor()).toMillis();
            if (left <= 0) {
                return false;
            }
            await(left);
        }
        return true;
    }

    /** Waits so long, or until the tunnel is closed. */
    synchronized void pause(long millis) throws TunnelException {
        long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(millis);
        for (long left = millis; left > 0; left = TimeUnit.NANOSECONDS.toMillis(end - System.nanoTime())) {
            openConnection();
            await(left);
        }
        openConnection();
    }

    /** Its callers look in a loop for what they wait for. */
    @SuppressWarnings("WaitNotInLoop")
    private void await(long millis) throws TunnelException {
        try {
            wait(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new TunnelException("interrupted while waiting for peer " + peer.name(), e);
        }
    }

    static TunnelException notResumed(Peer peer, Duration limit, IOException last) {
        String time = limit.isZero()
                ? "the connection to peer " + peer.name() + " is lost"
                : "peer " + peer.name() + " was not reached again within " + limit.toSeconds()
                        + " s (tunnel.resume-timeout)";
        return new TunnelException(time + ": " + reason(last), last);
    }

    private static String reason(IOException cause) {
        return cause.getMessage() == null ? cause.toString() : cause.getMessage();
    }

    // ---- the end ----------------------------------------------------------------------------------------------------

    /** Closes because there is nothing more to say. */
    @Override
    public void close() {
        close(null);
    }

    /**
     * Closes at once, or, where the peer has stopped reading, within a second; a thread that is sending or receiving gets
     * an IOException.
     *
     * @param reason for the peer's log; null when there is nothing more to say
     */
    public void close(String reason) {
        Connection connection;
        synchronized (this) {
            if (closed) {
                return;
            }
            closed = true;
            connection = current;
            notifyAll();
        }
        if (connection != null) {
            connection.close(new Message.Close(reason));
        }
    }
}
