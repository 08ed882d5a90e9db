package io.novacron.hde.lab;

import java.util.List;

/**
 * A QEMU that a host can run.
 *
 * @param version as 7.2
 * @param command how it is called, up to its own arguments
 */
record QemuProgram(String version, List<String> command) {
    QemuProgram {
        command = List.copyOf(command);
    }

    /** The one that is installed. */
    static QemuProgram installed(LabHost host) {
        return asked(host, List.of("qemu-system-x86_64"));
    }

    /**
     * That of a Debian release unpacked below a directory, which has its own libraries and firmware there.
     *
     * @param root as the host sees it
     */
    static QemuProgram unpacked(LabHost host, String root) {
        return asked(host, unpacked(root));
    }

    /** How that is called. */
    static List<String> unpacked(String root) {
        String libraries = root + "/usr/lib/x86_64-linux-gnu";
        return List.of(
                libraries + "/ld-linux-x86-64.so.2",
                "--library-path",
                libraries,
                root + "/usr/bin/qemu-system-x86_64",
                "-L",
                root + "/usr/share/qemu",
                "-L",
                root + "/usr/share/seabios");
    }

    private static QemuProgram asked(LabHost host, List<String> command) {
        String said = host.run("sh", "-c", String.join(" ", command) + " --version");
        return new QemuProgram(said.replaceAll("(?s).*version (\\d+\\.\\d+).*", "$1"), command);
    }
}
