package io.novacron.hde.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.LogCapture;
import io.novacron.hde.wire.Message;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.X509TrustManager;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** Whoever is no configured peer gets nowhere, the log says why, and the next peer is served as if nothing had been. */
@Timeout(60)
class TunnelRefusalTest {
    private static final Duration LONG = Duration.ofSeconds(30);

    @TempDir
    static Path directory;

    private static TestPki pki;
    private static TestPki otherPki;
    private static TestPki.Host alpha;
    private static TestPki.Host beta;

    private TunnelListener listener;

    @BeforeAll
    static void makeCertificates() throws Exception {
        pki = new TestPki(directory.resolve("pki"), "authority");
        // of the same name, so that only the signature tells them apart
        otherPki = new TestPki(directory.resolve("other"), "authority");
        alpha = pki.host("alpha");
        beta = pki.host("beta");
    }

    @AfterEach
    void close() {
        if (listener != null) {
            listener.close();
        }
    }

    /** A listener that answers every Ping. */
    private void listen(TestPki.Host host, Duration handshakeTimeout, int maxChannels, Peer... peers)
            throws TunnelException {
        listener = new TunnelListener(
                new TunnelTls(host.files()),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                List.of(peers),
                times(handshakeTimeout),
                Pacing.unlimited(),
                maxChannels,
                tunnel -> {
                    for (Message message = tunnel.receive(); message != null; message = tunnel.receive()) {
                        tunnel.send(new Message.Pong(((Message.Ping) message).token()));
                    }
                });
    }

    private static TunnelTimes times(Duration connect) {
        return new TunnelTimes(connect, LONG, Duration.ZERO);
    }

    private void listen() throws TunnelException {
        listen(beta, LONG, 8, peer("alpha"));
    }

    private static Peer peer(String certificateName) {
        return new Peer("alpha", "alpha.example", 1, certificateName);
    }

    private Tunnel dial(TlsFiles files, String host, String certificateName) throws TunnelException {
        return new TunnelDialer(new TunnelTls(files), times(LONG), Pacing.unlimited())
                .dial(new Peer("beta", host, listener.port(), certificateName));
    }

    private Tunnel dial() throws TunnelException {
        return dial(alpha.files(), "127.0.0.1", "beta");
    }

    private static void assertAnswers(Tunnel tunnel) throws IOException {
        tunnel.send(new Message.Ping(11));
        assertThat(tunnel.receive()).isEqualTo(new Message.Pong(11));
    }

    /** In TLS 1.3 the client's end of the handshake is over before the server has seen its certificate. */
    private void assertGetsNowhere(TlsFiles files) {
        assertThatThrownBy(() -> {
                    try (Tunnel tunnel = dial(files, "127.0.0.1", "beta")) {
                        tunnel.send(new Message.Ping(11));
                        if (tunnel.receive() == null) {
                            throw new IOException("closed");
                        }
                    }
                })
                .isInstanceOf(IOException.class);
    }

    private void assertStillServes() throws IOException {
        try (Tunnel tunnel = dial()) {
            assertAnswers(tunnel);
        }
    }

    private static void awaitLog(LogCapture log, String... parts) {
        Awaitility.await()
                .atMost(LONG)
                .untilAsserted(() -> assertThat(log.text()).contains(parts));
        assertThat(log.text()).doesNotContain("\tat ");
    }

    // ---- certificates -----------------------------------------------------------------------------------------------

    @Test
    void anAuthorityThatIsNotOurs() throws Exception {
        listen();
        TestPki.Host stranger = otherPki.host("alpha");
        try (LogCapture log = new LogCapture()) {
            TlsFiles files = new TlsFiles(
                    pki.ca(), stranger.certificate(), stranger.key(), stranger.certificate(), stranger.key());
            assertGetsNowhere(files);
            awaitLog(log, "refused a connection from /127.0.0.1", "no TLS 1.3 with a trusted certificate");
        }
        assertStillServes();
    }

