package io.novacron.hde.doctor;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.config.HdeConfig;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.ServerSocketChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Checks of what stands in the system's files, with files that are made up. */
class SystemChecksTest {
    private static final String HOOK = "/etc/libvirt/hooks/qemu.d/hde";

    @TempDir
    private Path directory;

    private Made made;

    @BeforeEach
    void aRoot() {
        made = new Made(directory);
    }

    // ---- hook -------------------------------------------------------------------------------------------------------

    private List<String> hook(Instant readAt) throws Exception {
        return Made.problems(new HookCheck(made.system(), () -> Optional.of(new LibvirtDaemon("libvirtd", readAt))));
    }

    @Test
    void theHook() throws Exception {
        Instant later = Instant.now().plusSeconds(60);
        assertThat(hook(later)).singleElement().asString().contains(HOOK + " is not there");
        Path file = made.file(HOOK, "rw-r--r--", "#!/bin/sh\n");
        assertThat(hook(later)).singleElement().asString().contains("cannot be run: its mode is 0644");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxr-xr-x"));
        assertThat(hook(later)).isEmpty();
        assertThat(hook(Instant.now().minusSeconds(60)))
                .singleElement()
                .asString()
                .contains("libvirtd has last looked for hooks at");
        Files.setPosixFilePermissions(file, PosixFilePermissions.fromString("rwxrwxr-x"));
        assertThat(hook(later)).singleElement().asString().contains("has mode 0775");
        Findings none = Made.run(new HookCheck(made.system(), Optional::empty));
        assertThat(none.notChecked()).hasSize(1);
    }

    @Test
    void systemdSaysWhenLibvirtWasLastReloaded() {
        assertThat(
                        LibvirtDaemon.reloadedIn(
                                "ExecReload={ path=/bin/kill ; argv[]=/bin/kill -HUP $MAINPID ; ignore_errors=no"
                                        + " ; start_time=[Sat 2026-11-28 10:00:01 UTC] ; stop_time=[Sat 2026-11-28 10:00:02 UTC] ; pid=1 }"))
                .contains(Instant.parse("2026-11-28T10:00:02Z"));
        assertThat(LibvirtDaemon.reloadedIn("ExecReload={ path=/bin/kill ; start_time=[n/a] ; pid=0 }"))
                .isEmpty();
    }

    // ---- keepalive --------------------------------------------------------------------------------------------------

    private List<String> keepalive(String options) throws Exception {
        return Made.problems(new KeepaliveCheck(
                made.config("host: {name: a}\n" + options),
                made.system(),
                () -> Optional.of(new LibvirtDaemon("virtqemud", Instant.now()))));
    }

    @Test
    void libvirtsKeepalive() throws Exception {
        assertThat(keepalive(""))
                .hasSize(2)
                .first()
                .asString()
                .startsWith("/etc/libvirt/virtqemud.conf: libvirt gives a peer up after 30 s");
        assertThat(keepalive("tunnel: {resume-timeout: 15s}")).isEmpty();
        made.file("/etc/libvirt/virtqemud.conf", "# a comment\nkeepalive_interval = 5\nkeepalive_count = 23 # 120 s\n");
        made.file("/etc/libvirt/qemu.conf", "keepalive_interval = -1\n");
        assertThat(keepalive("")).isEmpty();
        made.file("/etc/libvirt/qemu.conf", "#keepalive_interval = -1\nkeepalive_count = 22\n");
        assertThat(keepalive("")).singleElement().asString().contains("/etc/libvirt/qemu.conf", "after 115 s");
    }

    // ---- confinement ------------------------------------------------------------------------------------------------

    private List<String> confinement(String options) throws Exception {
        return Made.problems(new ConfinementCheck(made.config("host: {name: a}\n" + options), made.system()));
    }

    @Test
    void appArmorsRules() throws Exception {
        assertThat(Made.run(new ConfinementCheck(made.config("host: {name: a}"), made.system()))
                        .notChecked())
                .hasSize(1);
        made.file("/sys/module/apparmor/parameters/enabled", "Y\n");
        made.file(
                "/etc/apparmor.d/abstractions/libvirt-qemu",
                "  #include <abstractions/base>\n  include if exists <local/abstractions/libvirt-qemu>\n");
        assertThat(confinement("")).singleElement().asString().contains("HDE's rules are not there");
        made.file(
                "/etc/apparmor.d/abstractions/libvirt-qemu.d/hde",
                Files.readString(Path.of("../libvirt-hooks/src/main/dist/apparmor/hde")));
        assertThat(confinement("")).singleElement().asString().contains("neither ", " includes HDE's rules");
        made.file(
                "/etc/apparmor.d/local/abstractions/libvirt-qemu",
                "# hde\n  include if exists <abstractions/libvirt-qemu.d>\n");
        assertThat(confinement("")).isEmpty();
        assertThat(confinement("sockets: {directory: /srv/hde}"))
                .singleElement()
                .asString()
                .contains("allows nothing under /srv/hde");
        made.file("/etc/libvirt/qemu.conf", "security_driver = \"none\"\n");
        assertThat(confinement("sockets: {directory: /srv/hde}")).isEmpty();
    }

