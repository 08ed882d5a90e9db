package io.novacron.hde.setup;

import io.novacron.hde.config.ConfigException;
import io.novacron.hde.config.HdeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * A host as it is.
 *
 * @param configText its configuration file; empty where there is none
 * @param config what holds there
 * @param version of HDE
 * @param hasCertificates whether all files that its configuration names are there
 * @param authorityDigest over its authority's certificates; empty where it has none
 * @param clockMillis how far its clock is ahead of this host's
 */
record HostState(
        String configText,
        HdeConfig config,
        String version,
        boolean hasCertificates,
        String authorityDigest,
        long clockMillis) {
    /** The name under which the other is to know it. */
    String name() {
        return config.host().name();
    }

    /** @param file its configuration */
    static HostState of(Shell shell, String file) throws SetupException {
        if (!shell.run("id -u").strip().equals("0")) {
            throw new SetupException("not root there: give root@HOST (or run hde setup as root)");
        }
        Shell.Result version = shell.tryRun("hde --version", "");
        if (!version.ok()) {
            throw new SetupException("there is no hde on "
                    + shell.run("uname -n").strip() + ": install the package there first (" + version.err() + ")");
        }
        String quoted = Shell.word(file);
        String text = shell.run("[ ! -e " + quoted + " ] || cat -- " + quoted);
        HdeConfig config = effective(shell, quoted, text);
        HdeConfig.Tunnel tunnel = config.tunnel();
        StringBuilder present = new StringBuilder();
        for (Path path : new Path[] {
            tunnel.certificate(), tunnel.key(), tunnel.clientCertificate(), tunnel.clientKey(), tunnel.ca()
        }) {
            present.append(present.length() == 0 ? "" : " && ")
                    .append("[ -s ")
                    .append(Shell.word(path.toString()))
                    .append(" ]");
        }
        String ca = Shell.word(tunnel.ca().toString());
        long before = System.currentTimeMillis();
        long clock = Long.parseLong(shell.run("date +%s%3N").strip());
        return new HostState(
                text,
                config,
                version.out().strip(),
                shell.tryRun(present.toString(), "").ok(),
                shell.run("[ ! -s " + ca + " ] || openssl x509 -in " + ca + " -noout -fingerprint -sha256")
                        .strip(),
                clock - (before + System.currentTimeMillis()) / 2);
    }

    /** The host says itself what holds there, defaults included; this host's could be others. */
    private static HdeConfig effective(Shell shell, String quotedFile, String text) throws SetupException {
        String shown = text.isEmpty()
                ? "host:\n  name: " + shell.run("uname -n").strip().replaceFirst("\\..*", "") + "\n"
                : shell.run("hde config show --config " + quotedFile);
        try {
            Path file = Files.createTempFile("hde-setup", ".yaml");
            try {
                Files.writeString(file, shown);
                return HdeConfig.load(file);
            } finally {
                Files.delete(file);
            }
        } catch (ConfigException e) {
            throw new SetupException(String.join("; ", e.problems()), e);
        } catch (IOException e) {
            throw new SetupException("cannot write a temporary file: " + e.getMessage(), e);
        }
    }
}