    @Test
    void aListenerOfAnAuthorityThatIsNotOurs() throws Exception {
        TestPki.Host stranger = otherPki.host("beta");
        listen(stranger, LONG, 8, peer("alpha"));
        assertThatThrownBy(this::dial)
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("no tunnel to peer beta at 127.0.0.1:" + listener.port())
                .hasMessageContaining("does it trust this host's certificate");
    }

    @Test
    void ourAuthorityButNoPeer() throws Exception {
        listen();
        try (LogCapture log = new LogCapture()) {
            assertGetsNowhere(pki.host("gamma").files());
            awaitLog(log, "refused a tunnel from /127.0.0.1", "its certificate is for [gamma]", "no peer in the conf");
        }
        assertStillServes();
    }

    @Test
    void anExpiredCertificate() throws Exception {
        listen();
        TestPki.Host expired =
                pki.host("alpha", List.of(), List.of(), Instant.now().minus(1, ChronoUnit.DAYS), TestPki.ecKeys());
        try (LogCapture log = new LogCapture()) {
            assertGetsNowhere(expired.files());
            awaitLog(log, "refused a connection from /127.0.0.1", "no TLS 1.3 with a trusted certificate");
        }
        assertStillServes();
    }

    @Test
    void aListenersExpiredCertificate() throws Exception {
        TestPki.Host expired =
                pki.host("beta", List.of(), List.of(), Instant.now().minus(1, ChronoUnit.DAYS), TestPki.ecKeys());
        listen(expired, LONG, 8, peer("alpha"));
        assertThatThrownBy(this::dial)
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("no tunnel to peer beta");
    }

    @Test
    void noCertificateAtAll() throws Exception {
        listen();
        try (LogCapture log = new LogCapture()) {
            assertThatThrownBy(() -> {
                        try (SSLSocket socket = tlsSocket(null, "TLSv1.3")) {
                            socket.startHandshake();
                            if (socket.getInputStream().read() < 0) {
                                throw new IOException("closed");
                            }
                        }
                    })
                    .isInstanceOf(IOException.class);
            awaitLog(log, "refused a connection from /127.0.0.1", "no TLS 1.3 with a trusted certificate");
        }
        assertStillServes();
    }

    @Test
    void anOlderTls() throws Exception {
        listen();
        try (LogCapture log = new LogCapture()) {
            assertThatThrownBy(() -> {
                        try (SSLSocket socket = tlsSocket(alpha, "TLSv1.2")) {
                            socket.startHandshake();
                        }
                    })
                    .isInstanceOf(IOException.class);
            awaitLog(log, "refused a connection from /127.0.0.1", "no TLS 1.3 with a trusted certificate");
        }
        assertStillServes();
    }

    private SSLSocket tlsSocket(TestPki.Host host, String protocol) throws Exception {
        KeyManager[] keys = null;
        if (host != null) {
            KeyStore store = KeyStore.getInstance("PKCS12");
            store.load(null, null);
            store.setKeyEntry(
                    "own", host.privateKey(), new char[0], new X509Certificate[] {TestPki.read(host.certificate())});
            KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
            factory.init(store, new char[0]);
            keys = factory.getKeyManagers();
        }
        SSLContext context = SSLContext.getInstance("TLS");
        context.init(keys, new TrustManager[] {new TrustsAnybody()}, null);
        SSLSocket socket = (SSLSocket) context.getSocketFactory().createSocket("127.0.0.1", listener.port());
        socket.setEnabledProtocols(new String[] {protocol});
        return socket;
    }

    private static final class TrustsAnybody implements X509TrustManager {
        @Override
        public void checkClientTrusted(X509Certificate[] chain, String authType) {
            // whoever it is
        }

        @Override
        public void checkServerTrusted(X509Certificate[] chain, String authType) {
            // whoever it is
        }

