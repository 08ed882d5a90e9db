package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The Debian package, with Debian's tools, on systems that have booted. */
class PackageIT {
    private static final Duration SOON = Duration.ofSeconds(90);

    /** What Debian's own tools write as they like. */
    private static final String LISTING = "find /etc /usr /var /run/hde -xdev"
            + " \\( -path /var/cache -o -path /var/log -o -path /var/tmp -o -path /var/lib/apt -o -path /var/lib/libvirt"
            + " -o -path /var/lib/systemd/timers -o -path /etc/pki -o -path /var/lib/dpkg/lock -o -name '*-old' \\)"
            + " -prune -o -print 2>/dev/null | sort";

    private static final String PEER = "host: {name: alpha}\\npeers:\\n  beta: {address: 127.0.0.9}\\n";

    private static Path builtPackage() throws IOException {
        Path directory = Lab.project().toAbsolutePath().normalize().resolve("deb/target");
        try (DirectoryStream<Path> packages = Files.newDirectoryStream(directory, "hde_*_amd64.deb")) {
            List<Path> found = new ArrayList<>();
            packages.forEach(found::add);
            assertThat(found)
                    .as("packages in %s; mvn package makes one", directory)
                    .hasSize(1);
            return found.get(0);
        }
    }

    @Test
    void lintianFindsNoError() throws Exception {
        Process lintian = new ProcessBuilder(
                        "lintian",
                        "--allow-root",
                        "--profile",
                        "debian",
                        "--fail-on",
                        "error",
                        "--tag-display-limit",
                        "0",
                        builtPackage().toString())
                .redirectErrorStream(true)
                .start();
        String output;
        try (InputStream out = lintian.getInputStream()) {
            output = new String(out.readAllBytes(), StandardCharsets.UTF_8);
        }
        assertThat(lintian.waitFor()).as(output).isZero();
        assertThat(output).doesNotContain("E: ");
    }

    @ParameterizedTest
    @ValueSource(strings = {"bookworm", "trixie"})
    void isInstalledUpgradedRemovedAndPurged(String release) throws Exception {
        String file = "/srv/deb/" + builtPackage().getFileName();
        try (DebianSystem system = DebianSystem.boot(Lab.project(), release)) {
            List<String> before = system.lines(LISTING);
            install(system, file);
            waitsForAPeer(system);
            files(system);
            appArmor(system);
            manuals(system);
            runs(system);
            aHungAgentIsStartedAgain(system);
            upgrade(system, file);
            remove(system);
            purge(system, before);
            storesElsewhereArePurgedToo(system, file);
        }
    }

    private static void install(DebianSystem system, String file) {
        Output apt = system.tryShell("apt-get -q -y install " + file);
        assertThat(apt.ok()).as(apt.out() + apt.err()).isTrue();
        assertThat(apt.out() + apt.err()).doesNotContain("hde: ", "Failed", "failed");
        assertThat(system.shell("dpkg -V hde")).isEmpty();
        assertThat(system.shell("dpkg --audit")).isEmpty();
        assertThat(system.shell("hde --version")).matches("hde [0-9].*");
    }

    /** Nothing is configured yet: no agent, and no failed service. */
    private static void waitsForAPeer(DebianSystem system) {
        assertThat(system.property("hde", "UnitFileState")).isEqualTo("enabled");
        assertThat(system.property("hde", "ActiveState")).isEqualTo("inactive");
        assertThat(system.property("hde", "Result")).isEqualTo("exec-condition");
        assertThat(system.shell("journalctl -u hde --no-pager")).contains("/etc/hde/hde.yaml names no peers");
        assertThat(system.shell("systemctl is-system-running")).isEqualTo("running");
    }

