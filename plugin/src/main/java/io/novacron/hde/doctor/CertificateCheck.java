package io.novacron.hde.doctor;

import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.tunnel.PemFiles;
import io.novacron.hde.tunnel.TunnelException;
import io.novacron.hde.tunnel.TunnelTls;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Date;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/** This host's certificates, keys and authorities, without asking anybody. */
final class CertificateCheck implements Check {
    /** How long before its end a certificate is to be renewed. */
    static final Duration SOON = Duration.ofDays(14);

    private static final String MAKE = "make certificates as https://libvirt.org/kbase/tlscerts.html says, or set ";
    private static final String SERVER_AUTH = "1.3.6.1.5.5.7.3.1";
    private static final String CLIENT_AUTH = "1.3.6.1.5.5.7.3.2";
    private static final String ANY_USAGE = "2.5.29.37.0";

    private final HdeConfig.Tunnel tunnel;
    private final Clock clock;
    private final Set<Path> seen = new HashSet<>();

    CertificateCheck(HdeConfig config, Clock clock) {
        this.tunnel = config.tunnel();
        this.clock = clock;
    }

    @Override
    public String name() {
        return "certificates";
    }

    @Override
    public void run(Findings findings) throws IOException {
        List<X509Certificate> authorities = read("tunnel.ca", tunnel.ca(), findings);
        pair(findings, authorities, "", tunnel.certificate(), tunnel.key(), SERVER_AUTH);
        pair(findings, authorities, "client-", tunnel.clientCertificate(), tunnel.clientKey(), CLIENT_AUTH);
    }

    private void pair(
            Findings findings,
            List<X509Certificate> authorities,
            String role,
            Path certificateFile,
            Path keyFile,
            String usage)
            throws IOException {
        String certificateOption = "tunnel." + role + "certificate";
        List<X509Certificate> chain = read(certificateOption, certificateFile, findings);
        if (!chain.isEmpty() && !authorities.isEmpty() && seen.add(certificateFile)) {
            signature(findings, authorities, chain, certificateOption, certificateFile);
        }
        if (!chain.isEmpty()) {
            purpose(findings, chain.get(0), certificateOption + ": " + certificateFile, usage);
        }
        key(findings, chain, "tunnel." + role + "key", keyFile, certificateFile);
    }

    private void key(Findings findings, List<X509Certificate> chain, String option, Path keyFile, Path certificateFile)
            throws IOException {
        try {
            boolean fits = chain.isEmpty()
                    || TunnelTls.belongTogether(
                            PemFiles.key(option, keyFile), chain.get(0).getPublicKey());
            if (!fits) {
                findings.error(
                        option + ": " + keyFile + " is not the key of the certificate in " + certificateFile,
                        "put the key there that the certificate was made with, or make both anew");
            }
        } catch (TunnelException e) {
            findings.error(e.getMessage(), MAKE + option + "; then systemctl restart hde");
        }
        if (Files.exists(keyFile) && seen.add(keyFile)) {
            Access access = Access.of(keyFile);
            if (!access.isForOwnerAlone()) {
                findings.warning(
                        option + ": " + keyFile + " has mode " + access.modeText()
                                + ": others than its owner can read it, and be this host",
                        "chmod 600 " + keyFile + "; make a new key if somebody may have read it");
            }
        }
    }

    private List<X509Certificate> read(String option, Path file, Findings findings) {
        List<X509Certificate> certificates;
        try {
            certificates = PemFiles.certificates(option, file);
        } catch (TunnelException e) {
            findings.error(e.getMessage(), MAKE + option + "; then systemctl restart hde");
            return List.of();
        }
        if (!seen.contains(file)) {
            validity(findings, certificates.get(0), option + ": " + file, clock.instant());
        }
        return certificates;
    }

    /** @param what the certificate, for people */
    static void validity(Findings findings, X509Certificate certificate, String what, Instant now) {
        Instant end = certificate.getNotAfter().toInstant();
        Instant begin = certificate.getNotBefore().toInstant();
        if (now.isAfter(end)) {
            findings.error(what + " expired on " + day(end), "make a new one, then systemctl restart hde there");
        } else if (now.isBefore(begin)) {
            findings.error(
                    what + " is not valid before " + begin,
                    "set this host's clock right, or make the certificate anew");
        } else if (now.plus(SOON).isAfter(end)) {
            findings.warning(
                    what + " expires on " + day(end), "make a new one before that, then systemctl restart hde there");
        }
    }

    private static String day(Instant time) {
        return time.truncatedTo(ChronoUnit.SECONDS).toString();
    }

    private static void purpose(Findings findings, X509Certificate certificate, String what, String usage)
            throws IOException {
        try {
            List<String> usages = certificate.getExtendedKeyUsage();
            if (usages != null && !usages.contains(usage) && !usages.contains(ANY_USAGE)) {
                findings.error(
                        what + " is not made for a TLS " + (usage.equals(SERVER_AUTH) ? "server" : "client"),
                        "make one with certtool's "
                                + (usage.equals(SERVER_AUTH) ? "tls_www_server" : "tls_www_client"));
            }
        } catch (GeneralSecurityException e) {
            throw new IOException(what + ": its purposes cannot be read: " + e.getMessage(), e);
        }
    }

    private void signature(
            Findings findings,
            List<X509Certificate> authorities,
            List<X509Certificate> chain,
            String option,
            Path file) {
        try {
            PKIXParameters parameters = new PKIXParameters(authorities.stream()
                    .map(authority -> new TrustAnchor(authority, null))
                    .collect(Collectors.toSet()));
            parameters.setRevocationEnabled(false);
            // what is expired is said elsewhere
            parameters.setDate(Date.from(chain.get(0).getNotAfter().toInstant().minusSeconds(1)));
            List<X509Certificate> path =
                    chain.stream().filter(each -> !authorities.contains(each)).collect(Collectors.toList());
            CertPathValidator.getInstance("PKIX")
                    .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
        } catch (GeneralSecurityException e) {
            findings.error(
                    option + ": " + file + " is not signed by an authority in " + tunnel.ca() + " (its issuer is "
                            + chain.get(0).getIssuerX500Principal().getName() + "): " + e.getMessage(),
                    "have the authority of all hosts sign it, or put the right authority into tunnel.ca");
        }
    }
}
