package io.novacron.hde.tunnel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.spec.ECGenParameterSpec;
import java.util.Arrays;
import java.util.List;
import javax.crypto.Cipher;
import javax.crypto.EncryptedPrivateKeyInfo;
import javax.crypto.SecretKeyFactory;
import javax.crypto.spec.PBEKeySpec;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Keys and certificates in the forms in which certtool and openssl write them; what is wrong names the option. */
class PemFilesTest {
    @TempDir
    static Path directory;

    private static TestPki pki;
    private static KeyPair rsa;
    private static TestPki.Host rsaHost;

    @BeforeAll
    static void makeCertificates() throws Exception {
        pki = new TestPki(directory.resolve("pki"), "authority");
        rsa = TestPki.rsaKeys();
        rsaHost = pki.host("rsa", List.of(), List.of(), TestPki.future(), rsa);
    }

    /** PKCS#8 is PKCS#1 with 26 bytes in front of it, for the length of an RSA key of 2048 bits. */
    private static byte[] pkcs1(KeyPair keys) {
        byte[] pkcs8 = keys.getPrivate().getEncoded();
        byte[] pkcs1 = Arrays.copyOfRange(pkcs8, 26, pkcs8.length);
        assertThat(Arrays.copyOf(pkcs1, 2)).containsExactly(0x30, 0x82);
        return pkcs1;
    }

    private static Path file(String name, String text) throws IOException {
        return Files.writeString(directory.resolve(name), text);
    }

    @Test
    void anRsaKeyInPkcs8() throws Exception {
        assertThat(PemFiles.key("tunnel.key", rsaHost.key())).isEqualTo(rsa.getPrivate());
    }

    @Test
    void anRsaKeyInPkcs1() throws Exception {
        Path file = pki.pem("pkcs1.pem", "RSA PRIVATE KEY", pkcs1(rsa));
        assertThat(PemFiles.key("tunnel.key", file)).isEqualTo(rsa.getPrivate());
    }

    @Test
    void anEcKeyAndAnEd25519Key() throws Exception {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(new ECGenParameterSpec("secp384r1"));
        for (KeyPair keys : List.of(
                generator.generateKeyPair(),
                KeyPairGenerator.getInstance("Ed25519").generateKeyPair())) {
            Path file = pki.pem("other.pem", "PRIVATE KEY", keys.getPrivate().getEncoded());
            assertThat(PemFiles.key("tunnel.key", file)).isEqualTo(keys.getPrivate());
        }
    }

    @Test
    void aKeyBehindTextAndACertificateInTheSameFile() throws Exception {
        Path file = file(
                "both.pem",
                "Public Key Info:\n\tKey: 5\n"
                        + Files.readString(rsaHost.certificate()).replace("\n", "\r\n")
                        + Files.readString(rsaHost.key()));
        assertThat(PemFiles.key("tunnel.key", file)).isEqualTo(rsa.getPrivate());
        assertThat(PemFiles.certificates("tunnel.certificate", file)).hasSize(1);
    }

    @Test
    void severalCertificatesInTheirOrder() throws Exception {
        Path file = file("chain.pem", Files.readString(rsaHost.certificate()) + Files.readString(pki.ca()));
        assertThat(PemFiles.certificates("tunnel.certificate", file))
                .containsExactly(TestPki.read(rsaHost.certificate()), TestPki.read(pki.ca()));
    }

    @Test
    void anEncryptedKeyIsSaidToBe() throws Exception {
        String algorithm = "PBEWithMD5AndDES";
        Cipher cipher = Cipher.getInstance(algorithm);
        cipher.init(
                Cipher.ENCRYPT_MODE,
                SecretKeyFactory.getInstance(algorithm).generateSecret(new PBEKeySpec("secret".toCharArray())));
        byte[] encrypted = new EncryptedPrivateKeyInfo(
                        cipher.getParameters(), cipher.doFinal(rsa.getPrivate().getEncoded()))
                .getEncoded();
        Path file = pki.pem("encrypted.pem", "ENCRYPTED PRIVATE KEY", encrypted);
        assertThatThrownBy(() -> PemFiles.key("tunnel.client-key", file))
                .isInstanceOf(TunnelException.class)
                .hasMessage("tunnel.client-key: " + file
                        + " is protected by a password; the agent needs a key without one");
    }

    @Test
    void aPkcs1KeyThatIsEncryptedIsSaidToBe() throws Exception {
        // openssl rsa -traditional -aes128
        Path file = file("encrypted1.pem", """
                -----BEGIN RSA PRIVATE KEY-----
                Proc-Type: 4,ENCRYPTED
                DEK-Info: AES-128-CBC,0123456789ABCDEF

                AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA
                -----END RSA PRIVATE KEY-----
                """);
        assertThatThrownBy(() -> PemFiles.key("tunnel.key", file))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("tunnel.key: " + file + " is protected by a password");
    }

