package io.novacron.hde.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.Background;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.WireException;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Two ends of a tunnel over TCP and TLS on the loopback interface. */
@Timeout(60)
class TunnelTest {
    private static final TunnelTimes TIMES =
            new TunnelTimes(Duration.ofSeconds(30), Duration.ofSeconds(30), Duration.ZERO);

    @TempDir
    Path directory;

    private final BlockingQueue<Tunnel> accepted = new LinkedBlockingQueue<>();
    private final CountDownLatch testEnds = new CountDownLatch(1);
    private TunnelListener listener;
    private Tunnel dialed;
    private Tunnel answering;

    @BeforeEach
    void connect() throws Exception {
        TestPki pki = new TestPki(directory, "authority");
        TestPki.Host alpha = pki.host("alpha");
        TestPki.Host beta = pki.host("beta");
        listener = new TunnelListener(
                new TunnelTls(beta.files()),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                List.of(new Peer("alpha", "alpha.example", 1, "alpha")),
                TIMES,
                Pacing.unlimited(),
                4,
                tunnel -> {
                    accepted.add(tunnel);
                    await(testEnds);
                });
        dialed = new TunnelDialer(new TunnelTls(alpha.files()), TIMES, Pacing.unlimited())
                .dial(new Peer("beta", "127.0.0.1", listener.port(), "beta"));
        answering = accepted.take();
    }

    @AfterEach
    void close() {
        testEnds.countDown();
        dialed.close();
        listener.close();
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @Test
    void eachEndKnowsWhoTheOtherIs() {
        assertThat(dialed.peer().name()).isEqualTo("beta");
        assertThat(answering.peer().name()).isEqualTo("alpha");
    }

    @Test
    void messagesPassBothWays() throws IOException {
        dialed.send(new Message.Ping(42));
        assertThat(answering.receive()).isEqualTo(new Message.Ping(42));
        answering.send(new Message.Refuse("not today"));
        assertThat(dialed.receive()).isEqualTo(new Message.Refuse("not today"));
        assertThat(dialed.bytesSent()).isGreaterThanOrEqualTo(13);
        awaitSameCounts();
    }

    /** Signs of life are counted too, and come only while somebody receives. */
    private void awaitSameCounts() throws IOException {
        long sent = dialed.bytesSent();
        answering.send(new Message.Ping(1));
        dialed.receive();
        dialed.send(new Message.Ping(1));
        answering.receive();
        assertThat(answering.bytesReceived()).isGreaterThanOrEqualTo(sent + 13);
    }

    @Test
    void muchPassesBothWaysAtOnce() throws Exception {
        CompletableFuture<Void> there = send(dialed, 1);
        CompletableFuture<Void> back = send(answering, 2);
        CompletableFuture<Void> received = receive(answering, 1);
        receive(dialed, 2).get();
        received.get();
        there.get();
        back.get();
        assertThat(dialed.bytesSent()).isGreaterThan(20 << 20);
        assertThat(answering.bytesReceived()).isGreaterThan(20 << 20);
    }

    private static ByteBuffer body(Random random) {
        byte[] bytes = new byte[random.nextInt(1 << 20)];
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private static CompletableFuture<Void> send(Tunnel tunnel, long seed) {
        return Background.run(() -> {
            Random random = new Random(seed);
            for (int i = 0; i < 50; i++) {
                tunnel.send(new Message.Batch(i, body(random)));
            }
        });
    }

    private static CompletableFuture<Void> receive(Tunnel tunnel, long seed) {
        return Background.run(() -> {
            Random random = new Random(seed);
            for (int i = 0; i < 50; i++) {
                assertThat(tunnel.receive()).isEqualTo(new Message.Batch(i, body(random)));
            }
        });
    }

    @Test
    void aClosedTunnelEndsInGoodOrderBehindWhatWasSent() throws IOException {
        dialed.send(new Message.Ping(1));
        dialed.close();
        assertThat(answering.receive()).isEqualTo(new Message.Ping(1));
        assertThat(answering.receive()).isNull();
        assertThatThrownBy(() -> dialed.send(new Message.Ping(2))).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> dialed.receive()).isInstanceOf(IOException.class);
    }

    @Test
    void closingTwiceDoesNothing() throws IOException {
        answering.close();
        answering.close();
        assertThat(dialed.receive()).isNull();
    }

    @Test
    void closingFreesAThreadThatReceives() throws Exception {
        CompletableFuture<Void> receiving = Background.run(() -> dialed.receive());
        dialed.close();
        assertThatThrownBy(() -> receiving.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);
    }

    /** A peer that has stopped reading must not keep anybody from giving up. */
    @Test
    void closingFreesAThreadThatSends() throws Exception {
        CompletableFuture<Void> sending = Background.run(() -> {
            while (true) {
                dialed.send(new Message.Batch(1, ByteBuffer.allocate(1 << 20)));
            }
        });
        long before;
        do {
            before = dialed.bytesSent();
            Thread.sleep(200);
        } while (dialed.bytesSent() > before);

        CompletableFuture<Void> closing = Background.run(dialed::close);

        closing.get(30, TimeUnit.SECONDS);
        assertThatThrownBy(() -> sending.get(30, TimeUnit.SECONDS)).hasCauseInstanceOf(IOException.class);
    }

    @Test
    void closingTheListenerClosesItsTunnels() {
        listener.close();
        assertThatThrownBy(() -> {
                    while (dialed.receive() != null) {
                        // whatever is still on its way
                    }
                    throw new IOException("closed in good order");
                })
                .isInstanceOf(IOException.class);
        assertThatThrownBy(() -> new TunnelDialer(
                                new TunnelTls(new TestPki(directory.resolve("2"), "authority")
                                        .host("alpha")
                                        .files()),
                                TIMES,
                                Pacing.unlimited())
                        .dial(new Peer("beta", "127.0.0.1", listener.port(), "beta")))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("is its agent running");
    }

    @Test
    void whatIsNoMessageOfTheProtocolIsSaidToBe() throws Exception {
        dialed.send(new Message.Return(ByteBuffer.wrap(new byte[] {1})));
        assertThat(answering.receive()).isInstanceOf(Message.Return.class);
        dialed.send(new Message.Begin(null, null, null));
        assertThat(answering.receive()).isEqualTo(new Message.Begin(null, null, null));
        assertThatThrownBy(() -> dialed.send(new Message.Refuse("x".repeat(100_000))))
                .isInstanceOf(WireException.class);
        // nothing of it was sent: the tunnel is as good as before
        dialed.send(new Message.Ping(3));
        assertThat(answering.receive()).isEqualTo(new Message.Ping(3));
    }
}
