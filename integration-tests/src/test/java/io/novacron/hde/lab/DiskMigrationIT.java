package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Disks that the hosts do not share: {@code --copy-storage-all} and {@code --copy-storage-inc} through the tunnel. The guest
 * is tiny and does not use its disk, a Debian image of 1.5 GiB; what is written to it, QEMU writes as if it had come from
 * the guest, so that both hosts' images can be compared afterwards.
 */
class DiskMigrationIT {
    private static final String IMAGES = "/var/lib/libvirt/images";
    private static final long DISK = 1536L << 20;
    private static final long MIB = 1 << 20;

    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    private final Lab lab = LAB.lab();
    private final LabHost a = lab.host("hA");
    private final LabHost b = lab.host("hB");

    /** What a channel that carried a disk has cost. */
    private record Copy(long streamBytes, long wireBytes, JsonNode channel) {
        double part() {
            return (double) wireBytes / streamBytes;
        }
    }

    private static String base() throws IOException {
        try (Stream<Path> builds = Files.list(Lab.project().resolve(".lab/cache"))) {
            Path real = builds.filter(build -> Files.exists(build.resolve("disk.qcow2")))
                    .findFirst()
                    .orElseThrow();
            return "/srv/lab/cache/" + real.getFileName() + "/disk.qcow2";
        }
    }

    private static String image(String vm) {
        return IMAGES + "/" + vm + ".qcow2";
    }

    private static void create(LabHost host, String vm, String options) {
        host.run(
                "sh",
                "-c",
                "mkdir -p " + IMAGES + " && chmod 0711 " + IMAGES + " && qemu-img create -q -f qcow2 " + options + " "
                        + image(vm) + " " + DISK + " && chown libvirt-qemu:libvirt-qemu " + image(vm));
    }

    private Guest withDisk(String vm) {
        Guest guest = lab.start(a, GuestSpec.tiny(vm));
        a.virsh("destroy", vm);
        a.virsh(
                "attach-disk",
                vm,
                image(vm),
                "vda",
                "--config",
                "--targetbus",
                "virtio",
                "--driver",
                "qemu",
                "--subdriver",
                "qcow2",
                "--cache",
                "none");
        a.virsh("start", vm);
        guest.awaitReady(Duration.ofMinutes(3));
        return guest;
    }

    /** Writes to the running guest's disk what nothing compresses. */
    private static void write(LabHost host, Guest guest, String offset, int mebibytes) {
        String noise = IMAGES + "/noise";
        host.run("sh", "-c", "head -c " + mebibytes * MIB + " /dev/urandom > " + noise + " && chmod 0644 " + noise);
        String answer = host.virsh(
                "qemu-monitor-command",
                guest.name(),
                "--hmp",
                "qemu-io -d /machine/peripheral/virtio-disk0/virtio-backend \"write -s " + noise + " " + offset + " "
                        + mebibytes + "M\"");
        // how much was written it says on QEMU's own output; here, only what went wrong
        assertThat(answer).isEmpty();
    }

    private Copy migrate(Guest guest, String flag) {
        LabHost from = guest.onlyHost();
        LabHost to = from == a ? b : a;
        from.agent().awaitSocket(to, guest);
        String sockets = "unix:///run/hde/" + to.name() + "/" + guest.name();
        from.virsh(
                "migrate",
                "--live",
                "--persistent",
                "--undefinesource",
                flag,
                guest.name(),
                "qemu+tcp://" + to.name() + "/system",
                "--migrateuri",
                sockets + ".sock",
                "--disks-uri",
                sockets + "-disk.sock");
        assertThat(guest.hosts()).containsExactly(to);
        Waiting.until(
                "the end of the disk's channel of " + guest,
                Duration.ofSeconds(30),
                () -> disk(from, guest) != null && disk(to, guest) != null,
                () -> from.agent().log() + to.agent().log());
        JsonNode sent = disk(from, guest);
        JsonNode received = disk(to, guest);
        assertThat(sent.path("outcome").asText()).as(sent.toString()).isEqualTo("completed");
        assertThat(received.path("outcome").asText()).as(received.toString()).isEqualTo("completed");
        assertThat(sent.path("stream_sha256").asText())
                .matches("[0-9a-f]{64}")
                .isEqualTo(received.path("stream_sha256").asText());
        assertThat(sent.path("naks").asLong()).isZero();
        Copy copy = new Copy(
                sent.path("stream_bytes").asLong(), sent.path("wire_bytes").asLong(), sent);
        System.out.printf(
                "%s %s to %s: %.1f MiB of stream, %.1f MiB on the wire (%.2f %%), %s, %d ms%n",
                guest,
                flag,
                to,
                copy.streamBytes / 1048576.0,
                copy.wireBytes / 1048576.0,
                100 * copy.part(),
                sent.path("pages_by_tier"),
                Duration.between(
                                Instant.parse(sent.path("started").asText()),
                                Instant.parse(sent.path("finished").asText()))
                        .toMillis());
        return copy;
    }

