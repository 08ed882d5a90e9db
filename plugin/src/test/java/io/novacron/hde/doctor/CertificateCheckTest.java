package io.novacron.hde.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.tunnel.TestPki;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CertificateCheckTest {
    @TempDir
    private Path directory;

    private TestPki pki;
    private Path ca;
    private Path certificate;
    private Path key;
    private Path clientCertificate;
    private Path clientKey;

    @BeforeEach
    void healthy() throws Exception {
        pki = new TestPki(directory.resolve("pki"), "authority");
        ca = pki.ca();
        TestPki.Host server = host(pki, 20);
        TestPki.Host client = host(pki, 20);
        certificate = server.certificate();
        key = server.key();
        clientCertificate = client.certificate();
        clientKey = client.key();
        for (Path each : List.of(key, clientKey)) {
            Files.setPosixFilePermissions(each, PosixFilePermissions.fromString("rw-------"));
        }
    }

    private static TestPki.Host host(TestPki pki, int days) throws Exception {
        return pki.host("a", List.of(), List.of(), Instant.now().plus(Duration.ofDays(days)), keys());
    }

    private static KeyPair keys() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    private List<String> problems() throws Exception {
        return Made.problems(new CertificateCheck(
                new Made(directory)
                        .config("host: {name: a}\ntunnel: {ca: " + ca + ", certificate: " + certificate + ", key: "
                                + key + ", client-certificate: " + clientCertificate + ", client-key: " + clientKey
                                + "}\n"),
                Clock.systemUTC()));
    }

    @Test
    void whatIsRightIsNoFinding() throws Exception {
        assertThat(problems()).isEmpty();
        clientCertificate = certificate;
        clientKey = key;
        assertThat(problems()).as("one pair for both").isEmpty();
    }

    @Test
    void aFileThatIsMissing() throws Exception {
        Path missing = directory.resolve("none.pem");
        certificate = missing;
        assertThat(problems()).containsExactly("tunnel.certificate: there is no file " + missing);
        healthy();
        clientKey = missing;
        assertThat(problems()).containsExactly("tunnel.client-key: there is no file " + missing);
        healthy();
        ca = missing;
        assertThat(problems()).containsExactly("tunnel.ca: there is no file " + missing);
    }

    @Test
    void anExpiredOneAndOneThatSoonWillBe() throws Exception {
        TestPki.Host expired = host(pki, -1);
        certificate = expired.certificate();
        key = expired.key();
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        assertThat(problems())
                .singleElement()
                .asString()
                .startsWith("tunnel.certificate: " + certificate + " expired on ");
        TestPki.Host soon = host(pki, 3);
        certificate = soon.certificate();
        key = soon.key();
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        assertThat(problems())
                .singleElement()
                .asString()
                .startsWith("tunnel.certificate: " + certificate + " expires on ");
        TestPki.Host later = host(pki, 40);
        clientCertificate = later.certificate();
        clientKey = later.key();
        certificate = clientCertificate;
        key = clientKey;
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        assertThat(problems()).singleElement().asString().contains(" is not valid before ");
    }

    @Test
    void aKeyThatOthersCanRead() throws Exception {
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r-----"));
        assertThat(problems())
                .singleElement()
                .asString()
                .startsWith("tunnel.key: " + key + " has mode 0640: others than its owner can read it");
    }

    @Test
    void aKeyOfAnotherCertificate() throws Exception {
        key = clientKey;
        assertThat(problems())
                .containsExactly("tunnel.key: " + key + " is not the key of the certificate in " + certificate);
    }

    @Test
    void aCertificateOfAnotherAuthority() throws Exception {
        TestPki.Host stranger = host(new TestPki(directory.resolve("other"), "stranger"), 20);
        certificate = stranger.certificate();
        key = stranger.key();
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        assertThat(problems())
                .singleElement()
                .asString()
                .startsWith("tunnel.certificate: " + certificate + " is not signed by an authority in " + ca
                        + " (its issuer is CN=stranger)");
    }
}
