package io.novacron.hde.qemu.stream;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** Reading and then writing is the identity, for streams put together from the grammar and for anything else. */
class StreamIdentityTest {
    private static final int RAM_ID = 2;
    private static final int BITMAP_ID = 5;
    private static final int VFIO_ID = 6;
    private static final String[] NAMES = {"pc.ram", "0000:00:02.0/vga.vram", "/rom@etc/acpi/tables", "\u00e9"};
    private static final int PAGES = 8;

    /** What may come in a RAM section. */
    enum Kind {
        PAGE,
        ZERO,
        FILLED,
        XBZRLE,
        COMPRESSED,
        MULTIFD_FLUSH
    }

    record Entry(Kind kind, int block, int page, boolean continued, int length, long seed) {}

    /** What may come between RAM's START and END. */
    enum Between {
        RAM,
        DIRTY_BITMAP,
        VFIO,
        PING,
        SWITCHOVER
    }

    record Section(Between what, List<Entry> entries, int length, long seed) {}

    record Machine(boolean configuration, boolean footers, boolean ignoreShared, boolean returnPath, int blocks) {}

    record Generated(Machine machine, List<Section> sections, List<Entry> last, int deviceState) {
        /** The bytes, and what a reader must find in them. */
        Expected render() {
            return new Expected(this);
        }
    }

    /** A stream and the numbers of what is in it. */
    static final class Expected {
        final StreamBytes out = new StreamBytes();
        int pages;
        int zeroPages;
        int opaquePages;
        int ramSections;
        private final Machine machine;
        private int current = -1;

        Expected(Generated stream) {
            machine = stream.machine;
            out.header();
            if (machine.configuration) {
                out.configuration("pc-q35-7.2");
                if (machine.ignoreShared) {
                    out.u8(5).str8("configuration/capabilities").u32(1).u32(1).str8("x-ignore-shared");
                }
            }
            if (machine.returnPath) {
                out.command(1, 0).command(2, 4).u32(1);
            }
            out.start(BITMAP_ID, "dirty-bitmap", 1).u8(1);
            footer(BITMAP_ID);
            out.start(RAM_ID, "ram", 4).u64((long) machine.blocks * PAGES * 4096 + 4);
            for (int i = 0; i < machine.blocks; i++) {
                out.str8(NAMES[i]).u64(PAGES * 4096);
                if (machine.configuration && machine.ignoreShared) {
                    out.u64(0x100000000L * i);
                }
            }
            endRam();
            out.start(VFIO_ID, "0000:00:05.0/vfio", 1).u64(0xffffffffef100003L).u64(0xffffffffef100001L);
            footer(VFIO_ID);
            stream.sections.forEach(this::section);
            out.end(RAM_ID);
            stream.last.forEach(this::entry);
            endRam();
            out.random(stream.deviceState, stream.deviceState);
        }

        private void footer(int id) {
            if (machine.footers) {
                out.footer(id);
            }
        }

        private void endRam() {
            out.eos();
            footer(RAM_ID);
            ramSections++;
        }

        private void section(Section section) {
            switch (section.what) {
                case RAM -> {
                    out.part(RAM_ID);
                    section.entries.forEach(this::entry);
                    endRam();
                }
                case DIRTY_BITMAP -> {
                    out.part(BITMAP_ID)
                            .u8(0x4c)
                            .str8("drive0")
                            .str8("b")
                            .u64(0)
                            .u32(64)
                            .u64(section.length)
                            .random(section.length, section.seed)
                            .u8(0x01);
                    footer(BITMAP_ID);
                }
                case VFIO -> {
                    out.part(VFIO_ID)
                            .u64(0xffffffffef100004L)
                            .u64(section.length)
                            .random(section.length, section.seed)
                            .u64(0xffffffffef100001L);
                    footer(VFIO_ID);
                }
                case PING -> out.command(2, 4).u32(section.seed);
                case SWITCHOVER -> out.command(11, 0);
            }
        }

        private void entry(Entry entry) {
            int block = entry.block % machine.blocks;
            long offset = entry.page * 4096L;
            switch (entry.kind) {
                case PAGE -> {
                    word(entry, block, offset, 0x08).random(4096, entry.seed);
                    pages++;
                }
                case ZERO -> {
                    word(entry, block, offset, 0x02).u8(0);
                    zeroPages++;
                }
                case FILLED -> {
                    word(entry, block, offset, 0x02).u8(0xff);
                    opaquePages++;
                }
                case XBZRLE -> {
                    word(entry, block, offset, 0x40).u8(1).u16(entry.length).random(entry.length, entry.seed);
                    opaquePages++;
                }
                case COMPRESSED -> {
                    word(entry, block, offset, 0x100).u32(entry.length).random(entry.length, entry.seed);
                    opaquePages++;
                }
                case MULTIFD_FLUSH -> out.u64(0x200);
            }
        }

