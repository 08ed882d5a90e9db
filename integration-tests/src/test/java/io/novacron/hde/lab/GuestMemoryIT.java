package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.tuple;

import io.novacron.hde.qemu.memory.DirtyRate;
import io.novacron.hde.qemu.memory.GuestBlock;
import io.novacron.hde.qemu.memory.GuestGoneException;
import io.novacron.hde.qemu.memory.GuestMemory;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What QEMU's loader has put at known addresses of the guest is read from QEMU's process at the right places. */
class GuestMemoryIT {
    private static final int PAGE = 4096;
    private static final long MIB = 1 << 20;
    private static final long GIB = 1 << 30;

    @TempDir
    private Path directory;

    /** Pages at an address of the guest: what they hold, and a device that puts it there when the machine starts. */
    private static final class Loaded {
        private final byte[] content;
        private final String device;

        Loaded(Path directory, int pages, long address) throws IOException {
            content = new byte[pages * PAGE];
            new Random(address).nextBytes(content);
            String hex = "0x" + Long.toHexString(address);
            device = "loader,file=" + Files.write(directory.resolve(hex), content) + ",force-raw=on,addr=" + hex;
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"7.2", "10.0"})
    void pagesAreReadOnBothSidesOfTheHoleBelow4Gib(String version) throws Exception {
        Loaded low = new Loaded(directory, 600, 16 * MIB);
        Loaded edge = new Loaded(directory, 3, 2 * GIB - 3 * PAGE);
        Loaded high = new Loaded(directory, 5, 4 * GIB + 7 * MIB);
        try (QemuAlone qemu = QemuAlone.start(
                        directory,
                        version,
                        "-machine",
                        "pc-q35-7.2",
                        "-m",
                        "5G",
                        "-S",
                        "-device",
                        low.device,
                        "-device",
                        edge.device,
                        "-device",
                        high.device);
                GuestMemory memory = GuestMemory.open(qemu.pid(), qemu)) {
            int ram = number(memory, "pc.ram");
            assertThat(memory.blocks().get(ram).length()).isEqualTo(5 * GIB);

            assertThat(read(memory, ram, 16 * MIB, low.content.length)).isEqualTo(low.content);
            assertThat(read(memory, ram, 2 * GIB - 3 * PAGE, 3 * PAGE)).isEqualTo(edge.content);
            assertThat(read(memory, ram, 2 * GIB + 7 * MIB, 5 * PAGE)).isEqualTo(high.content);

            assertTouched(memory, ram);
            assertSinglePages(memory, ram, low.content);
        }
    }

    /** QEMU asks for huge pages, so that what lies beside a page that was touched may be there too. */
    private static void assertTouched(GuestMemory memory, int ram) throws IOException {
        int pages = (int) (memory.blocks().get(ram).length() / PAGE);
        BitSet touched = new BitSet();
        memory.touched(ram, 0, pages, touched);
        int low = (int) (16 * MIB / PAGE);
        assertThat(touched.nextClearBit(low)).isGreaterThanOrEqualTo(low + 600);
        assertThat(touched.get((int) (2 * GIB / PAGE) - 1)).isTrue();
        assertThat(touched.get((int) ((2 * GIB + 7 * MIB) / PAGE) + 4)).isTrue();
        assertThat(touched.get((int) (3 * GIB / PAGE))).isFalse();
        assertThat(touched.cardinality()).isLessThan(20_000);

        BitSet part = new BitSet();
        part.set(0, 100_000);
        int from = low - 1000;
        memory.touched(ram, from, 2000, part);
        assertThat(part).isEqualTo(touched.get(from, from + 2000));
    }

    /** In any order, more than the kernel takes at once, next to each other and not. */
    private static void assertSinglePages(GuestMemory memory, int ram, byte[] content) throws IOException {
        int count = 3000;
        long[] offsets = new long[count];
        byte[] expected = new byte[count * PAGE];
        Random random = new Random(1);
        for (int i = 0; i < count; i++) {
            int page = i % 3 == 2 ? (int) (offsets[i - 1] - 16 * MIB) / PAGE + 1 : random.nextInt(599);
            offsets[i] = 16 * MIB + (long) page * PAGE;
            if (page < 600) {
                System.arraycopy(content, page * PAGE, expected, i * PAGE, PAGE);
            }
        }
        ByteBuffer into = ByteBuffer.allocateDirect(count * PAGE + 10).position(10);
        memory.read(ram, offsets, count, into);
        assertThat(into.hasRemaining()).isFalse();
        byte[] found = new byte[count * PAGE];
        into.get(10, found);
        assertThat(found).isEqualTo(expected);
    }

