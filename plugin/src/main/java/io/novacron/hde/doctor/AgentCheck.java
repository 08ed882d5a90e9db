package io.novacron.hde.doctor;

import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.config.HostPort;
import io.novacron.hde.control.ControlClient;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.PeerReport;
import io.novacron.hde.control.Release;
import io.novacron.hde.control.StatusReport;
import java.io.IOException;
import java.io.InputStream;
import java.net.HttpURLConnection;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;

/** The agent runs, with this release and this configuration, and says itself that it works. */
final class AgentCheck implements Check {
    private static final int MILLIS = 5_000;
    private static final int OK = 200;
    private static final int LONGEST = 1 << 10;
    private static final String RESTART = "systemctl restart hde (it waits for migrations that run)";

    private final HdeConfig config;
    private final Path file;

    AgentCheck(HdeConfig config, Path file) {
        this.config = config;
        this.file = file;
    }

    @Override
    public String name() {
        return "agent";
    }

    @Override
    public void run(Findings findings) {
        Path socket = config.sockets().control();
        if (Files.notExists(socket)) {
            findings.error(
                    "no agent runs: there is no socket " + socket,
                    "systemctl start hde; where it does not stay, journalctl -u hde says why");
            return;
        }
        StatusReport status;
        try {
            status = new ControlClient(socket).status();
        } catch (ControlException e) {
            findings.error(
                    "no agent answers on " + socket + ", though the socket is there: it was killed, or hangs ("
                            + e.getMessage() + ")",
                    "systemctl restart hde; journalctl -u hde says what became of it");
            return;
        }
        if (!status.version().equals(Release.name())) {
            findings.warning(
                    "the agent that runs is " + status.version() + ", this command is " + Release.name(), RESTART);
        }
        if (!status.host().equals(config.host().name()) || !peersOf(status).equals(peersConfigured())) {
            findings.warning(
                    "the agent runs with another configuration than " + file + ": it is host " + status.host()
                            + " with peers " + peersOf(status) + ", the file says "
                            + config.host().name() + " with "
                            + peersConfigured(),
                    RESTART);
        }
        config.metrics().listen().ifPresent(address -> health(address, findings));
    }

    private static Map<String, String> peersOf(StatusReport status) {
        Map<String, String> peers = new TreeMap<>();
        for (PeerReport peer : status.peers()) {
            peers.put(peer.name(), peer.address());
        }
        return peers;
    }

    private Map<String, String> peersConfigured() {
        Map<String, String> peers = new TreeMap<>();
        config.peers().forEach((name, peer) -> peers.put(name, peer.address().toString()));
        return peers;
    }

    private static void health(HostPort address, Findings findings) {
        try {
            HttpURLConnection connection = (HttpURLConnection)
                    URI.create("http://" + address + "/healthz").toURL().openConnection();
            connection.setConnectTimeout(MILLIS);
            connection.setReadTimeout(MILLIS);
            if (connection.getResponseCode() != OK) {
                try (InputStream body = connection.getErrorStream()) {
                    String text = body == null
                            ? "status " + connection.getResponseCode()
                            : new String(body.readNBytes(LONGEST), StandardCharsets.UTF_8).strip();
                    findings.error(
                            "the agent says that it cannot work: " + text,
                            "if it is libvirt that it lacks: systemctl start libvirtd (or virtqemud.socket); it connects"
                                    + " again by itself");
                }
            }
        } catch (IOException e) {
            findings.warning(
                    "nobody answers on " + address + " (metrics.listen): " + e.getMessage(),
                    "see journalctl -u hde for why the agent cannot listen there, or set metrics.listen to another"
                            + " address, or to none");
        }
    }
}
