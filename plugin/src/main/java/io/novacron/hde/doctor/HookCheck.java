package io.novacron.hde.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Optional;
import java.util.function.Supplier;

/** libvirt's hook is there, can be run, and libvirt knows of it. */
final class HookCheck implements Check {
    private static final String HOOK = "/etc/libvirt/hooks/qemu.d/hde";
    private static final int OWNER_RUNS = 0100;
    private static final int OTHERS_WRITE = 0022;

    private final SystemFiles system;
    private final Supplier<Optional<LibvirtDaemon>> daemon;

    HookCheck(SystemFiles system, Supplier<Optional<LibvirtDaemon>> daemon) {
        this.system = system;
        this.daemon = daemon;
    }

    @Override
    public String name() {
        return "hook";
    }

    @Override
    public void run(Findings findings) throws IOException {
        Path hook = system.at(HOOK);
        Optional<LibvirtDaemon> running = daemon.get();
        String restart = "systemctl restart " + running.map(LibvirtDaemon::name).orElse("libvirtd");
        if (!Files.isRegularFile(hook)) {
            findings.warning(
                    "libvirt's hook " + HOOK + " is not there: nobody puts the sockets' directories right before a VM"
                            + " arrives",
                    "apt install --reinstall -o Dpkg::Options::=--force-confmiss hde, then " + restart);
            return;
        }
        Access access = Access.of(hook);
        if ((access.mode() & OWNER_RUNS) == 0) {
            findings.warning(
                    "libvirt's hook " + HOOK + " cannot be run: its mode is " + access.modeText(),
                    "chmod 755 " + HOOK + ", then " + restart);
            return;
        }
        if ((access.mode() & OTHERS_WRITE) != 0) {
            findings.warning(
                    "others than its owner can write what libvirt runs as root: " + HOOK + " has mode "
                            + access.modeText(),
                    "chmod 755 " + HOOK);
        }
        if (running.isEmpty()) {
            findings.notChecked("whether libvirt knows of the hook: it does not run");
            return;
        }
        Instant changed = Instant.ofEpochMilli(access.changed());
        if (changed.isAfter(running.get().readAt())) {
            findings.warning(
                    "libvirt's hook " + HOOK + " is from " + changed.truncatedTo(ChronoUnit.SECONDS) + ", and "
                            + running.get().name() + " has last looked for hooks at "
                            + running.get().readAt().truncatedTo(ChronoUnit.SECONDS),
                    restart + " (VMs run on)");
        }
    }
}