    @ParameterizedTest
    @ValueSource(strings = {"7.2", "10.0"})
    void everyKindOfMemoryIsFoundAndWhatIsPluggedInTooOnceOpenedAgain(String version) throws Exception {
        Loaded node0 = new Loaded(directory, 4, 5 * MIB);
        Loaded node1 = new Loaded(directory, 4, 70 * MIB);
        Loaded dimm = new Loaded(directory, 4, 4 * GIB + 3 * MIB);
        try (QemuAlone qemu = QemuAlone.start(
                directory,
                version,
                ("-machine pc-q35-7.2 -m 128M,slots=4,maxmem=4G -smp 2 -S"
                                + " -object memory-backend-ram,id=ram-node0,size=64M"
                                + " -numa node,nodeid=0,cpus=0,memdev=ram-node0"
                                + " -object memory-backend-memfd,id=ram-node1,size=64M,share=on"
                                + " -numa node,nodeid=1,cpus=1,memdev=ram-node1"
                                + " -object memory-backend-memfd,id=memdimm0,size=64M,share=off"
                                + " -device pc-dimm,id=dimm0,memdev=memdimm0,node=0,addr=0x100000000"
                                + " -object memory-backend-ram,id=memvirtiomem0,size=128M"
                                + " -device virtio-mem-pci,id=more,memdev=memvirtiomem0,node=0,requested-size=64M"
                                + " -device VGA,id=one -device secondary-vga,id=two"
                                + " -device " + node0.device + " -device " + node1.device + " -device "
                                + dimm.device)
                        .split(" ", -1))) {
            try (GuestMemory memory = GuestMemory.open(qemu.pid(), qemu)) {
                assertThat(memory.blocks())
                        .extracting(GuestBlock::name, GuestBlock::length)
                        .contains(
                                tuple("ram-node0", 64 * MIB), tuple("ram-node1", 64 * MIB), tuple("memdimm0", 64 * MIB))
                        .anySatisfy(block -> assertThat(block.toString()).contains("/memvirtiomem0"));
                assertThat(read(memory, number(memory, "ram-node0"), 5 * MIB, 4 * PAGE))
                        .isEqualTo(node0.content);
                assertThat(read(memory, number(memory, "ram-node1"), 6 * MIB, 4 * PAGE))
                        .isEqualTo(node1.content);
                assertThat(read(memory, number(memory, "memdimm0"), 3 * MIB, 4 * PAGE))
                        .isEqualTo(dimm.content);
            }
            qemu.execute("object-add", Map.of("qom-type", "memory-backend-ram", "id", "memdimm1", "size", 32 * MIB));
            qemu.execute("device_add", Map.of("driver", "pc-dimm", "id", "dimm1", "memdev", "memdimm1", "node", 0));
            try (GuestMemory memory = GuestMemory.open(qemu.pid(), qemu)) {
                int plugged = number(memory, "memdimm1");
                assertThat(read(memory, plugged, 0, 8 * PAGE)).containsOnly(0);
            }
        }
    }

