package io.novacron.hde.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.Background;
import io.novacron.hde.LogCapture;
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
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Connections that break: what was sent arrives all the same, once and in order, or both ends learn that it will not. */
@Timeout(90)
class TunnelResumeTest {
    private static final Duration LONG = Duration.ofSeconds(30);
    private static final TunnelTimes TIMES = new TunnelTimes(LONG, Duration.ofSeconds(2), LONG);

    @TempDir
    static Path directory;

    private static TunnelTls alpha;
    private static TunnelTls gamma;
    private static TunnelTls beta;

    private final BlockingQueue<Tunnel> accepted = new LinkedBlockingQueue<>();
    private final CountDownLatch testEnds = new CountDownLatch(1);
    private TunnelListener listener;
    private Relay relay;

    @BeforeAll
    static void makeCertificates() throws Exception {
        TestPki pki = new TestPki(directory.resolve("pki"), "authority");
        alpha = new TunnelTls(pki.host("alpha").files());
        beta = new TunnelTls(pki.host("beta").files());
        gamma = new TunnelTls(pki.host("gamma").files());
    }

    @BeforeEach
    void listen() throws Exception {
        listen(TIMES);
    }

    private void listen(TunnelTimes times) throws Exception {
        listener = new TunnelListener(
                beta,
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                List.of(new Peer("alpha", "x.example", 1, "alpha"), new Peer("gamma", "y.example", 1, "gamma")),
                times,
                Pacing.unlimited(),
                1,
                tunnel -> {
                    accepted.add(tunnel);
                    await(testEnds);
                });
        if (relay == null) {
            relay = new Relay(listener.port(), Long.MAX_VALUE);
        }
        relay.target(listener.port());
    }

