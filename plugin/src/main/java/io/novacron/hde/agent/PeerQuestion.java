package io.novacron.hde.agent;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.baseline.Possession;
import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.Release;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.Tunnel;
import io.novacron.hde.tunnel.TunnelDialer;
import io.novacron.hde.tunnel.TunnelException;
import io.novacron.hde.wire.ChannelType;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.Protocol;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.security.SecureRandom;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Asks a peer what it holds of a VM's memory, as a migration would at its beginning, and measures how fast the link to it
 * is: a channel of type estimate.
 */
final class PeerQuestion {
    /** What a channel of type estimate may take in all. */
    private static final long MOST_SECONDS = 15;

    private static final int CHUNK_BYTES = 64 << 10;

    /** So much first; then four times as much, until it takes long enough to tell, or is all that there may be. */
    private static final int FIRST_BYTES = 256 << 10;

    private static final long TELLING_NANOS = TimeUnit.MILLISECONDS.toNanos(60);

    private final HdeConfig config;
    private final TunnelDialer dialer;
    private final BaselineKeeper baselines;
    private final SecureRandom random = new SecureRandom();

    PeerQuestion(HdeConfig config, TunnelDialer dialer, BaselineKeeper baselines) {
        this.config = config;
        this.dialer = dialer;
        this.baselines = baselines;
    }

    /**
     * The answer.
     *
     * @param agreed tables of the baselines that both hold, by their roots, best first
     * @param linkRate bytes a second
     */
    record Answer(Map<String, MemoryTable> agreed, double linkRate) {}

    /**
     * Asks.
     *
     * @throws IOException when the peer cannot be reached, or does not answer such questions; the message says why
     */
    Answer ask(Peer peer, DomainInfo domain) throws IOException {
        try (Tunnel tunnel = dialer.dialOnce(peer)) {
            CompletableFuture.delayedExecutor(MOST_SECONDS, TimeUnit.SECONDS).execute(tunnel::close);
            String challenge = BaselineProofs.newChallenge();
            List<Message.Offer> offers = baselines.offers(domain.uuid(), peer.name());
            tunnel.send(new Message.Hello(
                    Protocol.lowestVersion(ChannelType.ESTIMATE),
                    Protocol.HIGHEST_VERSION,
                    ChannelType.ESTIMATE.number(),
                    Release.name(),
                    config.host().name(),
                    domain.name(),
                    domain.uuid(),
                    ChannelId.newMigration(),
                    0,
                    false,
                    baselines.tableChunks(),
                    List.of(),
                    offers,
                    List.of(),
                    challenge,
                    0));
            Message.Welcome welcome = SourceGreeting.welcome(tunnel, offers);
            Map<String, MemoryTable> agreed = baselines.load(welcome.held());
            BaselineProofs proofs = new BaselineProofs(
                    new Possession.Channel(config.host().name(), peer.name(), challenge, welcome.challenge()), agreed);
            SourceGreeting.keepProven(agreed, welcome, proofs, peer.name());
            return new Answer(agreed, linkRate(tunnel));
        }
    }

    private double linkRate(Tunnel tunnel) throws IOException {
        long roundTrip = ping(tunnel, System.nanoTime());
        byte[] noise = new byte[CHUNK_BYTES];
        random.nextBytes(noise);
        long all = 0;
        for (long bytes = FIRST_BYTES; ; bytes *= 4) {
            long began = System.nanoTime();
            for (long sent = 0; sent < bytes; sent += CHUNK_BYTES) {
                tunnel.send(new Message.Data(ByteBuffer.wrap(noise)));
            }
            long nanos = ping(tunnel, began);
            all += bytes;
            if (nanos - roundTrip >= TELLING_NANOS || all + 4 * bytes > Protocol.MAX_ESTIMATE_BYTES) {
                return bytes * 1e9 / Math.max(nanos - roundTrip, nanos / 2);
            }
        }
    }

    /** Waits until all that was sent has arrived; returns how long ago it began. */
    private static long ping(Tunnel tunnel, long began) throws IOException {
        tunnel.send(new Message.Ping(began));
        while (true) {
            Message message = tunnel.receive();
            if (message instanceof Message.Pong pong && pong.token() == began) {
                return System.nanoTime() - began;
            }
            if (!(message instanceof Message.Pong)) {
                throw new TunnelException("peer " + tunnel.peer().name()
                        + (message == null
                                ? " closed the tunnel"
                                : " sent " + message.getClass().getSimpleName() + " in a channel of type estimate"));
            }
        }
    }
}
