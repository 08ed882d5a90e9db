package io.novacron.hde.qemu.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** What monitors of real QEMUs said, held against what was mapped in their processes. */
class BlockFinderTest {
    private static final String BLOCKS = "info ramblock";
    private static final String VIEWS = "info mtree -f";
    private static final String HEADER = "              Block Name    PSize  Offset  Used  Total\n";

    private static List<GuestBlock> find(RecordedMonitor monitor) throws IOException {
        return new BlockFinder(monitor).find();
    }

    private static GuestBlock named(List<GuestBlock> blocks, String name) {
        return blocks.stream()
                .filter(block -> block.name().equals(name))
                .findFirst()
                .orElseThrow();
    }

    @ParameterizedTest
    @CsvSource({"7.2,hole", "7.2,devices", "10.0,hole", "10.0,devices"})
    void everyBlockThatIsFoundIsMapped(String version, String machine) throws IOException {
        AddressSpace space = RecordedMonitor.maps(version, machine);
        assertThat(find(RecordedMonitor.of(version, machine)))
                .isNotEmpty()
                .allSatisfy(block -> assertThat(space.backing(block.hostAddress(), block.length()))
                        .as("mapping of %s", block)
                        .isPresent());
    }

    @Test
    void memoryOnBothSidesOfTheHoleBelow4GibIsOneBlock() throws IOException {
        List<GuestBlock> blocks = find(RecordedMonitor.of("7.2", "hole"));
        assertThat(blocks).extracting(GuestBlock::name).containsExactly("pc.ram", "pc.bios", "pc.rom");
        assertThat(blocks.get(0).length()).isEqualTo(5L << 30);
        // All of the machine's memory is one mapping: no part of it could be taken for the beginning of another.
        AddressSpace space = RecordedMonitor.maps("7.2", "hole");
        assertThat(space.backing(blocks.get(0).hostAddress() - 4096, 4096)).isEmpty();
        assertThat(space.backing(blocks.get(0).hostAddress() + blocks.get(0).length(), 4096))
                .isEmpty();
    }

    @Test
    void nodesAndPluggedMemoryAreBlocksOfTheirOwn() throws IOException {
        List<GuestBlock> blocks = find(RecordedMonitor.of("7.2", "devices"));
        assertThat(blocks)
                .extracting(GuestBlock::name)
                .containsExactlyInAnyOrder(
                        "ram-node0", "ram-node1", "memdimm0", "0000:00:01.0/memvirtiomem0", "pc.bios", "pc.rom");
        AddressSpace space = RecordedMonitor.maps("7.2", "devices");
        GuestBlock shared = named(blocks, "ram-node1");
        assertThat(space.backing(shared.hostAddress(), shared.length())).hasValueSatisfying(backing -> {
            assertThat(backing.shared()).isTrue();
            assertThat(backing.anonymous()).isFalse();
            assertThat(backing.path()).isEqualTo("/memfd:memory-backend-memfd (deleted)");
            assertThat(backing.offset()).isZero();
        });
        GuestBlock own = named(blocks, "ram-node0");
        assertThat(space.backing(own.hostAddress(), own.length()))
                .hasValueSatisfying(backing -> assertThat(backing.anonymous()).isTrue());
    }

    /** Newer versions say where a block is: the old way must come to the same. */
    @ParameterizedTest
    @ValueSource(strings = {"hole", "devices"})
    void bothWaysFindTheSame(String machine) throws IOException {
        RecordedMonitor monitor = RecordedMonitor.of("10.0", machine);
        List<GuestBlock> told = find(monitor);
        List<GuestBlock> derived =
                find(monitor.with(BLOCKS, text -> text.replaceAll("(?m) 0x\\p{XDigit}+ +r[wo]$", "")));
        assertThat(told).containsAll(derived);
        assertThat(derived)
                .extracting(GuestBlock::name)
                .contains(
                        machine.equals("hole")
                                ? new String[] {"pc.ram"}
                                : new String[] {"ram-node0", "ram-node1", "memdimm0", "0000:00:01.0/memvirtiomem0"});
    }

