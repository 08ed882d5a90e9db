package io.novacron.hde.doctor;

import io.novacron.hde.config.HdeConfig;
import java.nio.file.Path;

/** The configuration can be used, or there would be no checks; it may still say nothing. */
final class PeersNamedCheck implements Check {
    private final HdeConfig config;
    private final Path file;

    PeersNamedCheck(HdeConfig config, Path file) {
        this.config = config;
        this.file = file;
    }

    @Override
    public String name() {
        return "configuration";
    }

    @Override
    public void run(Findings findings) {
        if (config.peers().isEmpty()) {
            findings.error(
                    file + " names no peers, so there is nowhere to migrate to",
                    "add the other host: peers: {NAME: {address: HOST}}; then systemctl restart hde");
        }
    }
}
