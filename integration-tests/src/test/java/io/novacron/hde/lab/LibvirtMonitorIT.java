package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.qemu.memory.DirtyRate;
import io.novacron.hde.qemu.memory.GuestBlock;
import io.novacron.hde.qemu.memory.GuestMemory;
import io.novacron.hde.qemu.monitor.LibvirtMonitor;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The monitor and the memory of guests that libvirt has started; QEMU's own copy of the memory says what is right. */
class LibvirtMonitorIT {
    @RegisterExtension
    private static final RunningLab LAB = new RunningLab("hA", "hB");

    private static final Duration BOOT = Duration.ofMinutes(3);
    private static final int PAGE = 4096;
    private static final int MIB = 1 << 20;
    private static final String UNKNOWN = "30000000-0000-4000-8000-000000000000";

    private static String uri(LabHost host) {
        return "qemu+unix:///system?socket=" + host.seenFromHere("/run/libvirt/libvirt-sock");
    }

    @ParameterizedTest
    @ValueSource(strings = {"none", "numa", "memfd", "dimm", "virtio-mem"})
    void theGuestsMemoryIsThatWhichQemuSaves(String hardware) throws Exception {
        LabHost host = LAB.lab().host("hA");
        // libvirt takes what is plugged in off the rest. Of two nodes each has the half of 128 MiB.
        int mib = hardware.equals("numa") ? 128 : 256;
        GuestSpec spec = new GuestSpec("outside", GuestSpec.Kind.TINY, mib, Map.of());
        Guest guest = LAB.lab().start(host, hardware.equals("none") ? spec : spec.with("hw.memory", hardware));
        try {
            guest.awaitReady(BOOT);
            guest.awaitRounds(1, BOOT);
            host.virsh("suspend", guest.name());
            String uuid = host.virsh("domuuid", guest.name()).strip();
            try (LibvirtMonitor monitor = LibvirtMonitor.open(uri(host), uuid)) {
                assertThat(monitor.human("info status")).contains("paused");
                assertThat(monitor.qmp("{\"execute\":\"query-status\"}")).contains("\"return\"", "\"paused\"");
                assertThat(monitor.qmp("{\"execute\":\"no-such\"}")).contains("\"error\"", "CommandNotFound");
                assertThat(monitor.human("no-such")).contains("unknown command");
                assertAsSaved(guest, qemu(uuid), monitor, hardware);
            }
        } finally {
            guest.remove();
        }
    }

    /** The process as this machine numbers it; the hosts number theirs by themselves. */
    private static long qemu(String uuid) {
        return ProcessHandle.allProcesses()
                .filter(process -> commandLine(process).contains("\0-uuid\0" + uuid + "\0"))
                .findFirst()
                .orElseThrow()
                .pid();
    }

    private static String commandLine(ProcessHandle process) {
        try {
            return Files.readString(
                    Path.of("/proc", Long.toString(process.pid()), "cmdline"), StandardCharsets.ISO_8859_1);
        } catch (IOException e) {
            // it has ended meanwhile
            return "";
        }
    }

    /** The guest has at least 128 MiB below 4 GiB, in one block or in two halves. */
    private static void assertAsSaved(Guest guest, long pid, LibvirtMonitor monitor, String hardware)
            throws IOException {
        try (GuestMemory memory = GuestMemory.open(pid, monitor)) {
            List<String> names = memory.blocks().stream().map(GuestBlock::name).toList();
            List<String> low = hardware.equals("numa") ? List.of("ram-node0", "ram-node1") : List.of(names.get(0));
            // Before QEMU saves it, which touches all of it. Huge pages may have done so, but not in a memfd.
            List<BitSet> touched = new ArrayList<>();
            for (String name : low) {
                BitSet pages = new BitSet();
                memory.touched(names.indexOf(name), 0, 128 * MIB / low.size() / PAGE, pages);
                touched.add(pages);
            }
            ByteBuffer right = saved(guest, monitor);
            ByteBuffer found = ByteBuffer.allocateDirect(128 * MIB);
            for (int i = 0; i < low.size(); i++) {
                int length = 128 * MIB / low.size();
                BitSet pages = touched.get(i);
                for (int page = pages.nextClearBit(0); page < length / PAGE; page = pages.nextClearBit(page + 1)) {
                    ByteBuffer zero = right.slice(i * length + page * PAGE, PAGE);
                    assertThat(zero.mismatch(ByteBuffer.allocate(PAGE))).isEqualTo(-1);
                }
                memory.read(names.indexOf(low.get(i)), 0, length, found);
            }
            assertThat(found.flip().remaining()).isEqualTo(128 * MIB);
            assertThat(touched.stream().mapToInt(BitSet::cardinality).sum())
                    .isBetween(16 * MIB / PAGE, (hardware.equals("memfd") ? 120 : 128) * MIB / PAGE);
            // What the firmware has put below 1 MiB hides what is in the block there.
            assertThat(found.position(MIB).mismatch(right.position(MIB))).isEqualTo(-1);
            if (hardware.equals("dimm") || hardware.equals("virtio-mem")) {
                assertThat(names).anySatisfy(name -> assertThat(name).matches(".*(dimm|virtiomem)0"));
            }
        }
    }

