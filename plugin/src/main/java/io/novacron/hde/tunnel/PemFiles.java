package io.novacron.hde.tunnel;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PrivateKey;
import java.security.cert.CertificateFactory;
import java.security.cert.X509Certificate;
import java.security.spec.InvalidKeySpecException;
import java.security.spec.PKCS8EncodedKeySpec;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Reads certificates and private keys in PEM (RFC 7468), as certtool and openssl write them. */
public final class PemFiles {
    private static final Pattern BLOCK =
            Pattern.compile("-----BEGIN ([A-Z0-9 ]+)-----(.*?)-----END \\1-----", Pattern.DOTALL);
    private static final long MAX_FILE_BYTES = 1 << 20;
    private static final byte[] RSA_ALGORITHM = {
        0x30, 0x0d, 0x06, 0x09, 0x2a, (byte) 0x86, 0x48, (byte) 0x86, (byte) 0xf7, 0x0d, 0x01, 0x01, 0x01, 0x05, 0x00
    };
    private static final byte[] VERSION_0 = {0x02, 0x01, 0x00};

    private PemFiles() {}

    @SuppressWarnings("ArrayRecordComponent") // never compared
    private record Block(String label, byte[] der) {}

    /**
     * All certificates of a file, in its order.
     *
     * @param option what names the file in the configuration, for messages
     * @throws TunnelException when there are none, or they cannot be read
     */
    public static List<X509Certificate> certificates(String option, Path file) throws TunnelException {
        List<X509Certificate> certificates = new ArrayList<>();
        for (Block block : blocks(option, file)) {
            if (block.label.equals("CERTIFICATE") || block.label.equals("X509 CERTIFICATE")) {
                try {
                    certificates.add((X509Certificate) CertificateFactory.getInstance("X.509")
                            .generateCertificate(new ByteArrayInputStream(block.der)));
                } catch (GeneralSecurityException e) {
                    throw new TunnelException(option + ": " + file + " holds a damaged certificate", e);
                }
            }
        }
        if (certificates.isEmpty()) {
            throw new TunnelException(option + ": " + file + " holds no certificate in PEM form");
        }
        return certificates;
    }

    /**
     * The first private key of a file.
     *
     * @param option what names the file in the configuration, for messages
     * @throws TunnelException when there is none that can be used
     */
    public static PrivateKey key(String option, Path file) throws TunnelException {
        for (Block block : blocks(option, file)) {
            switch (block.label) {
                case "PRIVATE KEY" -> {
                    return pkcs8(option, file, block.der);
                }
                case "RSA PRIVATE KEY" -> {
                    // PKCS#1 (certtool's default); JDK reads only PKCS#8, which is the same in an envelope (RFC 5208)
                    return pkcs8(
                            option, file, tagged(0x30, concatenate(VERSION_0, RSA_ALGORITHM, tagged(0x04, block.der))));
                }
                case "ENCRYPTED PRIVATE KEY" ->
                    throw new TunnelException(
                            option + ": " + file + " is protected by a password; the agent needs a key without one");
                case "EC PRIVATE KEY" ->
                    throw new TunnelException(option + ": " + file
                            + " is an EC key in its old form; convert it: openssl pkcs8 -topk8 -nocrypt -in " + file);
                default -> {
                    // certtool puts other things, such as a certificate, into the same file
                }
            }
        }
        throw new TunnelException(option + ": " + file + " holds no private key in PEM form");
    }

    private static PrivateKey pkcs8(String option, Path file, byte[] der) throws TunnelException {
        for (String algorithm : List.of("RSA", "EC", "Ed25519", "RSASSA-PSS")) {
            try {
                return KeyFactory.getInstance(algorithm).generatePrivate(new PKCS8EncodedKeySpec(der));
            } catch (InvalidKeySpecException e) {
                // not of this algorithm: the next one
            } catch (GeneralSecurityException e) {
                throw new TunnelException(option + ": this Java has no " + algorithm + " keys", e);
            }
        }
        throw new TunnelException(option + ": " + file + " holds no RSA, EC or Ed25519 key that can be read");
    }

    private static List<Block> blocks(String option, Path file) throws TunnelException {
        String text;
        try {
            if (Files.size(file) > MAX_FILE_BYTES) {
                throw new TunnelException(option + ": " + file + " is too large for a PEM file");
            }
            text = Files.readString(file, StandardCharsets.ISO_8859_1);
        } catch (NoSuchFileException e) {
            throw new TunnelException(option + ": there is no file " + file, e);
        } catch (TunnelException e) {
            throw e;
        } catch (IOException e) {
            throw new TunnelException(option + ": cannot read " + file + ": " + e, e);
        }
        List<Block> blocks = new ArrayList<>();
        Matcher matcher = BLOCK.matcher(text);
        while (matcher.find()) {
            String label = matcher.group(1);
            if (matcher.group(2).contains("Proc-Type: 4,ENCRYPTED")) {
                // the password of the old forms is in the text, not in the label (RFC 1421)
                blocks.add(new Block("ENCRYPTED PRIVATE KEY", new byte[0]));
                continue;
            }
            try {
                blocks.add(new Block(
                        label, Base64.getMimeDecoder().decode(matcher.group(2).strip())));
            } catch (IllegalArgumentException e) {
                throw new TunnelException(option + ": " + file + " is damaged: not base64", e);
            }
        }
        return blocks;
    }

    private static byte[] tagged(int tag, byte[] content) {
        ByteArrayOutputStream out = new ByteArrayOutputStream(content.length + 6);
        out.write(tag);
        if (content.length < 0x80) {
            out.write(content.length);
        } else {
            int bytes = (32 - Integer.numberOfLeadingZeros(content.length) + 7) / 8;
            out.write(0x80 | bytes);
            for (int i = bytes - 1; i >= 0; i--) {
                out.write(content.length >>> (8 * i));
            }
        }
        out.writeBytes(content);
        return out.toByteArray();
    }

    private static byte[] concatenate(byte[]... parts) {
        ByteArrayOutputStream out = new ByteArrayOutputStream();
        for (byte[] part : parts) {
            out.writeBytes(part);
        }
        return out.toByteArray();
    }
}