        private StreamBytes word(Entry entry, int block, long offset, int flag) {
            if (entry.continued && block == current) {
                return out.u64(offset | flag | 0x20);
            }
            current = block;
            return out.u64(offset | flag).str8(NAMES[block]);
        }
    }

    @Property(tries = 150)
    void wholeStreams(@ForAll("streams") Generated generated, @ForAll @IntRange(min = 1, max = 20_000) int most) {
        Expected expected = generated.render();
        byte[] stream = expected.out.toByteArray();
        Rebuilt found = Feed.pieces(stream, stream.length, most, new Random(most));
        found.assertIs(stream);
        assertFound(found, expected, generated);
    }

    @Property(tries = 60)
    void byteByByteAndCutAnywhere(@ForAll("streams") Generated generated) {
        Expected expected = generated.render();
        byte[] stream = expected.out.toByteArray();
        Rebuilt found = Feed.byteByByte(stream);
        found.assertIs(stream);
        assertFound(found, expected, generated);
    }

    @Property(tries = 150)
    void cutStreams(@ForAll("streams") Generated generated, @ForAll long seed) {
        byte[] stream = generated.render().out.toByteArray();
        Random random = new Random(seed);
        int length = random.nextInt(stream.length + 1);
        Feed.pieces(stream, length, 1 + random.nextInt(6000), random).assertIsBeginningOf(stream, length);
    }

    @Property(tries = 300)
    void damagedStreams(@ForAll("streams") Generated generated, @ForAll long seed) {
        byte[] stream = generated.render().out.toByteArray();
        Random random = new Random(seed);
        for (int damages = 1 + random.nextInt(5); damages > 0; damages--) {
            // Most bytes are page content, where damage goes unnoticed: prefer the beginning and the words.
            int at =
                    random.nextBoolean() ? random.nextInt(stream.length) : random.nextInt(Math.min(500, stream.length));
            stream[at] = random.nextBoolean() ? (byte) random.nextInt() : (byte) (stream[at] ^ 1 << random.nextInt(8));
        }
        Feed.pieces(stream, stream.length, 1 + random.nextInt(6000), random).assertIs(stream);
    }

    @Property(tries = 300)
    void garbageAfterAnyBeginning(
            @ForAll @Size(max = 5000) byte[] garbage, @ForAll @IntRange(max = 3) int beginning, @ForAll long seed) {
        StreamBytes out = new StreamBytes();
        switch (beginning) {
            case 0 -> out.size();
            case 1 -> out.header();
            case 2 -> out.toFirstPart();
            default -> out.toFirstPart().part(2);
        }
        byte[] stream = out.bytes(garbage).toByteArray();
        Feed.pieces(stream, stream.length, 700, new Random(seed)).assertIs(stream);
    }

    private static void assertFound(Rebuilt found, Expected expected, Generated generated) {
        assertThat(found.passThroughs).containsExactly("device state");
        assertThat(found.passThroughExpected).isTrue();
        assertThat(found.blocks).hasSize(generated.machine.blocks);
        assertThat(found.blockLists).isOne();
        assertThat(found.pages).isEqualTo(expected.pages);
        assertThat(found.zeroPages).isEqualTo(expected.zeroPages);
        assertThat(found.opaquePages).isEqualTo(expected.opaquePages);
        assertThat(found.ramSections).isEqualTo(expected.ramSections);
        assertThat(found.ramEnded).isTrue();
    }

    @Provide
    Arbitrary<Generated> streams() {
        Arbitrary<Machine> machines = Combinators.combine(
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, true, false),
                        Arbitraries.of(true, false),
                        Arbitraries.of(true, false),
                        Arbitraries.integers().between(1, NAMES.length))
                .as(Machine::new);
        Arbitrary<Entry> entries = Combinators.combine(
                        Arbitraries.of(Kind.class),
                        Arbitraries.integers().between(0, 3),
                        Arbitraries.integers().between(0, PAGES - 1),
                        Arbitraries.of(true, true, false),
                        Arbitraries.integers().between(0, 4096),
                        Arbitraries.longs())
                .as(Entry::new);
        Arbitrary<Section> sections = Combinators.combine(
                        Arbitraries.of(Between.class),
                        entries.list().ofMaxSize(12),
                        Arbitraries.integers().between(0, 20_000),
                        Arbitraries.longs())
                .as(Section::new);
        return Combinators.combine(
                        machines,
                        sections.list().ofMaxSize(8),
                        entries.list().ofMaxSize(5),
                        Arbitraries.integers().between(1, 3000))
                .as(Generated::new);
    }
}