    @Test
    void seLinuxIsSaidToBeUnknown() throws Exception {
        made.file("/sys/fs/selinux/enforce", "1");
        assertThat(confinement("")).singleElement().asString().startsWith("SELinux enforces");
    }

    // ---- store ------------------------------------------------------------------------------------------------------

    private static final long GIB = 1L << 30;

    private List<String> store(String options, Disk disk) throws Exception {
        return Made.problems(new StoreCheck(
                made.config("host: {name: a}\nstore: {directory: " + directory.resolve("store") + options + "}"),
                at -> disk));
    }

    @Test
    void theStoresFileSystem() throws Exception {
        assertThat(store("", new Disk("ext4", false, 100 * GIB))).isEmpty();
        assertThat(store("", new Disk("tmpfs", false, 100 * GIB)))
                .singleElement()
                .asString()
                .contains("lies in memory (tmpfs)");
        assertThat(store("", new Disk("ext4", true, 100 * GIB)))
                .singleElement()
                .asString()
                .contains("can only be read");
        assertThat(store("", new Disk("ext4", false, GIB / 2)))
                .singleElement()
                .asString()
                .contains("512 MiB are free, and 1024 MiB are to stay free");
        assertThat(store("", new Disk("ext4", false, 10 * GIB)))
                .singleElement()
                .asString()
                .contains("cannot grow to 16384 MiB");
        assertThat(store(", max-size: 8GiB", new Disk("ext4", false, 10 * GIB))).isEmpty();
    }

    @Test
    void theStoresModeAndKey() throws Exception {
        Disk disk = new Disk("ext4", false, 100 * GIB);
        Path store = Files.createDirectory(directory.resolve("store"));
        Files.setPosixFilePermissions(store, PosixFilePermissions.fromString("rwxr-x---"));
        assertThat(store("", disk)).singleElement().asString().contains("has mode 0750");
        Files.setPosixFilePermissions(store, PosixFilePermissions.fromString("rwx------"));
        assertThat(store("", disk)).isEmpty();
        Path key = directory.resolve("key");
        String encrypted = ", encryption: aes-gcm, key-file: " + key;
        assertThat(store(encrypted, disk)).singleElement().asString().contains("does not exist");
        Files.write(key, new byte[32]);
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-r--r--"));
        assertThat(store(encrypted, disk)).singleElement().asString().contains("has mode 0644");
        Files.setPosixFilePermissions(key, PosixFilePermissions.fromString("rw-------"));
        assertThat(store(encrypted, disk)).isEmpty();
    }

    @Test
    void aRealFileSystem() throws Exception {
        Disk disk = Disk.of(directory);
        assertThat(disk.type()).isNotEmpty();
        assertThat(disk.readOnly()).isFalse();
        assertThat(disk.free()).isPositive();
        assertThat(Disk.of(Path.of("/proc")).type()).isEqualTo("proc");
    }

    // ---- limits -----------------------------------------------------------------------------------------------------

    private List<String> limits() throws Exception {
        return Made.problems(
                new LimitsCheck(made.config("host: {name: a}\npeers: {b: {address: b.example}}"), made.system()));
    }

    @Test
    void theAgentsLimits() throws Exception {
        made.file("/proc/meminfo", "MemTotal: 8000000 kB\nMemAvailable:    4000000 kB\n");
        made.file("/proc/17/cmdline", "java\0-jar\0/usr/share/hde/hde.jar\0agent\0");
        made.file("/proc/17/limits", "Max open files            65536                65536                files\n");
        made.file("/proc/17/cgroup", "0::/system.slice/hde.service\n");
        made.file("/sys/fs/cgroup/system.slice/hde.service/memory.max", "max\n");
        assertThat(limits()).isEmpty();
        made.file("/sys/fs/cgroup/system.slice/hde.service/memory.max", "134217728\n");
        assertThat(limits()).singleElement().asString().startsWith("the agent may take 128 MiB");
        made.file("/sys/fs/cgroup/system.slice/hde.service/memory.max", "max\n");
        made.file("/proc/17/limits", "Max open files            256                  65536                files\n");
        assertThat(limits()).singleElement().asString().startsWith("the agent may open 256 files");
        made.file("/proc/17/limits", "Max open files            65536                65536                files\n");
        made.file("/proc/meminfo", "MemAvailable:    100000 kB\n");
        assertThat(limits()).singleElement().asString().startsWith("only 97 MiB");
    }

    // ---- sockets ----------------------------------------------------------------------------------------------------

    private Path run() {
        return directory.resolve("run");
    }

    private HdeConfig withSockets(String group) throws Exception {
        return made.config("host: {name: a}\npeers:\n  b: {address: b.example}\nsockets: {directory: " + run()
                + ", group: " + group + "}\n");
    }

    private List<String> sockets(String group) throws Exception {
        return Made.problems(new SocketCheck(withSockets(group), made.system()));
    }

