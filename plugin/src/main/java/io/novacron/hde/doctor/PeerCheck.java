package io.novacron.hde.doctor;

import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.config.VmPatterns;
import io.novacron.hde.control.Release;
import io.novacron.hde.tunnel.Peer;
import io.novacron.hde.tunnel.PemFiles;
import io.novacron.hde.tunnel.TlsFiles;
import io.novacron.hde.tunnel.TunnelException;
import io.novacron.hde.tunnel.TunnelProbe;
import io.novacron.hde.tunnel.TunnelTls;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.PeerText;
import io.novacron.hde.wire.Protocol;
import java.io.IOException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.List;

/** Each peer can be reached, is who it should be, takes this host for who it is, and allows what is meant to be. */
final class PeerCheck implements Check {
    private static final Duration MOST_WAIT = Duration.ofSeconds(10);
    private static final long MOST_CLOCK_MILLIS = 5_000;

    private final HdeConfig config;
    private final Clock clock;

    PeerCheck(HdeConfig config, Clock clock) {
        this.config = config;
        this.clock = clock;
    }

    @Override
    public String name() {
        return "peers";
    }

    @Override
    public void run(Findings findings) {
        HdeConfig.Tunnel tunnel = config.tunnel();
        TlsFiles files = new TlsFiles(
                tunnel.ca(), tunnel.certificate(), tunnel.key(), tunnel.clientCertificate(), tunnel.clientKey());
        Duration limit = tunnel.connectTimeout().compareTo(MOST_WAIT) < 0 ? tunnel.connectTimeout() : MOST_WAIT;
        TunnelProbe probe = new TunnelProbe(
                files, limit, new Message.Ask(Release.name(), config.host().name()));
        for (HdeConfig.Peer peer : config.peers().values()) {
            try {
                TunnelProbe.Result result = probe.probe(new Peer(
                        peer.name(), peer.address().host(), peer.address().port(), peer.certificateName()));
                if (result.failed().isPresent()) {
                    notReached(peer, result, findings);
                } else {
                    reached(peer, result, findings);
                }
            } catch (IOException e) {
                findings.notChecked("peer " + peer.name() + ": " + e.getMessage());
            }
        }
    }

    private void notReached(HdeConfig.Peer peer, TunnelProbe.Result result, Findings findings) throws IOException {
        String name = "peer " + peer.name();
        String at = name + " at " + peer.address();
        String reason = result.reason();
        switch (result.failed().orElseThrow()) {
            case RESOLVE ->
                findings.error(
                        name + ": " + reason,
                        "give it a name in DNS or /etc/hosts, or set peers." + peer.name() + ".address to one that it"
                                + " has");
            case CONNECT -> {
                if (reason.contains("refused")) {
                    findings.error(
                            at + ": nobody listens there",
                            "on " + peer.name() + ": systemctl start hde, and see that tunnel.listen is that address");
                } else {
                    findings.error(
                            at + " cannot be reached: " + reason,
                            "see that " + peer.name() + " is up, and open TCP port "
                                    + peer.address().port() + " between the hosts (firewall)");
                }
            }
            case TLS ->
                findings.error(
                        at + ": what listens there does not speak TLS 1.3 as an agent does: " + reason,
                        "see that the address and the port are those of the agent (tunnel.listen on " + peer.name()
                                + ")");
            case CERTIFICATE -> certificate(peer, result.shown().orElseThrow(), reason, findings);
            case CERTIFICATE_NAME ->
                findings.error(
                        at + " shows a certificate of another host: " + PeerText.of(reason) + ", expected "
                                + peer.certificateName(),
                        "if that is the right host, set peers." + peer.name() + ".certificate-name to one of its names;"
                                + " else correct the address");
            case TRUST -> notAdmitted(peer, reason, true, findings);
            case ADMISSION -> notAdmitted(peer, reason, false, findings);
            case ANSWER ->
                findings.error(
                        at + " gives no answer: " + reason,
                        "see journalctl -u hde on " + peer.name() + ", and that both hosts have the same release");
        }
    }

    private void certificate(HdeConfig.Peer peer, X509Certificate shown, String reason, Findings findings) {
        String what = "the certificate of peer " + peer.name();
        Instant now = clock.instant();
        if (now.isAfter(shown.getNotAfter().toInstant())
                || now.isBefore(shown.getNotBefore().toInstant())) {
            CertificateCheck.validity(findings, shown, what, now);
        } else {
            findings.error(
                    what + " is none that this host trusts: " + reason + " (its issuer is "
                            + PeerText.of(shown.getIssuerX500Principal().getName()) + ")",
                    "put the authority that signed it into tunnel.ca ("
                            + config.tunnel().ca() + ") here, or have it signed by one that is there");
        }
    }