    private static void await(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    @AfterEach
    void close() throws IOException {
        testEnds.countDown();
        listener.close();
        relay.close();
    }

    private Tunnel dial(TunnelTimes times) throws TunnelException {
        return new TunnelDialer(alpha, times, Pacing.unlimited())
                .dial(new Peer("beta", "127.0.0.1", relay.port(), "beta"));
    }

    private static ByteBuffer body(long sequence) {
        Random random = new Random(sequence);
        byte[] bytes = new byte[random.nextInt(200_000)];
        random.nextBytes(bytes);
        return ByteBuffer.wrap(bytes);
    }

    private static CompletableFuture<Message> receive(Tunnel tunnel) {
        CompletableFuture<Message> message = new CompletableFuture<>();
        return Background.run(() -> message.complete(tunnel.receive()))
                .thenCombine(message, (nothing, received) -> received);
    }

    /** One end sends numbered batches, the other acknowledges each and says something back; both check the order. */
    private void converse(int batches, Background.Work meanwhile) throws Exception {
        try (Tunnel source = dial(TIMES);
                Tunnel destination = accepted.take()) {
            CompletableFuture<Void> disturbing = Background.run(meanwhile);
            CompletableFuture<Void> sending = Background.run(() -> {
                for (int i = 1; i <= batches; i++) {
                    if (i == batches) {
                        // or the last cut could come when nobody waits for anything any more
                        disturbing.get();
                    }
                    source.send(new Message.Batch(i, body(i)));
                }
            });
            CompletableFuture<Void> answering = Background.run(() -> {
                for (int i = 1; i <= batches; i++) {
                    assertThat(destination.receive()).isEqualTo(new Message.Batch(i, body(i)));
                    destination.send(new Message.Ack(i, 0));
                    destination.send(new Message.Return(ByteBuffer.wrap(new byte[] {(byte) i})));
                }
            });
            CompletableFuture<Void> receiving = Background.run(() -> {
                for (int i = 1; i <= batches; i++) {
                    assertThat(source.receive()).isEqualTo(new Message.Ack(i, 0));
                    assertThat(source.receive()).isEqualTo(new Message.Return(ByteBuffer.wrap(new byte[] {(byte) i})));
                }
            });
            // the conversation may stand still only while it is disturbed
            sending.get();
            answering.get();
            // what is on its way back may need a new connection too, and that takes both
            CompletableFuture<Void> idle =
                    Background.run(() -> assertThat(destination.receive()).isNull());
            receiving.get();
            source.close("done");
            idle.get();
            assertThat(source.bytesSent()).isPositive();
        }
    }

    @Test
    void whateverIsCutAllArrivesOnceAndInOrder() throws Exception {
        converse(400, () -> {
            for (int i = 0; i < 12; i++) {
                Thread.sleep(new Random(i).nextInt(250));
                relay.cut();
            }
        });
        assertThat(relay.connections()).isGreaterThan(3);
    }

    @Test
    void aSilentLinkIsNoticedAndLeftForAnother() throws Exception {
        try (LogCapture log = new LogCapture()) {
            converse(50, () -> {
                relay.silent(true);
                Awaitility.await()
                        .atMost(LONG)
                        .untilAsserted(() -> assertThat(log.text()).contains("has been silent for 2000 ms"));
                relay.silent(false);
            });
        }
        assertThat(relay.connections()).isGreaterThan(1);
    }

    @Test
    void whatIsSentWithoutAConnectionArrivesLater() throws Exception {
        try (Tunnel source = dial(TIMES);
                Tunnel destination = accepted.take()) {
            CompletableFuture<Message> answer = receive(source);
            CompletableFuture<Message> first = receive(destination);
            relay.silent(true);
            relay.cut();
            Awaitility.await().until(() -> !source.isConnected() && !destination.isConnected());
            source.send(new Message.Nak(1, "first"));
            destination.send(new Message.Nak(2, "second"));
            relay.silent(false);
            assertThat(first.get()).isEqualTo(new Message.Nak(1, "first"));
            assertThat(answer.get()).isEqualTo(new Message.Nak(2, "second"));
        }
    }

    /** The very first connection may be lost before the other end has seen it. */
    @Test
    void aTunnelThatNobodyKnowsBeginsAnew() throws Exception {
        Connection connection = connect(alpha);
        connection.send(new Message.Resume(ID, 0));
        assertThat(connection.receive()).isEqualTo(new Message.Resumed(0));
        connection.send(new Message.Nak(1, "hello"));
        assertThat(accepted.take().receive()).isEqualTo(new Message.Nak(1, "hello"));
        connection.drop();
    }

    @Test
    void anAgentThatWasRestartedKnowsNothingOfATunnel() throws Exception {
        try (Tunnel source = dial(TIMES)) {
            Tunnel destination = accepted.take();
            destination.send(new Message.Nak(1, "once"));
            assertThat(source.receive()).isEqualTo(new Message.Nak(1, "once"));
            // as if it had been killed: no word to anybody
            relay.silent(true);
            testEnds.countDown();
            listener.close();
            listen(TIMES);
            relay.cut();
            relay.silent(false);
            assertThatThrownBy(source::receive)
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("peer beta does not resume the tunnel")
                    .hasMessageContaining("was it restarted?");
        }
    }

    /** A link may break while a tunnel is being opened over it. */
    @Test
    void aTunnelIsOpenedOverALinkThatBreaksMeanwhile() throws Exception {
        relay.silent(true);
        CompletableFuture<Void> breaking = Background.run(() -> {
            Awaitility.await().until(() -> relay.connections() > 0);
            relay.cut();
            relay.silent(false);
        });
        try (Tunnel source = dial(TIMES)) {
            source.send(new Message.Nak(1, "there"));
            assertThat(accepted.take().receive()).isEqualTo(new Message.Nak(1, "there"));
        }
        breaking.get();
        assertThat(relay.connections()).isGreaterThan(1);
    }

    @Test
    void anAgentThatIsGoneIsNotWaitedForLong() throws Exception {
        try (Tunnel source = dial(TIMES);
                Tunnel destination = accepted.take()) {
            assertThat(destination.isConnected()).isTrue();
            relay.close();
            assertThatThrownBy(source::receive)
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("the agent of peer beta has gone");
        }
    }

    @Test
    void afterTheTimeBothEndsGiveUp() throws Exception {
        TunnelTimes brief = new TunnelTimes(Duration.ofSeconds(1), Duration.ofSeconds(2), Duration.ofSeconds(3));
        listener.close();
        listen(brief);
        try (Tunnel source = dial(brief);
                Tunnel destination = accepted.take()) {
            relay.silent(true);
            CompletableFuture<Void> receiving = Background.run(destination::receive);
            assertThatThrownBy(source::receive)
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("peer beta was not reached again within 3 s (tunnel.resume-timeout)");
            assertThatThrownBy(receiving::get)
                    .hasMessageContaining("peer alpha was not reached again within 3 s (tunnel.resume-timeout)");
        }
    }

    @Test
    void anEndWithoutAWordIsNoEnd() throws Exception {
        try (Tunnel source = dial(TIMES);
                Tunnel destination = accepted.take()) {
            CompletableFuture<Message> message = receive(destination);
            CompletableFuture<Message> nothing = receive(source);
            relay.cut();
            Awaitility.await().atMost(LONG).until(() -> relay.connections() == 2 && destination.isConnected());
            source.send(new Message.Nak(7, "still here"));
            assertThat(message.get()).isEqualTo(new Message.Nak(7, "still here"));
            assertThat(nothing).isNotDone();
            source.close("enough");
            assertThat(destination.receive()).isNull();
            assertThat(destination.closeReason()).isEqualTo("enough");
        }
    }

    // ---- peers that do not keep to it -------------------------------------------------------------------------------

    private Connection connect(TunnelTls as) throws IOException {
        return new TunnelDialer(as, TIMES, Pacing.unlimited())
                .connect(new Peer("beta", "127.0.0.1", listener.port(), "beta"), LONG);
    }

    private Connection opened(String id) throws Exception {
        Connection connection = connect(alpha);
        connection.send(new Message.Open(id));
        return connection;
    }

    private static final String ID = "0123456789abcdef0123456789abcdef";

    @Test
    void nobodyElseCanResumeAPeersTunnel() throws Exception {
        Connection connection = opened(ID);
        Tunnel destination = accepted.take();
        connection.send(new Message.Nak(1, "mine"));
        assertThat(destination.receive()).isEqualTo(new Message.Nak(1, "mine"));
        Connection other = connect(gamma);
        other.send(new Message.Resume(ID, 1));
        assertThat(other.receive())
                .isEqualTo(new Message.Refuse("this agent knows nothing of that tunnel (any more); was it restarted?"));
        other.drop();
        assertThat(destination.isConnected()).isTrue();
        connection.drop();
    }

    @Test
    void aNewConnectionReplacesOneThatSeemsToBeWell() throws Exception {
        Connection old = opened(ID);
        Tunnel destination = accepted.take();
        old.send(new Message.Nak(1, "one"));
        assertThat(destination.receive()).isEqualTo(new Message.Nak(1, "one"));
        Connection next = connect(alpha);
        next.send(new Message.Resume(ID, 0));
        assertThat(next.receive()).isEqualTo(new Message.Resumed(1));
        next.send(new Message.Nak(2, "two"));
        assertThat(destination.receive()).isEqualTo(new Message.Nak(2, "two"));
        assertThatThrownBy(() -> {
                    while (true) {
                        old.receive();
                    }
                })
                .isInstanceOf(IOException.class);
        next.drop();
    }

    @Test
    void aPeerThatClaimsWhatCannotBeIsLeft() throws Exception {
        Connection connection = opened(ID);
        Tunnel destination = accepted.take();
        CompletableFuture<Void> receiving = Background.run(destination::receive);
        Connection next = connect(alpha);
        next.send(new Message.Resume(ID, 5));
        Message answer = next.receive();
        while (answer instanceof Message.Resumed || answer instanceof Message.Received) {
            answer = next.receive();
        }
        assertThat(answer)
                .isEqualTo(new Message.Refuse("peer alpha says it has received 5 messages, but there were 0"));
        assertThatThrownBy(receiving::get).hasCauseInstanceOf(IOException.class);
        next.drop();
        connection.drop();
    }

    @Test
    void aCountBeyondWhatWasSentEndsTheTunnel() throws Exception {
        Connection connection = opened(ID);
        Tunnel destination = accepted.take();
        connection.send(new Message.Received(1));
        assertThatThrownBy(destination::receive)
                .isInstanceOf(WireException.class)
                .hasMessage("peer alpha says it has received 1 messages, but there were 0");
        connection.drop();
    }

    @Test
    void aTunnelIsOpenedOnce() throws Exception {
        Connection connection = opened(ID);
        accepted.take();
        Connection twice = opened(ID);
        assertThat(twice.receive()).isInstanceOf(Message.Refuse.class);
        twice.drop();
        connection.drop();
    }

    @Test
    void whatBeginsOtherwiseIsRefused() throws Exception {
        for (Message first : List.of(
                new Message.Open("../../etc"),
                new Message.Open(null),
                new Message.Resume(null, 0),
                new Message.Ping(1))) {
            Connection connection = connect(alpha);
            connection.send(first);
            assertThat(connection.receive())
                    .isEqualTo(new Message.Refuse(
                            "a connection begins with Open or Resume; upgrade the older of the two agents"));
            connection.drop();
        }
        assertThat(accepted).isEmpty();
    }
}
