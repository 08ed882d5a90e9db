package io.novacron.hde.tunnel;

import java.io.Closeable;
import java.io.IOException;
import java.net.InetAddress;
import java.net.Socket;
import java.net.UnknownHostException;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.PrivateKey;
import java.security.PublicKey;
import java.security.Signature;
import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.function.UnaryOperator;
import javax.naming.InvalidNameException;
import javax.naming.ldap.LdapName;
import javax.naming.ldap.Rdn;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLParameters;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509ExtendedTrustManager;

/** What both ends of a tunnel have in common of TLS: keys, versions, cipher suites, and whose certificate it is. */
public final class TunnelTls {
    private static final int TYPE_DNS = 2;
    private static final int TYPE_ADDRESS = 7;
    private static final char[] NO_PASSWORD = new char[0];

    private final SSLContext server;
    private final SSLContext client;
    private final List<String> serverNames;
    private final List<String> clientNames;

    /** @throws TunnelException naming the option and the file that is missing, unreadable or does not fit */
    public TunnelTls(TlsFiles files) throws TunnelException {
        this(files, UnaryOperator.identity());
    }

    /** @param trust what takes the place of the usual judgement about the other end's certificate */
    TunnelTls(TlsFiles files, UnaryOperator<X509ExtendedTrustManager> trust) throws TunnelException {
        List<X509Certificate> authorities = PemFiles.certificates("tunnel.ca", files.ca());
        List<X509Certificate> serverChain = PemFiles.certificates("tunnel.certificate", files.certificate());
        server = context(authorities, serverChain, files.certificate(), "tunnel.key", files.key(), trust);
        serverNames = names(serverChain.get(0));
        List<X509Certificate> clientChain =
                PemFiles.certificates("tunnel.client-certificate", files.clientCertificate());
        client = context(
                authorities, clientChain, files.clientCertificate(), "tunnel.client-key", files.clientKey(), trust);
        clientNames = names(clientChain.get(0));
    }

    /** The names in the certificate that this host shows to who connects to it. */
    public List<String> serverNames() {
        return serverNames;
    }

    /** The names in the certificate that this host shows to whom it connects. */
    public List<String> clientNames() {
        return clientNames;
    }

    /** TLS over a connection that was accepted; the handshake is to come. */
    SSLSocket accepting(Socket tcp) throws IOException {
        SSLSocket socket = (SSLSocket) server.getSocketFactory().createSocket(tcp, null, true);
        socket.setUseClientMode(false);
        socket.setSSLParameters(parameters());
        return socket;
    }

    /** TLS over a connection that was opened; the handshake is to come. */
    SSLSocket connecting(Socket tcp) throws IOException {
        SSLSocket socket = (SSLSocket)
                client.getSocketFactory().createSocket(tcp, tcp.getInetAddress().getHostAddress(), tcp.getPort(), true);
        socket.setSSLParameters(parameters());
        return socket;
    }

    /** Closes, whatever it says to that. */
    static void close(Closeable socket) {
        try {
            socket.close();
        } catch (IOException e) {
            // closing is all that was wanted
        }
    }

    /** TLS 1.3 with AES-GCM only: ChaCha20 has no intrinsic on JDK 17 and costs twenty times as much. */
    private static SSLParameters parameters() {
        SSLParameters parameters = new SSLParameters();
        parameters.setProtocols(new String[] {"TLSv1.3"});
        parameters.setCipherSuites(new String[] {"TLS_AES_128_GCM_SHA256", "TLS_AES_256_GCM_SHA384"});
        parameters.setNeedClientAuth(true);
        return parameters;
    }

    /** Whether the certificate that the other end has proved to own is this peer's. */
    static boolean belongsTo(SSLSession session, Peer peer) throws TunnelException {
        for (String name : names(session)) {
            if (isSame(name, peer.certificateName()) || isSame(name, peer.host())) {
                return true;
            }
        }
        return false;
    }

    /** Whether a certificate carries one of these names. */
    public static boolean carries(X509Certificate certificate, Collection<String> wanted) throws TunnelException {
        for (String name : names(certificate)) {
            if (wanted.stream().anyMatch(one -> isSame(name, one))) {
                return true;
            }
        }
        return false;
    }

