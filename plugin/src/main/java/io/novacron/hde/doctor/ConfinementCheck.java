package io.novacron.hde.doctor;

import io.novacron.hde.config.HdeConfig;
import java.io.IOException;
import java.util.List;
import java.util.regex.Pattern;

/** Where AppArmor or SELinux confine QEMU, it may still use the sockets. */
final class ConfinementCheck implements Check {
    private static final String ABSTRACTION = "/etc/apparmor.d/abstractions/libvirt-qemu";
    private static final String SITE = "/etc/apparmor.d/local/abstractions/libvirt-qemu";
    private static final String RULES = "/etc/apparmor.d/abstractions/libvirt-qemu.d/hde";
    private static final Pattern INCLUDES = Pattern.compile("[^#]*<(?:abstractions/)?libvirt-qemu\\.d>.*");
    private static final Pattern INCLUDES_SITE = Pattern.compile("[^#]*<local/abstractions/libvirt-qemu>.*");
    private static final String REINSTALL =
            "apt install --reinstall -o Dpkg::Options::=--force-confmiss hde; VMs that run"
                    + " get the rules when they start anew";

    private final HdeConfig config;
    private final SystemFiles system;

    ConfinementCheck(HdeConfig config, SystemFiles system) {
        this.config = config;
        this.system = system;
    }

    @Override
    public String name() {
        return "confinement";
    }

    @Override
    public void run(Findings findings) throws IOException {
        boolean off = LibvirtConf.read(system, "/etc/libvirt/qemu.conf")
                .text("security_driver")
                .filter("none"::equals)
                .isPresent();
        boolean appArmor = first("/sys/module/apparmor/parameters/enabled").equals("Y");
        boolean seLinux = first("/sys/fs/selinux/enforce").equals("1");
        if (off || !(appArmor || seLinux)) {
            findings.notChecked(off ? "security_driver in qemu.conf is none" : "neither AppArmor nor SELinux is on");
        } else if (seLinux) {
            findings.warning(
                    "SELinux enforces, and HDE brings no policy for QEMU's sockets under "
                            + config.sockets().directory(),
                    "try a migration; where ausearch -m avc -ts recent shows svirt_t denied, allow it with audit2allow");
        } else {
            appArmor(findings);
        }
    }

    private void appArmor(Findings findings) throws IOException {
        if (!system.has(ABSTRACTION)) {
            findings.notChecked("libvirt has no AppArmor profile for QEMU here (" + ABSTRACTION + ")");
            return;
        }
        List<String> rules = system.lines(RULES);
        String directory = config.sockets().directory().toString();
        // the package's rules say {,var/}run, which AppArmor expands
        String inRules = directory.startsWith("/run/") ? directory.substring("/run/".length()) : directory;
        if (rules.isEmpty()) {
            findings.error("AppArmor confines QEMU, and HDE's rules are not there: " + RULES, REINSTALL);
        } else if (rules.stream().noneMatch(line -> !line.startsWith("#") && line.contains(inRules + "/*/*.sock"))) {
            findings.error(
                    "AppArmor confines QEMU, and " + RULES + " allows nothing under " + directory
                            + " (sockets.directory)",
                    "add the line \"  " + directory
                            + "/*/*.sock rw,\" there; VMs that run get it when they start anew");
        } else if (!includes(ABSTRACTION, INCLUDES)
                && !(includes(ABSTRACTION, INCLUDES_SITE) && includes(SITE, INCLUDES))) {
            findings.error(
                    "AppArmor confines QEMU, and neither " + ABSTRACTION + " nor " + SITE + " includes HDE's rules ("
                            + RULES + ")",
                    REINSTALL);
        }
    }

    private boolean includes(String file, Pattern what) throws IOException {
        return system.lines(file).stream().anyMatch(line -> what.matcher(line).matches());
    }

    private String first(String file) throws IOException {
        List<String> lines = system.lines(file);
        return lines.isEmpty() ? "" : lines.get(0).strip();
    }
}