    private void notAdmitted(HdeConfig.Peer peer, String reason, boolean distrust, Findings findings)
            throws IOException {
        X509Certificate own = PemFiles.certificates(
                        "tunnel.client-certificate", config.tunnel().clientCertificate())
                .get(0);
        String ownNames = "this host's certificate, which is for " + TunnelTls.names(own);
        if (distrust) {
            findings.error(
                    "peer " + peer.name() + " does not trust " + ownNames + ": " + reason,
                    "on " + peer.name() + ", put the authority that signed it ("
                            + own.getIssuerX500Principal().getName()
                            + ") into tunnel.ca; see that it has not expired, and that the clocks are right");
        } else {
            findings.error(
                    "peer " + peer.name() + " knows no peer with " + ownNames + ": " + reason,
                    "on " + peer.name() + ", add to hde.yaml: peers: {"
                            + config.host().name()
                            + ": {address: ADDRESS OF THIS HOST}}, with certificate-name if that is another than "
                            + config.host().name() + "; then systemctl restart hde there");
        }
    }

    private void reached(HdeConfig.Peer peer, TunnelProbe.Result result, Findings findings) throws TunnelException {
        Message.Standing standing = result.standing().orElseThrow();
        CertificateCheck.validity(
                findings, result.shown().orElseThrow(), "the certificate of peer " + peer.name(), clock.instant());
        names(peer, standing, findings);
        if (standing.lowestVersion() > Protocol.HIGHEST_VERSION
                || standing.highestVersion() < Protocol.LOWEST_VERSION) {
            findings.error(
                    "peer " + peer.name() + " (" + PeerText.of(standing.software()) + ") speaks protocol versions "
                            + standing.lowestVersion() + " to " + standing.highestVersion() + ", this host ("
                            + Release.name() + ") " + Protocol.LOWEST_VERSION + " to " + Protocol.HIGHEST_VERSION,
                    "upgrade HDE on the host with the older one");
        }
        long apart = Math.abs(result.clockMillis());
        if (apart > MOST_CLOCK_MILLIS) {
            findings.warning(
                    "the clock of peer " + peer.name() + " is " + apart / 1000 + " s "
                            + (result.clockMillis() > 0 ? "ahead of" : "behind")
                            + " this host's: certificates may count as"
                            + " expired, and times in logs and baselines cannot be compared",
                    "have both set by NTP: systemctl enable --now systemd-timesyncd (or chrony)");
        }
        permissions(peer, standing, findings);
    }

    private void names(HdeConfig.Peer peer, Message.Standing standing, Findings findings) throws TunnelException {
        String host = config.host().name();
        String toldHost = PeerText.of(standing.host());
        String toldPeer = PeerText.of(standing.peer());
        if (!peer.name().equals(standing.host())) {
            findings.error(
                    "peer " + peer.name() + " calls itself " + toldHost
                            + " (host.name there): the sockets on the two hosts have different directories",
                    "call it " + toldHost + " here (peers: {" + toldHost + ": …}), or set host.name: " + peer.name()
                            + " there");
        }
        if (!host.equals(standing.peer())) {
            findings.error(
                    "peer " + peer.name() + " has this host as " + toldPeer + ", and this host calls itself " + host
                            + " (host.name): every channel is refused",
                    "set host.name: " + toldPeer + " here, or call it " + host + " there");
        }
        X509Certificate shown = PemFiles.certificates(
                        "tunnel.certificate", config.tunnel().certificate())
                .get(0);
        List<String> wanted = standing.names() == null ? List.of() : standing.names();
        if (!wanted.isEmpty() && !TunnelTls.carries(shown, wanted)) {
            findings.error(
                    "tunnel.certificate: " + config.tunnel().certificate() + " is for " + TunnelTls.names(shown)
                            + ", and peer " + peer.name() + " expects one of " + PeerText.of(wanted.toString())
                            + ": it cannot migrate to this host",
                    "on " + peer.name() + ", set peers." + toldPeer + ".certificate-name to a name that it carries; or"
                            + " make a certificate for " + host);
        }
    }

    private void permissions(HdeConfig.Peer peer, Message.Standing standing, Findings findings) {
        String there = "on " + peer.name() + ", set peers." + config.host().name();
        String here = "set peers." + peer.name();
        String restart = "; then systemctl restart hde";
        if (peer.mayReceive() && !standing.maySend()) {
            findings.error(
                    "no VM can migrate to peer " + peer.name() + ": it refuses what this host sends (may-send is false"
                            + " there)",
                    there + ".may-send: true" + restart + "; or " + here + ".may-receive: false here");
        }
        if (standing.mayReceive() && !peer.maySend()) {
            findings.error(
                    "no VM can migrate from peer " + peer.name()
                            + ": this host refuses what it sends (may-send is false"
                            + " here), and there it is allowed",
                    here + ".may-send: true" + restart + "; or " + there + ".may-receive: false");
        }
        if (!peer.seed().equals(VmPatterns.NONE) && !standing.maySeed()) {
            findings.warning(
                    "peer " + peer.name() + " takes no seeds from this host, though peers." + peer.name()
                            + ".seed names VMs",
                    there + ".may-seed: true (and may-send)" + restart);
        }
        if (peer.libvirtSocket() && !standing.mayControl()) {
            findings.warning(
                    "peer " + peer.name() + " lets nobody here reach its libvirt, though peers." + peer.name()
                            + ".libvirt-socket is true",
                    there + ".may-control: true" + restart + " (see docs/security.md first); or " + here
                            + ".libvirt-socket: false here");
        }
    }
}