        @Override
        public X509Certificate[] getAcceptedIssuers() {
            return new X509Certificate[0];
        }
    }

    // ---- names ------------------------------------------------------------------------------------------------------

    @Test
    void theSubjectsCommonNameIsAName() throws Exception {
        listen(beta, LONG, 8, peer("ALPHA"));
        assertStillServes();
    }

    @Test
    void anAlternativeDnsNameIsAName() throws Exception {
        TestPki.Host host =
                pki.host("x", List.of("a.example", "alpha.dns"), List.of(), TestPki.future(), TestPki.ecKeys());
        listen(beta, LONG, 8, peer("alpha.dns"));
        try (Tunnel tunnel = dial(host.files(), "127.0.0.1", "beta")) {
            assertAnswers(tunnel);
        }
    }

    @Test
    void aCertificateMayHaveAlternativeNamesOnly() throws Exception {
        TestPki.Host host = pki.host(null, List.of("alpha.dns"), List.of(), TestPki.future(), TestPki.ecKeys());
        listen(beta, LONG, 8, peer("alpha.dns"));
        try (Tunnel tunnel = dial(host.files(), "127.0.0.1", "beta")) {
            assertAnswers(tunnel);
        }
    }

    @Test
    void thePeersAddressInTheCertificateIsEnough() throws Exception {
        TestPki.Host host = pki.host("x", List.of(), List.of("127.0.0.1"), TestPki.future(), TestPki.ecKeys());
        listen(host, LONG, 8, peer("alpha"));
        try (Tunnel tunnel = dial(alpha.files(), "127.0.0.1", "another name")) {
            assertAnswers(tunnel);
        }
    }

    @Test
    void anAddressHasMoreThanOneSpelling() throws Exception {
        TestPki.Host host = pki.host("x", List.of(), List.of("2001:db8::7"), TestPki.future(), TestPki.ecKeys());
        listen(beta, LONG, 8, peer("2001:db8::7"));
        try (Tunnel tunnel = dial(host.files(), "127.0.0.1", "beta")) {
            assertAnswers(tunnel);
        }
    }

    @Test
    void aNameWithinANameIsNoName() throws Exception {
        listen();
        try (LogCapture log = new LogCapture()) {
            assertGetsNowhere(pki.host("alpha,CN=alpha").files());
            assertGetsNowhere(pki.host("*").files());
            awaitLog(log, "its certificate is for [alpha,CN=alpha]", "its certificate is for [*]");
        }
        assertStillServes();
    }

    @Test
    void aListenerOfAnotherNameIsToldFromTheOneThatIsWanted() throws Exception {
        listen();
        assertThatThrownBy(() -> dial(alpha.files(), "127.0.0.1", "delta"))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("shows a certificate for [beta]; expected delta")
                .hasMessageContaining("peers.beta.certificate-name");
    }

    // ---- what is no TLS ---------------------------------------------------------------------------------------------