    /** Where the memory has a file behind it, reading what was never touched would take memory from the host. */
    @ParameterizedTest
    @ValueSource(strings = {"on", "off"})
    void readingMemoryWithAFileBehindItFillsNoHoles(String share) throws Exception {
        Loaded pages = new Loaded(directory, 700, 20 * MIB);
        try (QemuAlone qemu = QemuAlone.start(
                        directory,
                        "7.2",
                        "-machine",
                        "pc-q35-7.2,memory-backend=ram",
                        "-m",
                        "128M",
                        "-S",
                        "-object",
                        "memory-backend-memfd,id=ram,size=128M,share=" + share,
                        "-device",
                        pages.device);
                GuestMemory memory = GuestMemory.open(qemu.pid(), qemu)) {
            int ram = number(memory, "ram");
            BitSet before = new BitSet();
            memory.touched(ram, 0, (int) (128 * MIB / PAGE), before);
            int first = (int) (20 * MIB / PAGE);
            assertThat(before.nextClearBit(first)).isGreaterThanOrEqualTo(first + 700);
            assertThat(before.cardinality()).isBetween(700, 2000);

            byte[] all = read(memory, ram, 0, (int) (128 * MIB));
            assertThat(Arrays.copyOfRange(all, (int) (20 * MIB), (int) (20 * MIB) + pages.content.length))
                    .isEqualTo(pages.content);
            long[] two = {20 * MIB + PAGE, 20 * MIB, 20 * MIB + PAGE};
            ByteBuffer into = ByteBuffer.allocateDirect(3 * PAGE);
            memory.read(ram, two, 3, into);
            assertThat(into.get(0)).isEqualTo(pages.content[PAGE]);
            assertThat(into.get(PAGE)).isEqualTo(pages.content[0]);
            for (int page = before.nextClearBit(0); page < 128 * MIB / PAGE; page = before.nextClearBit(page + 1)) {
                assertThat(Arrays.mismatch(all, page * PAGE, (page + 1) * PAGE, new byte[PAGE], 0, PAGE))
                        .isEqualTo(-1);
            }
            BitSet after = new BitSet();
            memory.touched(ram, 0, (int) (128 * MIB / PAGE), after);
            if (share.equals("on")) {
                assertThat(after).isEqualTo(before);
            }
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"on", "off"})
    void hugePagesAreRead(String share) throws Exception {
        Loaded pages = new Loaded(directory, 700, 20 * MIB);
        try (HugePages huge = HugePages.reserve(20);
                QemuAlone qemu = QemuAlone.start(
                        directory,
                        "7.2",
                        "-machine",
                        "pc-q35-7.2,memory-backend=ram",
                        "-m",
                        "32M",
                        "-S",
                        "-object",
                        "memory-backend-memfd,id=ram,size=32M,hugetlb=on,hugetlbsize=2M,share=" + share,
                        "-device",
                        pages.device);
                GuestMemory memory = GuestMemory.open(qemu.pid(), qemu)) {
            int ram = number(memory, "ram");
            long free = huge.free();
            BitSet touched = new BitSet();
            memory.touched(ram, 0, (int) (32 * MIB / PAGE), touched);
            int first = (int) (20 * MIB / PAGE);
            assertThat(touched.nextClearBit(first)).isGreaterThanOrEqualTo(first + 700);
            if (share.equals("off")) {
                assertThat(touched.get((int) (10 * MIB / PAGE))).isFalse();
            } else {
                assertThat(read(memory, ram, 10 * MIB, PAGE)).containsOnly(0);
            }
            assertThat(read(memory, ram, 20 * MIB, pages.content.length)).isEqualTo(pages.content);
            assertThat(huge.free()).isEqualTo(free);
        }
    }

    @ParameterizedTest
    @ValueSource(strings = {"7.2", "10.0"})
    void aGuestThatRestsHasNoDirtyRate(String version) throws Exception {
        try (QemuAlone qemu = QemuAlone.start(directory, version, "-m", "256M", "-S")) {
            assertThat(DirtyRate.bytesPerSecond(qemu, 1)).isZero();
        }
    }

    @Test
    void aQemuThatIsKilledMeanwhileIsAnErrorOfItsOwn() throws Exception {
        Loaded page = new Loaded(directory, 1, MIB);
        try (QemuAlone qemu = QemuAlone.start(directory, "7.2", "-m", "64M", "-S", "-device", page.device);
                GuestMemory memory = GuestMemory.open(qemu.pid(), qemu)) {
            int ram = number(memory, "pc.ram");
            assertThat(read(memory, ram, MIB, PAGE)).isEqualTo(page.content);
            qemu.kill();
            assertThatThrownBy(() -> read(memory, ram, MIB, PAGE))
                    .isInstanceOf(GuestGoneException.class)
                    .hasMessageContaining("QEMU has exited");
            assertThatThrownBy(() -> memory.read(ram, new long[] {MIB}, 1, ByteBuffer.allocateDirect(PAGE)))
                    .isInstanceOf(GuestGoneException.class);
            assertThatThrownBy(() -> memory.touched(ram, 0, 1, new BitSet()))
                    .isInstanceOf(GuestGoneException.class)
                    .hasMessageContaining("QEMU has exited");
            assertThatThrownBy(() -> GuestMemory.open(qemu.pid(), qemu))
                    .isInstanceOf(GuestGoneException.class)
                    .hasMessageContaining("there is no process " + qemu.pid());
        }
    }

    private static int number(GuestMemory memory, String block) {
        List<String> names = memory.blocks().stream().map(GuestBlock::name).toList();
        assertThat(names).contains(block);
        return names.indexOf(block);
    }

    private static byte[] read(GuestMemory memory, int block, long offset, int length) throws IOException {
        ByteBuffer into = ByteBuffer.allocateDirect(length);
        memory.read(block, offset, length, into);
        assertThat(into.hasRemaining()).isFalse();
        byte[] bytes = new byte[length];
        into.flip().get(bytes);
        return bytes;
    }
}