    private static void files(DebianSystem system) {
        assertThat(system.lines("stat -c '%A %U:%G %n' /etc/hde/hde.yaml /etc/libvirt/hooks/qemu.d/hde /usr/bin/hde"
                        + " /usr/share/hde/hde.jar /etc/apparmor.d/abstractions/libvirt-qemu.d/hde"))
                .containsExactly(
                        "-rw-r--r-- root:root /etc/hde/hde.yaml",
                        "-rwxr-xr-x root:root /etc/libvirt/hooks/qemu.d/hde",
                        "-rwxr-xr-x root:root /usr/bin/hde",
                        "-rw-r--r-- root:root /usr/share/hde/hde.jar",
                        "-rw-r--r-- root:root /etc/apparmor.d/abstractions/libvirt-qemu.d/hde");
        assertThat(system.lines("dpkg-query -W -f '${Conffiles}\\n' hde | awk 'NF {print $1}'"))
                .containsExactlyInAnyOrder(
                        "/etc/hde/hde.yaml",
                        "/etc/libvirt/hooks/qemu.d/hde",
                        "/etc/apparmor.d/abstractions/libvirt-qemu.d/hde");
        assertThat(system.shell("hde config check && grep -vc '^ *#\\|^$\\|:$' /etc/hde/hde.yaml || true"))
                .as("options that the delivered configuration sets")
                .isEqualTo("0");
        assertThat(system.shell("systemd-analyze verify hde.service 2>&1 | grep -i hde || true"))
                .isEmpty();
    }

    /** A profile as libvirt makes it for a VM has the rules, and is right. */
    private static void appArmor(DebianSystem system) {
        String profile = "sed s/LIBVIRT_TEMPLATE/libvirt-00000000-0000-4000-8000-000000000000/"
                + " /etc/apparmor.d/libvirt/TEMPLATE.qemu >/tmp/profile";
        system.shell(profile + " && apparmor_parser -Q -K /tmp/profile");
        assertThat(system.lines("apparmor_parser -p /tmp/profile"))
                .contains("  /{,var/}run/hde/*/*.sock rw,", "  deny /{,var/}run/hde/*/libvirt.sock rw,");
    }

    private static void manuals(DebianSystem system) {
        assertThat(
                        system.lines(
                                "for page in $(dpkg -L hde | sed -n 's|^/usr/share/man/man\\([15]\\)/\\(.*\\)\\.[15]\\.gz|"
                                        + "\\1/\\2|p'); do LC_ALL=C.UTF-8 MANWIDTH=80 man --warnings ${page%%/*} ${page##*/} 2>&1 >/tmp/page"
                                        + " | sed \"s|^|$page: |\"; [ $(wc -l </tmp/page) -gt 8 ] || echo \"$page is short\"; done"))
                .isEmpty();
        assertThat(system.shell("man -w hde hde-agent hde-status hde-config-peers hde-baseline-drop hde.yaml | wc -l"))
                .isEqualTo("6");
        assertThat(system.shell("bash -c '. /usr/share/bash-completion/bash_completion; _completion_loader hde;"
                        + " COMP_WORDS=(hde base); COMP_CWORD=1; _complete_hde; echo ${COMPREPLY[@]}'"))
                .isEqualTo("baseline");
    }

    private static void runs(DebianSystem system) {
        system.shell("printf '" + PEER + "' >/etc/hde/hde.yaml; systemctl start hde");
        assertThat(system.property("hde", "ActiveState")).isEqualTo("active");
        assertThat(system.shell("hde status")).contains("alpha: HDE hde", "127.0.0.9:7420");
        assertThat(system.shell("journalctl -u hde -p err --no-pager -q")).isEmpty();
        assertThat(system.shell("stat -c %a:%U:%G /run/hde /run/hde/beta /run/hde/control.sock /var/lib/hde"
                        + " /var/lib/hde/pages.mv | tr '\\n' ' '"))
                .isEqualTo("711:root:root 770:root:libvirt-qemu 600:root:root 700:root:root 600:root:root");
        Output exposure = system.tryShell("systemd-analyze security --threshold=35 --no-pager hde");
        assertThat(exposure.ok()).as(exposure.out()).isTrue();
    }