    /** The last disk channel of the guest that has ended here, if none runs. */
    private static JsonNode disk(LabHost host, Guest guest) {
        JsonNode status = host.agent().status();
        for (JsonNode channel : status.path("channels")) {
            if (isDisk(channel, guest)) {
                return null;
            }
        }
        for (JsonNode channel : status.path("recent")) {
            if (isDisk(channel, guest)) {
                return channel;
            }
        }
        return null;
    }

    private static boolean isDisk(JsonNode channel, Guest guest) {
        return channel.path("vm").asText().equals(guest.name())
                && channel.path("kind").asText().equals("disk");
    }

    /** What is on the disk, whatever the image looks like; of a guest that writes nothing. */
    private static String content(LabHost host, String vm) {
        String raw = IMAGES + "/content";
        return host.run(
                "sh",
                "-c",
                "qemu-img convert -U -O raw " + image(vm) + " " + raw + " && sha256sum < " + raw + "; rm -f " + raw);
    }

    private static void assertSameContent(String vm, LabHost one, LabHost other) {
        assertThat(content(one, vm)).isEqualTo(content(other, vm)).matches("[0-9a-f]{64}.*");
    }

    @Test
    void aDiskIsCopiedAndTheNextTimeOnlyWhatHasChanged() throws Exception {
        String vm = "local";
        create(a, vm, "");
        a.run("sh", "-c", "qemu-img convert -O qcow2 " + base() + " " + image(vm));
        a.run("chown", "libvirt-qemu:libvirt-qemu", image(vm));
        create(b, vm, "");
        Guest guest = withDisk(vm);

        Copy first = migrate(guest, "--copy-storage-all");
        assertThat(first.part()).isLessThan(0.6);
        assertSameContent(vm, a, b);

        Copy back = migrate(guest, "--copy-storage-all");
        assertThat(back.part()).isLessThan(0.01);
        assertSameContent(vm, a, b);

        write(a, guest, "700M", 16);
        Copy again = migrate(guest, "--copy-storage-all");
        JsonNode tiers = again.channel.path("pages_by_tier");
        assertThat(tiers.path("raw").asLong() + tiers.path("new").asLong()).isGreaterThanOrEqualTo(4096);
        assertThat(again.part()).isLessThan(0.05);
        assertSameContent(vm, a, b);

        assertThat(b.run("hde", "baseline", "list")).contains("drive-virtio-disk0", "memory");
        guest.remove();
    }

    @Test
    void withASharedBackingImageOnlyTheOverlayIsCopied() throws Exception {
        String vm = "overlay";
        String backing = "-F qcow2 -b " + base();
        create(a, vm, backing);
        create(b, vm, backing);
        Guest guest = withDisk(vm);
        write(a, guest, "700M", 16);

        Copy first = migrate(guest, "--copy-storage-inc");
        assertThat(first.streamBytes).isBetween(16 * MIB, 32 * MIB);
        assertSameContent(vm, a, b);

        Copy back = migrate(guest, "--copy-storage-inc");
        assertThat(back.part()).isLessThan(0.05);
        assertSameContent(vm, a, b);
        guest.remove();
    }
}