    /** Names do not depend on case, and IPv6 addresses not on their spelling. */
    private static boolean isSame(String name, String wanted) {
        return canonical(name).equalsIgnoreCase(canonical(wanted));
    }

    private static String canonical(String name) {
        if (name.indexOf(':') < 0) {
            return name;
        }
        try {
            // with a colon in it it is an address or nothing: no name server is asked
            return InetAddress.getByName(name).getHostAddress();
        } catch (UnknownHostException e) {
            return name;
        }
    }

    /** The names in the other end's certificate: subject CN, alternative DNS names and addresses. */
    static List<String> names(SSLSession session) throws TunnelException {
        try {
            return names((X509Certificate) session.getPeerCertificates()[0]);
        } catch (SSLPeerUnverifiedException e) {
            throw new TunnelException("the other end has shown no certificate", e);
        }
    }

    /** The names in a certificate: subject CN, alternative DNS names and addresses. */
    public static List<String> names(X509Certificate certificate) throws TunnelException {
        try {
            List<String> names = new ArrayList<>();
            for (Rdn rdn : new LdapName(certificate.getSubjectX500Principal().getName()).getRdns()) {
                if (rdn.getType().toUpperCase(Locale.ROOT).equals("CN")) {
                    names.add(String.valueOf(rdn.getValue()));
                }
            }
            Collection<List<?>> alternatives = certificate.getSubjectAlternativeNames();
            if (alternatives != null) {
                for (List<?> alternative : alternatives) {
                    int type = (Integer) alternative.get(0);
                    if (type == TYPE_DNS || type == TYPE_ADDRESS) {
                        names.add(String.valueOf(alternative.get(1)));
                    }
                }
            }
            return List.copyOf(names);
        } catch (InvalidNameException | CertificateParsingException e) {
            throw new TunnelException("a certificate whose names cannot be read", e);
        }
    }

    private static SSLContext context(
            List<X509Certificate> authorities,
            List<X509Certificate> chain,
            Path chainFile,
            String keyOption,
            Path keyFile,
            UnaryOperator<X509ExtendedTrustManager> judge)
            throws TunnelException {
        PrivateKey key = PemFiles.key(keyOption, keyFile);
        if (!belongTogether(key, chain.get(0).getPublicKey())) {
            throw new TunnelException(
                    keyOption + ": " + keyFile + " is not the key of the certificate in " + chainFile);
        }
        try {
            KeyStore trusted = KeyStore.getInstance("JKS");
            trusted.load(null, null);
            for (int i = 0; i < authorities.size(); i++) {
                trusted.setCertificateEntry("ca" + i, authorities.get(i));
            }
            TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
            trust.init(trusted);
            // In memory only. PKCS12 would derive a key from no password, ten thousand rounds each time: for compiling
            // that, the JIT compiler takes 30 MiB.
            KeyStore own = KeyStore.getInstance("JKS");
            own.load(null, null);
            own.setKeyEntry("own", key, NO_PASSWORD, chain.toArray(new X509Certificate[0]));
            KeyManagerFactory keys = KeyManagerFactory.getInstance("PKIX");
            keys.init(own, NO_PASSWORD);
            SSLContext context = SSLContext.getInstance("TLSv1.3");
            TrustManager judgement = judge.apply((X509ExtendedTrustManager) trust.getTrustManagers()[0]);
            context.init(keys.getKeyManagers(), new TrustManager[] {judgement}, null);
            return context;
        } catch (GeneralSecurityException | IOException e) {
            throw new TunnelException(keyOption + ": " + keyFile + " cannot be used: " + e, e);
        }
    }

    /** Whether what one signs the other verifies. TLS would find out only when the first peer connects. */
    public static boolean belongTogether(PrivateKey key, PublicKey certified) {
        String algorithm = switch (key.getAlgorithm()) {
            case "RSA" -> "SHA256withRSA";
            case "EC" -> "SHA256withECDSA";
            case "EdDSA" -> "Ed25519";
            default -> null;
        };
        if (algorithm == null) {
            return true;
        }
        try {
            byte[] sample = {1, 2, 3, 4};
            Signature signature = Signature.getInstance(algorithm);
            signature.initSign(key);
            signature.update(sample);
            byte[] signed = signature.sign();
            signature.initVerify(certified);
            signature.update(sample);
            return signature.verify(signed);
        } catch (GeneralSecurityException e) {
            return false;
        }
    }
}