    private static void aHungAgentIsStartedAgain(DebianSystem system) {
        system.shell("mkdir -p /run/systemd/system/hde.service.d;"
                + " printf '[Service]\\nWatchdogSec=12\\n' >/run/systemd/system/hde.service.d/test.conf;"
                + " systemctl daemon-reload; systemctl restart hde");
        String first = system.property("hde", "MainPID");
        Waiting.sleep(15_000);
        assertThat(system.property("hde", "MainPID"))
                .as("an agent that lives is left alone")
                .isEqualTo(first);
        system.shell("kill -STOP " + first);
        Waiting.until(
                "another agent",
                SOON,
                () -> system.property("hde", "NRestarts").equals("1")
                        && system.property("hde", "ActiveState").equals("active"),
                () -> system.shell("journalctl -u hde --no-pager"));
        assertThat(system.shell("journalctl -u hde --no-pager")).contains("Watchdog timeout");
        system.shell("rm -r /run/systemd/system/hde.service.d; systemctl daemon-reload");
    }

    private static void upgrade(DebianSystem system, String file) {
        String before = system.property("hde", "MainPID");
        system.shell("dpkg-deb -R " + file + " /tmp/next && sed -i 's/^Version: .*/&+1/' /tmp/next/DEBIAN/control"
                + " && dpkg-deb --root-owner-group -b /tmp/next /tmp/next.deb");
        Output apt = system.tryShell("apt-get -q -y install /tmp/next.deb </dev/null");
        assertThat(apt.ok()).as(apt.out() + apt.err()).isTrue();
        assertThat(system.shell("dpkg-query -W -f '${Version}' hde")).endsWith("+1");
        assertThat(system.shell("cat /etc/hde/hde.yaml"))
                .as("what root has written")
                .contains("beta");
        assertThat(system.property("hde", "ActiveState")).isEqualTo("active");
        assertThat(system.property("hde", "MainPID")).isNotEqualTo(before);
        assertThat(system.shell("grep -c '^# hde: begin' /etc/apparmor.d/local/abstractions/libvirt-qemu || true"))
                .isIn("1", "", "0");
        appArmor(system);
    }

    private static void remove(DebianSystem system) {
        system.shell("apt-get -q -y remove hde");
        assertThat(system.shell("pgrep -x java || true")).isEmpty();
        assertThat(system.shell("ls -d /etc/hde/hde.yaml /var/lib/hde/pages.mv /run/hde 2>/dev/null | tr '\\n' ' '"))
                .as("configuration and state stay, sockets go")
                .isEqualTo("/etc/hde/hde.yaml /var/lib/hde/pages.mv");
        assertThat(system.tryShell("sh /etc/libvirt/hooks/qemu.d/hde vm migrate begin - </dev/null; ls /run/hde")
                        .out())
                .as("the hook without an agent")
                .isEmpty();
        assertThat(system.shell("systemctl is-system-running")).isEqualTo("running");
    }

    private static void purge(DebianSystem system, List<String> before) {
        system.shell("apt-get -q -y purge hde");
        assertThat(system.shell("dpkg-query -W hde 2>/dev/null || true")).isEmpty();
        assertThat(system.lines(LISTING)).as("what is left").containsExactlyElementsOf(before);
        assertThat(system.shell("grep -rl hde /etc/apparmor.d /etc/libvirt /etc/systemd || true"))
                .isEmpty();
    }

    /** Guest memory is to go wherever it is, and nothing else with it. */
    private static void storesElsewhereArePurgedToo(DebianSystem system, String file) {
        system.shell("mkdir -p /srv/pages && touch /srv/pages/other && apt-get -q -y install " + file);
        system.shell("printf '" + PEER + "store: {directory: /srv/pages}\\n' >/etc/hde/hde.yaml; systemctl start hde");
        assertThat(system.shell("ls /srv/pages")).contains("pages.mv");
        system.shell("apt-get -q -y purge hde");
        assertThat(system.shell("ls /srv/pages")).isEqualTo("other");
    }
}
