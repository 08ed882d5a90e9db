package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code hde setup} between two hosts that have nothing but HDE and ssh, and a migration after it. */
class SetupIT {
    private static final String KEY = "/tmp/setup-key";
    private static final String FRESH = "# written by hand\nhost:\n  name: %s   # the lab's\nverify-stream: true\n";

    @RegisterExtension
    static final RunningLab LAB = new RunningLab("hA", "hB");

    private final LabHost a = LAB.lab().host("hA");
    private final LabHost b = LAB.lab().host("hB");

    /** A real sshd, which lets in whoever has the key. */
    private void startSshd() {
        a.run("ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", KEY);
        b.run("sh", "-c", "mkdir -p /run/sshd /tmp/ssh && ssh-keygen -q -t ed25519 -N '' -f /tmp/ssh/host");
        b.run("sh", "-c", "printf '%s\\n' '" + a.run("cat", KEY + ".pub") + "' >/tmp/ssh/authorized");
        b.run(
                "/usr/sbin/sshd",
                "-f",
                "/dev/null",
                "-h",
                "/tmp/ssh/host",
                "-o",
                "AuthorizedKeysFile=/tmp/ssh/authorized",
                "-o",
                "StrictModes=no",
                "-o",
                "PidFile=/tmp/ssh/pid",
                "-o",
                "UsePAM=no");
    }

    private Output setup(String... more) {
        List<String> command = new ArrayList<>(List.of("hde", "setup", "root@hB"));
        for (String option : List.of(
                "IdentityFile=" + KEY,
                "IdentitiesOnly=yes",
                "UserKnownHostsFile=/tmp/known",
                "StrictHostKeyChecking=accept-new",
                "BatchMode=yes")) {
            command.addAll(List.of("--ssh-option", option));
        }
        command.addAll(List.of(more));
        return a.tryRun(command.toArray(String[]::new));
    }

    private static void makeFresh(LabHost host) {
        host.agent().configure(String.format(FRESH, host.name()));
        host.run("rm", "-rf", "/etc/pki/libvirt", "/etc/pki/CA");
    }

    private static Path seen(LabHost host, String file) {
        return host.directory("/etc/hde").resolve(file);
    }

    @Test
    void twoHostsBecomePeersAndMigrate() throws IOException {
        // the product is installed with the first agent
        for (LabHost host : List.of(a, b)) {
            host.agent().start();
            host.agent().awaitReady();
            host.agent().stop();
            makeFresh(host);
        }
        startSshd();

        Output dry = setup("--dry-run");
        assertThat(dry.ok()).as(dry.out() + dry.err()).isTrue();
        assertThat(dry.out())
                .contains("would make an authority", "hB: /etc/hde/hde.yaml would become:", "nothing was changed");
        assertThat(a.agent().configuration()).isEqualTo(String.format(FRESH, "hA"));
        assertThat(seen(a, "ca")).doesNotExist();
        assertThat(seen(b, "pki")).doesNotExist();

        Output first = setup();
        assertThat(first.ok()).as("no agent runs yet").isFalse();
        assertThat(first.out())
                .contains(
                        "certificates: made",
                        "hA: wrote /etc/hde/hde.yaml",
                        "hB: wrote /etc/hde/hde.yaml",
                        "no agent runs",
                        "virsh migrate --live --persistent --undefinesource VM qemu+ssh://hB/system --migrateuri"
                                + " unix:///run/hde/hB/VM.sock");
        assertThat(b.agent().configuration())
                .startsWith("# written by hand\nhost:\n  name: hB   # the lab's\nverify-stream: true\n")
                .contains("peers:\n  hA:\n    address: 192.0.2.1\n", "  key: /etc/hde/pki/key.pem\n");
        assertThat(Files.readString(seen(a, "pki/key.pem"))).isNotEqualTo(Files.readString(seen(b, "pki/key.pem")));
        assertThat(seen(b, "ca")).doesNotExist();
        assertThat(b.run("stat", "-c", "%a", "/etc/hde/pki/key.pem")).isEqualTo("600");
        assertThat(a.run("stat", "-c", "%a", "/etc/hde/ca/cakey.pem")).isEqualTo("600");
        assertThat(a.run("sh", "-c", "cat /etc/hde/hde.yaml.before-*"))
                .isEqualTo(String.format(FRESH, "hA").strip());

        for (LabHost host : List.of(a, b)) {
            host.agent().start();
        }
        for (LabHost host : List.of(a, b)) {
            host.agent().awaitReady();
        }
        String before = a.agent().configuration() + b.agent().configuration();
        Output second = setup();
        assertThat(second.ok()).as(second.out() + second.err()).isTrue();
        assertThat(second.out())
                .contains(
                        "certificates: both hosts have some of one authority",
                        "hA: has peer hB at hB:7420 already",
                        "hA: /etc/hde/hde.yaml stays as it is",
                        "hA: nothing is wrong",
                        "hB: nothing is wrong");
        assertThat(a.agent().configuration() + b.agent().configuration()).isEqualTo(before);

        Guest guest = LAB.lab().start(a, GuestSpec.tiny("tiny"));
        guest.awaitReady(Duration.ofMinutes(3));
        guest.awaitRounds(1, Duration.ofMinutes(1));
        a.agent().awaitSocket(b, guest);
        assertThat(new Migration(guest, a, b, Migration.Way.HDE).run().doubts()).isEmpty();
        b.agent().awaitSocket(a, guest);
        assertThat(new Migration(guest, b, a, Migration.Way.HDE).run().doubts()).isEmpty();
    }
}
