package io.novacron.hde.tunnel;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.math.BigInteger;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.PrivateKey;
import java.security.Signature;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.time.temporal.ChronoUnit;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;

/** An authority and the certificates that it signs (RFC 5280), made for one test. */
public final class TestPki {
    private static final byte[] ECDSA_SHA256 = tagged(0x30, oid("2a8648ce3d040302"));
    private static final DateTimeFormatter TIME =
            DateTimeFormatter.ofPattern("yyyyMMddHHmmss'Z'").withZone(ZoneOffset.UTC);

    private final Path directory;
    private final KeyPair authority;
    private final byte[] name;
    private final Path ca;
    private int serial = 1;

    public TestPki(Path directory, String authorityName) throws IOException, GeneralSecurityException {
        this.directory = Files.createDirectories(directory);
        authority = ecKeys();
        name = commonName(authorityName);
        byte[] isAuthority =
                tagged(0x30, oid("551d13"), new byte[] {1, 1, -1}, tagged(4, tagged(0x30, new byte[] {1, 1, -1})));
        ca = pem(
                "ca.pem",
                "CERTIFICATE",
                certificate(name, authority, Instant.now().plus(20, ChronoUnit.DAYS), isAuthority));
    }

    /** What one host has. */
    public record Host(TlsFiles files, Path certificate, Path key, PrivateKey privateKey) {}

    /** The authority's certificate. */
    public Path ca() {
        return ca;
    }

    /** A host whose certificate has this subject CN and no other name. */
    public Host host(String commonName) throws IOException, GeneralSecurityException {
        return host(commonName, List.of(), List.of(), future(), ecKeys());
    }

    /**
     * A host.
     *
     * @param commonName null for none
     * @param until when its certificate expires
     */
    public Host host(String commonName, List<String> dnsNames, List<String> addresses, Instant until, KeyPair keys)
            throws IOException, GeneralSecurityException {
        String file = "host" + serial;
        byte[] names = new byte[0];
        for (String dns : dnsNames) {
            names = join(names, tagged(0x82, dns.getBytes(StandardCharsets.US_ASCII)));
        }
        for (String address : addresses) {
            names = join(names, tagged(0x87, InetAddress.getByName(address).getAddress()));
        }
        // critical if it is all there is
        byte[] critical = commonName == null ? new byte[] {1, 1, -1} : new byte[0];
        byte[] alternatives =
                names.length == 0 ? names : tagged(0x30, oid("551d11"), critical, tagged(4, tagged(0x30, names)));
        byte[] subject = commonName == null ? tagged(0x30) : commonName(commonName);
        Path certificate = pem(file + "cert.pem", "CERTIFICATE", certificate(subject, keys, until, alternatives));
        Path key = pem(file + "key.pem", "PRIVATE KEY", keys.getPrivate().getEncoded());
        return new Host(new TlsFiles(ca, certificate, key, certificate, key), certificate, key, keys.getPrivate());
    }

    /** Writes a PEM file. */
    public Path pem(String file, String label, byte[] der) throws IOException {
        return Files.writeString(directory.resolve(file), pemText(label, der));
    }

    static String pemText(String label, byte[] der) {
        return "-----BEGIN " + label + "-----\n"
                + Base64.getMimeEncoder(64, new byte[] {'\n'}).encodeToString(der) + "\n-----END " + label
                + "-----\n";
    }

    static X509Certificate read(Path file) throws IOException, GeneralSecurityException {
        return (X509Certificate) CertificateFactory.getInstance("X.509")
                .generateCertificate(new ByteArrayInputStream(Files.readAllBytes(file)));
    }

    static Instant future() {
        return Instant.now().plus(2, ChronoUnit.DAYS);
    }

    static KeyPair ecKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
        generator.initialize(256);
        return generator.generateKeyPair();
    }

    static KeyPair rsaKeys() throws GeneralSecurityException {
        KeyPairGenerator generator = KeyPairGenerator.getInstance("RSA");
        generator.initialize(2048);
        return generator.generateKeyPair();
    }

    private byte[] certificate(byte[] subject, KeyPair keys, Instant until, byte[] extension)
            throws GeneralSecurityException {
        Instant from = until.minus(30, ChronoUnit.DAYS);
        byte[] toBeSigned = tagged(
                0x30,
                tagged(0xa0, new byte[] {2, 1, 2}),
                tagged(2, BigInteger.valueOf(serial++).toByteArray()),
                ECDSA_SHA256,
                name,
                tagged(0x30, time(from), time(until)),
                subject,
                keys.getPublic().getEncoded(),
                extension.length == 0 ? extension : tagged(0xa3, tagged(0x30, extension)));
        Signature signature = Signature.getInstance("SHA256withECDSA");
        signature.initSign(authority.getPrivate());
        signature.update(toBeSigned);
        return tagged(0x30, toBeSigned, ECDSA_SHA256, tagged(3, new byte[1], signature.sign()));
    }

    private static byte[] commonName(String text) {
        byte[] value = tagged(0x0c, text.getBytes(StandardCharsets.UTF_8));
        return tagged(0x30, tagged(0x31, tagged(0x30, oid("550403"), value)));
    }

    private static byte[] time(Instant instant) {
        return tagged(0x18, TIME.format(instant).getBytes(StandardCharsets.US_ASCII));
    }

    private static byte[] oid(String hex) {
        return tagged(6, HexFormat.of().parseHex(hex));
    }

    /** A DER value. */
    static byte[] tagged(int tag, byte[]... parts) {
        byte[] content = join(parts);
        int length = content.length;
        byte[] header = length < 0x80
                ? new byte[] {(byte) tag, (byte) length}
                : length < 0x100
                        ? new byte[] {(byte) tag, (byte) 0x81, (byte) length}
                        : new byte[] {(byte) tag, (byte) 0x82, (byte) (length >> 8), (byte) length};
        return join(header, content);
    }

    private static byte[] join(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