    /** At most 8 MiB a second; QEMU sees only that a page has changed, not how often. */
    @Test
    void theDirtyRateIsThatOfWhatTheGuestWrites() throws Exception {
        LabHost host = LAB.lab().host("hA");
        GuestSpec spec = new GuestSpec("writing", GuestSpec.Kind.TINY, 256, Map.of())
                .with("lab.check_mib", 128)
                .with("lab.rewrite_kib", 8_000)
                .with("lab.random_percent", 0);
        Guest guest = LAB.lab().start(host, spec);
        try {
            guest.awaitReady(BOOT);
            guest.awaitRounds(1, BOOT);
            String uuid = host.virsh("domuuid", guest.name()).strip();
            try (LibvirtMonitor monitor = LibvirtMonitor.open(uri(host), uuid)) {
                assertThat(DirtyRate.bytesPerSecond(monitor, 2)).isBetween(1L * MIB, 32L * MIB);
            }
        } finally {
            guest.remove();
        }
    }

    /** The first 128 MiB of the guest's memory, as QEMU saves them. */
    private static ByteBuffer saved(Guest guest, LibvirtMonitor monitor) throws IOException {
        String file = LAB.lab().mount("run/guests/" + guest.name() + "/memory");
        assertThat(monitor.human("pmemsave 0 0x8000000 \"" + file + "\"")).isEmpty();
        Path saved =
                LAB.lab().runDirectory().resolve("guests").resolve(guest.name()).resolve("memory");
        ByteBuffer right = ByteBuffer.allocateDirect(128 * MIB);
        try (FileChannel channel = FileChannel.open(saved)) {
            while (right.hasRemaining() && channel.read(right) >= 0) {}
        }
        right.flip();
        assertThat(right.remaining()).isEqualTo(128 * MIB);
        return right;
    }

    @Test
    void whatCannotBeReachedIsNamed() {
        LabHost host = LAB.lab().host("hA");
        assertThatThrownBy(() -> LibvirtMonitor.open(uri(host), UNKNOWN))
                .isInstanceOf(IOException.class)
                .hasMessageContaining(UNKNOWN)
                .hasMessageContaining("Domain not found");
        assertThatThrownBy(() -> LibvirtMonitor.open("qemu+unix:///system?socket=/nowhere", UNKNOWN))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("qemu+unix:///system?socket=/nowhere")
                .hasMessageContaining("No such file");
    }

    @Test
    void aMonitorOfAVmThatHasEndedSaysSo() throws Exception {
        LabHost host = LAB.lab().host("hA");
        Guest guest = LAB.lab().start(host, GuestSpec.tiny("ended"));
        String uuid = host.virsh("domuuid", guest.name()).strip();
        LibvirtMonitor monitor = LibvirtMonitor.open(uri(host), uuid);
        assertThat(monitor.human("info status")).contains("running");
        host.virsh("destroy", guest.name());
        assertThatThrownBy(() -> monitor.human("info status"))
                .isInstanceOf(IOException.class)
                .hasMessageContaining("ended (" + uuid + ")")
                .hasMessageContaining("not running");
        monitor.close();
        monitor.close();
        assertThatThrownBy(() -> monitor.human("info status")).hasMessageContaining("has been closed");
        guest.remove();
    }
}
