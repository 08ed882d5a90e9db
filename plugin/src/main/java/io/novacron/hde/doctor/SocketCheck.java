package io.novacron.hde.doctor;

import io.novacron.hde.config.HdeConfig;
import java.io.IOException;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;

/** QEMU can bind where VMs arrive and connect where they leave, nobody else can, and every VM has its socket. */
final class SocketCheck implements Check {
    private static final int READ_WRITE_PASS = 7;
    private static final int PASS = 1;
    private static final int WRITE_PASS = 3;
    private static final int OTHERS = 7;
    private static final int GROUP_WRITES = 0020;
    private static final String RUNNING = "/run/libvirt/qemu";
    private static final String PUTS_RIGHT = "systemctl restart hde puts it right; see what else changes it";

    private final HdeConfig config;
    private final SystemFiles system;

    SocketCheck(HdeConfig config, SystemFiles system) {
        this.config = config;
        this.system = system;
    }

    @Override
    public String name() {
        return "sockets";
    }

    @Override
    public void run(Findings findings) throws IOException {
        Optional<QemuUser> user = QemuUser.of(system);
        if (user.isEmpty()) {
            findings.error(
                    "the user or group that qemu.conf names for QEMU (without that, libvirt-qemu) does not exist",
                    "correct user and group in /etc/libvirt/qemu.conf, then systemctl restart libvirtd");
            return;
        }
        Path directory = config.sockets().directory();
        if (Files.notExists(directory)) {
            findings.notChecked("the agent makes " + directory + " when it starts");
            return;
        }
        if (!groupIsQemus(user.get(), findings)) {
            return;
        }
        Access outer = Access.of(directory);
        if (!outer.allows(user.get(), PASS)) {
            findings.error(
                    directory + " has mode " + outer.modeText() + ": QEMU's user "
                            + user.get().name() + " cannot pass it",
                    "chmod 711 " + directory + ", or " + PUTS_RIGHT);
        }
        directory(user.get(), config.sockets().of(config.host().name()), READ_WRITE_PASS, findings);
        for (HdeConfig.Peer peer : config.peers().values()) {
            int wanted = peer.libvirtSocket() ? READ_WRITE_PASS & ~(GROUP_WRITES >> 3) : READ_WRITE_PASS;
            directory(user.get(), config.sockets().of(peer.name()), wanted, findings);
        }
        if (Files.exists(config.sockets().control())) {
            socketsOfVms(findings);
        }
    }

    private boolean groupIsQemus(QemuUser user, Findings findings) throws IOException {
        String group = config.sockets().group();
        for (String line : system.lines("/etc/group")) {
            String[] fields = line.split(":", -1);
            if (fields.length > 2 && fields[0].equals(group)) {
                if (user.uid() == 0 || user.gids().contains(Integer.parseInt(fields[2]))) {
                    return true;
                }
                findings.error(
                        "QEMU runs as " + user.name() + ":" + user.group() + ", which is not in the group " + group
                                + " (sockets.group)",
                        "set sockets.group: " + user.group() + " in hde.yaml, then systemctl restart hde");
                return false;
            }
        }
        findings.error(
                "sockets.group: there is no group " + group + " on this host",
                "set sockets.group: " + user.group() + " in hde.yaml, then systemctl restart hde");
        return false;
    }

    private static String described(Path path, Access access) {
        return path + " has mode " + access.modeText() + ", owner " + access.uid() + " and group " + access.gid();
    }

    private void directory(QemuUser user, Path path, int wanted, Findings findings) throws IOException {
        if (Files.notExists(path)) {
            findings.error("there is no directory " + path, PUTS_RIGHT);
            return;
        }
        Access access = Access.of(path);
        // reading it is not what QEMU needs
        int needed = wanted & WRITE_PASS & (config.sockets().mode() >> 3);
        if (!access.allows(user, needed)) {
            findings.error(
                    described(path, access) + ": QEMU's user " + user.name() + " cannot use the sockets there",
                    PUTS_RIGHT);
        }
        if ((access.mode() & OTHERS & ~config.sockets().mode()) != 0
                || (access.uid() != 0 && access.uid() != Access.ownUid())) {
            findings.error(described(path, access) + ": others than root and QEMU can take VMs over there", PUTS_RIGHT);
        }
    }

    private void socketsOfVms(Findings findings) throws IOException {
        if (!system.has(RUNNING)) {
            return;
        }
        try (DirectoryStream<Path> running = Files.newDirectoryStream(system.at(RUNNING), "*.xml")) {
            for (Path state : running) {
                String file = String.valueOf(state.getFileName());
                String vm = file.substring(0, file.length() - ".xml".length());
                if (Files.exists(state.resolveSibling(vm + ".pid"))) {
                    socketsOf(vm, findings);
                }
            }
        }
    }

    private void socketsOf(String vm, Findings findings) {
        for (HdeConfig.Peer peer : config.peers().values()) {
            boolean libvirts = peer.libvirtSocket() && vm.equals(HdeConfig.Sockets.LIBVIRT);
            if (!peer.mayReceive() || libvirts) {
                continue;
            }
            try {
                Path socket = config.sockets().of(peer.name(), vm);
                if (Files.notExists(socket)) {
                    findings.error(
                            "VM " + vm + " runs and has no socket " + socket + ": it cannot migrate to " + peer.name(),
                            "journalctl -u hde says why; systemctl restart hde makes the sockets anew");
                }
            } catch (IllegalArgumentException e) {
                findings.warning(
                        "VM " + vm + " cannot migrate to " + peer.name() + ": " + e.getMessage(),
                        "rename it with virsh domrename");
            }
        }
    }
}