    @Test
    void aRegionWhoseNameTwoBlocksShareIsNobodys() throws IOException {
        RecordedMonitor monitor = RecordedMonitor.of(Map.of(
                BLOCKS,
                HEADER + "  0000:00:01.0/vga.vram    4 KiB  0x0 0x1000 0x1000\n"
                        + "  0000:00:02.0/vga.vram    4 KiB  0x0 0x1000 0x1000\n"
                        + "  0000:00:03.0/other    4 KiB  0x0 0x2000 0x2000\n",
                VIEWS,
                view("00000000fd000000-00000000fd000fff (prio 1, ram): vga.vram")
                        + "  00000000fe000000-00000000fe000fff (prio 1, ram): other @0000000000001000 KVM\n",
                "gpa2hva 0xfd000000",
                "Host virtual address for 0xfd000000 (vga.vram) is 0x7f0000000000\n",
                "gpa2hva 0xfe000000",
                "Host virtual address for 0xfe000000 (other) is 0x7f0000101000\n"));
        assertThat(find(monitor)).containsExactly(new GuestBlock("0000:00:03.0/other", 0x2000, 0x7f0000100000L));
    }

    @Test
    void whatTheFirmwareHasExchangedMeanwhileOrDoesNotAgreeIsNotUsed() throws IOException {
        String blocks = HEADER + "  pc.ram    4 KiB  0x0 0x300000 0x300000\n";
        String view = view("0000000000000000-000000000009ffff (prio 0, ram): pc.ram")
                + "  00000000000c0000-00000000000dffff (prio 0, ram): pc.ram @00000000000c0000\n"
                + "  0000000000100000-00000000001fffff (prio 0, ram): pc.ram @0000000000100000\n";
        RecordedMonitor monitor = RecordedMonitor.of(Map.of(
                BLOCKS,
                blocks,
                VIEWS,
                view,
                "gpa2hva 0x0",
                "Host virtual address for 0x0 (pc.ram) is 0x7f0000000000\n",
                "gpa2hva 0xc0000",
                "Host virtual address for 0xc0000 (pc.rom) is 0x7e0000000000\n",
                "gpa2hva 0x100000",
                "Host virtual address for 0x100000 (pc.ram) is 0x7f0000100000\n"));
        assertThat(find(monitor)).containsExactly(new GuestBlock("pc.ram", 0x300000, 0x7f0000000000L));
        assertThat(find(monitor.with("gpa2hva 0x100000", text -> text.replace("7f00001", "7f00002"))))
                .isEmpty();
        assertThat(find(monitor.with("gpa2hva 0x0", text -> "Memory at address 0x0 is not RAM\n")))
                .hasSize(1);
        assertThat(find(monitor.with(BLOCKS, text -> text.replace("300000", "1ff000")))
                        .get(0)
                        .length())
                .isEqualTo(0x1ff000);
    }

    @Test
    void aMonitorThatDoesNotKnowTheCommandIsAnError() {
        RecordedMonitor monitor = RecordedMonitor.of(Map.of(BLOCKS, "unknown command: 'info ramblock'\n"));
        assertThatThrownBy(() -> find(monitor))
                .isInstanceOf(IOException.class)
                .hasMessage("QEMU's monitor names no RAM block; 'info ramblock' printed:"
                        + " unknown command: 'info ramblock'");
    }

    private static String view(String range) {
        return "FlatView #0\n AS \"I/O\", root: io\n Root memory region: io\n"
                + "  0000000000000000-000000000000ffff (prio 0, ram): pc.ram\n\n"
                + "FlatView #1\n AS \"memory\", root: system\n AS \"cpu-memory-0\", root: system\n"
                + " Root memory region: system\n  " + range + "\n";
    }
}