    private void assertRefusesBytes(byte[] bytes) throws IOException {
        try (LogCapture log = new LogCapture()) {
            try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
                socket.getOutputStream().write(bytes);
                socket.shutdownOutput();
                readToTheEnd(socket.getInputStream());
            } catch (IOException e) {
                // a reset says the same
            }
            awaitLog(log, "refused a connection from /127.0.0.1");
        }
    }

    private static void readToTheEnd(InputStream in) throws IOException {
        byte[] buffer = new byte[1024];
        while (in.read(buffer) >= 0) {
            // until it is closed
        }
    }

    @Test
    void plainTextAndGarbage() throws Exception {
        listen();
        assertRefusesBytes("GET / HTTP/1.0\r\n\r\n".getBytes(StandardCharsets.US_ASCII));
        byte[] garbage = new byte[100_000];
        new Random(5).nextBytes(garbage);
        assertRefusesBytes(garbage);
        assertRefusesBytes(new byte[0]);
        assertRefusesBytes(new byte[] {0x16, 3, 1, 0x7f, -1, 1, 0, 0, 4});
        assertRefusesBytes(new byte[] {0, 0, 0, 9, 13, 0, 0, 0, 0, 0, 0, 0, 1});
        assertStillServes();
    }

    @Test
    void aSilentClientIsNotWaitedForForEver() throws Exception {
        listen(beta, Duration.ofMillis(300), 8, peer("alpha"));
        try (LogCapture log = new LogCapture();
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
            readToTheEnd(socket.getInputStream());
            awaitLog(log, "refused a connection from /127.0.0.1", "within 300 ms", "tunnel.connect-timeout");
        }
        listener.close();
        listen();
        assertStillServes();
    }

    @Test
    void aClientThatSendsAByteNowAndThenIsNotWaitedForEither() throws Exception {
        listen(beta, Duration.ofMillis(500), 8, peer("alpha"));
        try (LogCapture log = new LogCapture();
                Socket socket = new Socket(InetAddress.getLoopbackAddress(), listener.port())) {
            assertThatThrownBy(() -> {
                        byte[] hello = {0x16, 3, 1, 0x20, 0, 1};
                        socket.getOutputStream().write(hello);
                        while (true) {
                            socket.getOutputStream().write(0);
                            Thread.sleep(50);
                        }
                    })
                    .isInstanceOf(IOException.class);
            awaitLog(log, "within 500 ms");
        }
    }

    @Test
    void strangersDoNotUseUpTheTunnels() throws Exception {
        listen(beta, LONG, 2, peer("alpha"));
        List<Socket> strangers = new ArrayList<>();
        try {
            for (int i = 0; i < TunnelListener.MAX_HANDSHAKES - 1; i++) {
                strangers.add(new Socket(InetAddress.getLoopbackAddress(), listener.port()));
            }
            assertStillServes();
        } finally {
            strangers.forEach(TunnelTls::close);
        }
    }

    @Test
    void moreStrangersThanCanBeAreClosedAtOnce() throws Exception {
        listen(beta, LONG, 2, peer("alpha"));
        List<Socket> strangers = new ArrayList<>();
        try (LogCapture log = new LogCapture()) {
            for (int i = 0; i < TunnelListener.MAX_HANDSHAKES + 1; i++) {
                strangers.add(new Socket(InetAddress.getLoopbackAddress(), listener.port()));
            }
            readToTheEnd(strangers.get(TunnelListener.MAX_HANDSHAKES).getInputStream());
            awaitLog(log, "others have not yet shown a certificate");
        } finally {
            strangers.forEach(TunnelTls::close);
        }
        Awaitility.await().atMost(LONG).ignoreExceptions().untilAsserted(this::assertStillServes);
    }

    // ---- too many, and handlers that fail ---------------------------------------------------------------------------

    @Test
    void oneTunnelMoreThanAllowed() throws Exception {
        listen(beta, LONG, 2, peer("alpha"));
        try (Tunnel first = dial();
                Tunnel second = dial()) {
            assertAnswers(first);
            assertAnswers(second);
            try (LogCapture log = new LogCapture();
                    Tunnel third = dial()) {
                third.send(new Message.Ping(1));
                assertThat(third.receive())
                        .isEqualTo(new Message.Refuse("2 tunnels are open here already (tunnel.max-channels)"));
                awaitLog(log, "refused a tunnel of peer alpha", "tunnel.max-channels");
            }
            assertAnswers(first);
        }
        Awaitility.await().atMost(LONG).ignoreExceptions().untilAsserted(this::assertStillServes);
    }

    @Test
    void aPeerDoesNotUseUpWhatOthersNeed() throws Exception {
        listen(beta, LONG, 4, peer("alpha"), new Peer("gamma", "gamma.example", 1, "gamma"));
        try (Tunnel first = dial();
                Tunnel second = dial();
                Tunnel third = dial()) {
            assertAnswers(first);
            assertAnswers(second);
            assertAnswers(third);
            try (Tunnel fourth = dial()) {
                fourth.send(new Message.Ping(1));
                assertThat(fourth.receive())
                        .isEqualTo(new Message.Refuse("peer alpha has opened 3 tunnels here already, which is its share"
                                + " (tunnel.max-channels)"));
            }
            try (Tunnel others = dial(pki.host("gamma").files(), "127.0.0.1", "beta")) {
                assertAnswers(others);
            }
        }
        Awaitility.await().atMost(LONG).ignoreExceptions().untilAsserted(this::assertStillServes);
    }

    @Test
    void aHandlerThatFailsTakesOnlyItsTunnelWithIt() throws Exception {
        CountDownLatch failed = new CountDownLatch(2);
        listener = new TunnelListener(
                new TunnelTls(beta.files()),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                List.of(peer("alpha")),
                times(LONG),
                Pacing.unlimited(),
                1,
                tunnel -> {
                    failed.countDown();
                    if (tunnel.receive() instanceof Message.Ping) {
                        throw new IllegalStateException("handler is broken");
                    }
                    throw new IOException("handler gives up");
                });
        try (LogCapture log = new LogCapture()) {
            try (Tunnel tunnel = dial()) {
                tunnel.send(new Message.Ping(1));
                assertThat(tunnel.receive()).isNull();
            }
            Awaitility.await().atMost(LONG).ignoreExceptions().untilAsserted(() -> {
                try (Tunnel tunnel = dial()) {
                    tunnel.send(new Message.Pong(1));
                    assertThat(tunnel.receive()).isNull();
                }
            });
            failed.await();
            Awaitility.await()
                    .atMost(LONG)
                    .untilAsserted(() -> assertThat(log.text()).contains("handler is broken", "handler gives up"));
        }
    }

    // ---- dialing and binding ----------------------------------------------------------------------------------------

    @Test
    void nobodyListens() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            port = socket.getLocalPort();
        }
        TunnelDialer dialer = new TunnelDialer(new TunnelTls(alpha.files()), times(LONG), Pacing.unlimited());
        assertThatThrownBy(() -> dialer.dial(new Peer("beta", "127.0.0.1", port, "beta")))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("no tunnel to peer beta at 127.0.0.1:" + port)
                .hasMessageContaining("is its agent running");
    }

    @Test
    void aNameThatDoesNotResolve() throws Exception {
        TunnelDialer dialer = new TunnelDialer(new TunnelTls(alpha.files()), times(LONG), Pacing.unlimited());
        assertThatThrownBy(() -> dialer.dial(new Peer("beta", "no-such-host.invalid", 1, "beta")))
                .isInstanceOf(TunnelException.class)
                .hasMessage("peer beta: the name no-such-host.invalid does not resolve");
    }

    @Test
    void somebodyListensWhoNeverAnswers() throws Exception {
        try (ServerSocket mute = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
            TunnelDialer dialer =
                    new TunnelDialer(new TunnelTls(alpha.files()), times(Duration.ofMillis(300)), Pacing.unlimited());
            assertThatThrownBy(() -> dialer.dial(new Peer("beta", "127.0.0.1", mute.getLocalPort(), "beta")))
                    .isInstanceOf(TunnelException.class)
                    .hasMessageContaining("no tunnel to peer beta");
        }
    }

    @Test
    void aPortThatIsTaken() throws Exception {
        listen();
        assertThatThrownBy(() -> new TunnelListener(
                        new TunnelTls(beta.files()),
                        new InetSocketAddress(InetAddress.getLoopbackAddress(), listener.port()),
                        List.of(),
                        times(LONG),
                        Pacing.unlimited(),
                        1,
                        tunnel -> {}))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("tunnel.listen")
                .hasMessageContaining("is another agent running");
    }
}
