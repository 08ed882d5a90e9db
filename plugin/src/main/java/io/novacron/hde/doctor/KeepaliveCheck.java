package io.novacron.hde.doctor;

import io.novacron.hde.config.HdeConfig;
import java.io.IOException;
import java.time.Duration;
import java.util.Optional;
import java.util.function.Supplier;

/**
 * libvirt waits as long for its peer as the agents do for theirs. Its connection is plain TCP, whose pauses double, so it
 * may be silent for twice as long as the link was down: docs/operations.md.
 */
final class KeepaliveCheck implements Check {
    private static final int DEFAULT = 5;
    private static final int TWICE = 2;

    private final Duration resume;
    private final SystemFiles system;
    private final Supplier<Optional<LibvirtDaemon>> daemon;

    KeepaliveCheck(HdeConfig config, SystemFiles system, Supplier<Optional<LibvirtDaemon>> daemon) {
        this.resume = config.tunnel().resumeTimeout();
        this.system = system;
        this.daemon = daemon;
    }

    @Override
    public String name() {
        return "keepalive";
    }

    @Override
    public void run(Findings findings) throws IOException {
        String name = daemon.get().map(LibvirtDaemon::name).orElse("libvirtd");
        check("/etc/libvirt/" + name + ".conf", name, findings);
        check("/etc/libvirt/qemu.conf", name, findings);
    }

    private void check(String file, String daemonName, Findings findings) throws IOException {
        LibvirtConf conf = LibvirtConf.read(system, file);
        int interval = conf.number("keepalive_interval").orElse(DEFAULT);
        int count = conf.number("keepalive_count").orElse(DEFAULT);
        long wanted = resume.toSeconds() * TWICE;
        if (interval <= 0 || (long) interval * (count + 1) >= wanted) {
            return;
        }
        long enough = (wanted + interval - 1) / interval - 1;
        findings.warning(
                file + ": libvirt gives a peer up after " + (long) interval * (count + 1)
                        + " s (keepalive_interval, keepalive_count) and ends its migrations, though the agents would go"
                        + " on for " + resume.toSeconds() + " s (tunnel.resume-timeout)",
                "set keepalive_interval = " + interval + " and keepalive_count = " + enough
                        + " there, systemctl restart "
                        + daemonName + ", and give virsh -k " + interval + " -K " + enough
                        + "; or shorten tunnel.resume-timeout");
    }
}
