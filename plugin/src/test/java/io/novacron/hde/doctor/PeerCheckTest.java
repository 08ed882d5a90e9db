package io.novacron.hde.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.tunnel.Pacing;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.TestPki;
import io.novacron.hde.tunnel.TlsFiles;
import io.novacron.hde.tunnel.TunnelListener;
import io.novacron.hde.tunnel.TunnelTimes;
import io.novacron.hde.tunnel.TunnelTls;
import io.novacron.hde.wire.Message;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.security.KeyPairGenerator;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;

/** A peer that is made up, on the loopback interface. */
@Timeout(120)
class PeerCheckTest {
    private static final Duration TIMEOUT = Duration.ofSeconds(20);

    @TempDir
    private Path directory;

    private TestPki pki;
    private TestPki.Host here;
    private TestPki.Host there;
    private Peer asSeenThere;
    private Message.Standing standing;
    private String options = "";

    @BeforeEach
    void healthy() throws Exception {
        pki = new TestPki(directory.resolve("pki"), "authority");
        here = host(pki, "a", 20);
        there = host(pki, "b", 20);
        asSeenThere = new Peer("a", "192.0.2.1", 1, "a");
        standing = standing("b", "a", List.of("a"), true, true, System.currentTimeMillis(), 3);
    }

    private static TestPki.Host host(TestPki pki, String name, int days) throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return pki.host(
                name, List.of(), List.of(), Instant.now().plus(Duration.ofDays(days)), generator.generateKeyPair());
    }

    private static Message.Standing standing(
            String host, String peer, List<String> names, boolean maySend, boolean mayReceive, long clock, int lowest) {
        return new Message.Standing(
                lowest, lowest + 2, "hde 1", host, peer, names, maySend, maySend, mayReceive, false, clock);
    }

    private List<String> problems() throws Exception {
        try (TunnelListener listener = new TunnelListener(
                new TunnelTls(there.files()),
                new InetSocketAddress(InetAddress.getLoopbackAddress(), 0),
                List.of(asSeenThere),
                new TunnelTimes(TIMEOUT, TIMEOUT, Duration.ZERO),
                Pacing.unlimited(),
                4,
                tunnel -> {
                    assertThat(tunnel.receive()).isInstanceOf(Message.Ask.class);
                    tunnel.send(standing);
                    tunnel.receive();
                })) {
            return problems("127.0.0.1:" + listener.port());
        }
    }

    private List<String> problems(String address) throws Exception {
        return Made.problems(new PeerCheck(
                new Made(directory)
                        .config("host: {name: a}\npeers: {b: {address: '" + address + "'" + options
                                + "}}\ntunnel: {ca: "
                                + here.files().ca() + ", certificate: " + here.certificate() + ", key: " + here.key()
                                + ", client-certificate: " + here.certificate() + ", client-key: " + here.key()
                                + ", connect-timeout: 3s}\n"),
                Clock.systemUTC()));
    }

    private void assertFound(String... parts) throws Exception {
        assertThat(problems()).singleElement().asString().contains(parts);
    }

    @Test
    void whatIsRightIsNoFinding() throws Exception {
        assertThat(problems()).isEmpty();
    }

    @Test
    void aNameThatDoesNotResolve() throws Exception {
        assertThat(problems("no-such-host.invalid"))
                .containsExactly("peer b: the name no-such-host.invalid does not resolve");
    }

    @Test
    void aPortOnWhichNobodyListens() throws Exception {
        int port;
        try (ServerSocket socket = new ServerSocket(0)) {
            port = socket.getLocalPort();
        }
        assertThat(problems("127.0.0.1:" + port))
                .containsExactly("peer b at 127.0.0.1:" + port + ": nobody listens there");
    }

    @Test
    void somethingElseThatListens() throws Exception {
        try (ServerSocket socket = new ServerSocket(0)) {
            Thread thread = new Thread(() -> {
                try {
                    socket.accept().close();
                } catch (IOException e) {
                    // the test has ended
                }
            });
            thread.start();
            assertThat(problems("127.0.0.1:" + socket.getLocalPort()))
                    .singleElement()
                    .asString()
                    .contains("does not speak TLS 1.3");
        }
    }

    @Test
    void anExpiredCertificate() throws Exception {
        there = host(pki, "b", -1);
        assertFound("the certificate of peer b expired on ");
    }

    @Test
    void aCertificateThatSoonExpires() throws Exception {
        there = host(pki, "b", 3);
        assertFound("the certificate of peer b expires on ");
    }

    @Test
    void aCertificateOfAnotherAuthority() throws Exception {
        there = host(new TestPki(directory.resolve("other"), "stranger"), "b", 20);
        assertFound("the certificate of peer b is none that this host trusts", "CN=stranger");
    }

    @Test
    void aCertificateOfAnotherHost() throws Exception {
        there = host(pki, "c", 20);
        assertFound("shows a certificate of another host: its names are [c], expected b");
    }

    @Test
    void aPeerThatDoesNotTrustThisHost() throws Exception {
        TestPki other = new TestPki(directory.resolve("other"), "stranger");
        TestPki.Host strange = host(other, "a", 20);
        here = new TestPki.Host(
                new TlsFiles(pki.ca(), strange.certificate(), strange.key(), strange.certificate(), strange.key()),
                strange.certificate(),
                strange.key(),
                strange.privateKey());
        assertFound("peer b does not trust this host's certificate, which is for [a]");
    }

    @Test
    void aPeerThatKnowsNoSuchPeer() throws Exception {
        asSeenThere = new Peer("z", "192.0.2.1", 1, "z");
        assertFound("peer b knows no peer with this host's certificate, which is for [a]");
    }

    @Test
    void namesThatDoNotFit() throws Exception {
        standing = standing("beta", "a", List.of("a"), true, true, System.currentTimeMillis(), 3);
        assertFound("peer b calls itself beta");
        standing = standing("b", "alpha", List.of("a"), true, true, System.currentTimeMillis(), 3);
        assertFound("peer b has this host as alpha, and this host calls itself a");
        standing = standing("b", "a", List.of("alpha.example"), true, true, System.currentTimeMillis(), 3);
        assertFound("tunnel.certificate: ", " is for [a], and peer b expects one of [alpha.example]");
    }

    @Test
    void whatIsNotAllowed() throws Exception {
        standing = standing("b", "a", List.of("a"), false, true, System.currentTimeMillis(), 3);
        assertFound("no VM can migrate to peer b", "may-send is false there");
        options = ", may-receive: false";
        assertThat(problems()).as("nor is it meant to be").isEmpty();
        standing = standing("b", "a", List.of("a"), true, true, System.currentTimeMillis(), 3);
        options = ", may-send: false";
        assertFound("no VM can migrate from peer b", "may-send is false here");
        options = ", libvirt-socket: true";
        assertFound("peer b lets nobody here reach its libvirt");
        options = ", seed: web";
        assertThat(problems()).isEmpty();
        standing = standing("b", "a", List.of("a"), false, true, System.currentTimeMillis(), 3);
        assertThat(problems()).hasSize(2).last().asString().contains("takes no seeds");
    }

    @Test
    void anotherProtocolAndAnotherClock() throws Exception {
        standing = standing("b", "a", List.of("a"), true, true, System.currentTimeMillis(), 900);
        assertFound("speaks protocol versions 900 to 902");
        standing = standing("b", "a", List.of("a"), true, true, System.currentTimeMillis() + 60_000, 3);
        assertFound("the clock of peer b is ", "ahead of this host's");
        standing = standing("b", "a", List.of("a"), true, true, System.currentTimeMillis() - 60_000, 3);
        assertFound("the clock of peer b is ", "behind this host's");
    }
}