    @Test
    void anEcKeyInItsOldFormComesWithTheCommandThatConvertsIt() throws Exception {
        Path file = pki.pem("ec.pem", "EC PRIVATE KEY", new byte[] {0x30, 0});
        assertThatThrownBy(() -> PemFiles.key("tunnel.key", file))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("tunnel.key: " + file)
                .hasMessageContaining("openssl pkcs8 -topk8 -nocrypt -in " + file);
    }

    @Test
    void filesThatAreMissingEmptyTooLargeOrDamaged() throws Exception {
        Path missing = directory.resolve("missing.pem");
        assertThatThrownBy(() -> PemFiles.certificates("tunnel.ca", missing))
                .isInstanceOf(TunnelException.class)
                .hasMessage("tunnel.ca: there is no file " + missing);
        assertThatThrownBy(() -> PemFiles.key("tunnel.key", missing))
                .hasMessage("tunnel.key: there is no file " + missing);
        assertThatThrownBy(() -> PemFiles.key("tunnel.key", directory))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("tunnel.key: ")
                .hasMessageContaining(directory.toString());

        Path empty = file("empty.pem", "");
        assertThatThrownBy(() -> PemFiles.certificates("tunnel.ca", empty))
                .hasMessage("tunnel.ca: " + empty + " holds no certificate in PEM form");
        assertThatThrownBy(() -> PemFiles.key("tunnel.key", empty))
                .hasMessage("tunnel.key: " + empty + " holds no private key in PEM form");
        assertThatThrownBy(() -> PemFiles.key("tunnel.key", pki.ca())).hasMessageContaining("holds no private key");

        Path large = file("large.pem", " ".repeat((1 << 20) + 1));
        assertThatThrownBy(() -> PemFiles.key("tunnel.key", large)).hasMessageContaining("too large");

        String pem = Files.readString(rsaHost.key());
        Path damaged = file("damaged.pem", pem.substring(0, 300) + "\n=A=\n" + pem.substring(340));
        assertThatThrownBy(() -> PemFiles.key("tunnel.key", damaged))
                .isInstanceOf(TunnelException.class)
                .hasMessageContaining("tunnel.key: " + damaged);
        Path truncated = file("truncated.pem", TestPki.pemText("PRIVATE KEY", new byte[] {0x30, 0x10, 2}));
        assertThatThrownBy(() -> PemFiles.key("tunnel.key", truncated))
                .hasMessageContaining("holds no RSA, EC or Ed25519 key that can be read");
        Path noCertificate = file("nocert.pem", TestPki.pemText("CERTIFICATE", new byte[] {0x30, 0x10, 2}));
        assertThatThrownBy(() -> PemFiles.certificates("tunnel.ca", noCertificate))
                .hasMessage("tunnel.ca: " + noCertificate + " holds a damaged certificate");
    }

    @Test
    void anyFileOfThemAllIsNamedByItsOption() {
        Path missing = directory.resolve("missing.pem");
        TlsFiles good = rsaHost.files();
        assertThatThrownBy(() -> new TunnelTls(new TlsFiles(
                        missing, good.certificate(), good.key(), good.clientCertificate(), good.clientKey())))
                .hasMessageStartingWith("tunnel.ca:");
        assertThatThrownBy(() -> new TunnelTls(
                        new TlsFiles(good.ca(), missing, good.key(), good.clientCertificate(), good.clientKey())))
                .hasMessageStartingWith("tunnel.certificate:");
        assertThatThrownBy(() -> new TunnelTls(new TlsFiles(
                        good.ca(), good.certificate(), missing, good.clientCertificate(), good.clientKey())))
                .hasMessageStartingWith("tunnel.key:");
        assertThatThrownBy(() -> new TunnelTls(
                        new TlsFiles(good.ca(), good.certificate(), good.key(), missing, good.clientKey())))
                .hasMessageStartingWith("tunnel.client-certificate:");
        assertThatThrownBy(() -> new TunnelTls(
                        new TlsFiles(good.ca(), good.certificate(), good.key(), good.clientCertificate(), missing)))
                .hasMessageStartingWith("tunnel.client-key:");
        assertThatCode(() -> new TunnelTls(good)).doesNotThrowAnyException();
    }

    @Test
    void aKeyThatIsNotTheCertificatesIsNoticedAtTheStart() throws Exception {
        for (KeyPair keys : List.of(TestPki.rsaKeys(), TestPki.ecKeys())) {
            Path key = pki.pem("wrong.pem", "PRIVATE KEY", keys.getPrivate().getEncoded());
            TlsFiles good = rsaHost.files();
            assertThatThrownBy(() -> new TunnelTls(new TlsFiles(
                            good.ca(), good.certificate(), key, good.clientCertificate(), good.clientKey())))
                    .isInstanceOf(TunnelException.class)
                    .hasMessage("tunnel.key: " + key + " is not the key of the certificate in " + good.certificate());
        }
    }
}