    @Test
    void theSocketsDirectories() throws Exception {
        int gid = Access.of(directory).gid();
        made.file("/etc/passwd", "root:x:0:0::/:/bin/sh\nqemu:x:4711:" + gid + "::/:/bin/false\n");
        made.file("/etc/group", "root:x:0:\nqemus:x:" + gid + ":\nothers:x:4712:\n");
        made.file("/etc/libvirt/qemu.conf", "user = \"qemu\"\ngroup = \"qemus\"\n");
        assertThat(Made.run(new SocketCheck(withSockets("qemus"), made.system()))
                        .notChecked())
                .hasSize(1);
        Path outer = Files.createDirectory(run());
        Path own = Files.createDirectory(outer.resolve("a"));
        Path peers = Files.createDirectory(outer.resolve("b"));
        Files.setPosixFilePermissions(outer, PosixFilePermissions.fromString("rwx--x--x"));
        Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxrwx---"));
        Files.setPosixFilePermissions(peers, PosixFilePermissions.fromString("rwxrwx---"));
        assertThat(sockets("qemus")).isEmpty();

        assertThat(sockets("others"))
                .containsExactly("QEMU runs as qemu:qemus, which is not in the group others (sockets.group)");
        assertThat(sockets("nobody-has-it"))
                .containsExactly("sockets.group: there is no group nobody-has-it on this host");
        Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwx------"));
        assertThat(sockets("qemus"))
                .singleElement()
                .asString()
                .startsWith(own + " has mode 0700")
                .contains("qemu cannot use");
        Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxrwxrwx"));
        assertThat(sockets("qemus")).singleElement().asString().contains("others than root and QEMU");
        Files.setPosixFilePermissions(own, PosixFilePermissions.fromString("rwxrwx---"));
        Files.setPosixFilePermissions(outer, PosixFilePermissions.fromString("rwx------"));
        // directory's group is QEMU's here, so that the others' bits do not count
        assertThat(sockets("qemus")).singleElement().asString().contains("cannot pass it");
        Files.setPosixFilePermissions(outer, PosixFilePermissions.fromString("rwx--x--x"));
        Files.delete(peers);
        assertThat(sockets("qemus")).containsExactly("there is no directory " + peers);

        Files.createDirectory(peers);
        Files.setPosixFilePermissions(peers, PosixFilePermissions.fromString("rwxrwx---"));
        made.file("/run/libvirt/qemu/driver.pid", "1");
        made.file("/run/libvirt/qemu/web.pid", "1");
        made.file("/run/libvirt/qemu/web.xml", "<domstatus/>");
        Files.createFile(outer.resolve("control.sock"));
        assertThat(sockets("qemus")).singleElement().asString().startsWith("VM web runs and has no socket " + peers);
        Files.createFile(peers.resolve("web.sock"));
        assertThat(sockets("qemus")).isEmpty();
    }

    @Test
    void qemusUserThatIsNotThere() throws Exception {
        made.file("/etc/passwd", "root:x:0:0::/:/bin/sh\n");
        assertThat(sockets("root")).singleElement().asString().contains("does not exist");
    }

    // ---- libvirt ----------------------------------------------------------------------------------------------------

    @Test
    void libvirtsSocket() throws Exception {
        HdeConfig config = made.config("host: {name: a}");
        LibvirtCheck check = new LibvirtCheck(config, made.system());
        assertThat(Made.problems(check)).singleElement().asString().startsWith("libvirt takes no connections");
        Path socket = made.system().at("/run/libvirt/virtqemud-sock");
        Files.createDirectories(socket.getParent());
        try (ServerSocketChannel server = ServerSocketChannel.open(StandardProtocolFamily.UNIX)) {
            server.bind(UnixDomainSocketAddress.of(socket));
            assertThat(Made.problems(check)).isEmpty();
        }
        assertThat(Made.problems(check)).as("nobody listens any more").hasSize(1);
        assertThat(Made.run(new LibvirtCheck(
                                made.config("host: {name: a}\nlibvirt: {uri: 'test:///default'}"), made.system()))
                        .notChecked())
                .hasSize(1);
    }

    @Test
    void aConfigurationWithoutPeers() throws Exception {
        Path file = Path.of("/etc/hde/hde.yaml");
        assertThat(Made.problems(new PeersNamedCheck(made.config("host: {name: a}"), file)))
                .singleElement()
                .asString()
                .contains("names no peers");
        assertThat(Made.problems(
                        new PeersNamedCheck(made.config("host: {name: a}\npeers: {b: {address: b.example}}"), file)))
                .isEmpty();
    }

    @Test
    void aCheckThatCannotLookSaysSoAndTheOthersGoOn() {
        Check broken = new Check() {
            @Override
            public String name() {
                return "broken";
            }

            @Override
            public void run(Findings findings) {
                throw new IllegalStateException("no way");
            }
        };
        Check finding = new Check() {
            @Override
            public String name() {
                return "finding";
            }

            @Override
            public void run(Findings findings) {
                findings.warning("problem", "remedy");
            }
        };
        assertThat(new Doctor(List.of(broken, finding)).examine())
                .isEqualTo(new Diagnosis(
                        List.of(new Finding("finding", Severity.WARNING, "problem", "remedy")),
                        List.of("finding"),
                        List.of(new Diagnosis.NotChecked("broken", "java.lang.IllegalStateException: no way"))));
    }
}
