package io.novacron.hde.codec;

import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.GuestStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.IntStream;

/** A guest's memory that a test writes to, and the streams that a QEMU would make of it. */
public final class GuestStream {
    final RamBlock ram;
    final RamBlock rom = new RamBlock("/rom@etc/acpi/tables", 4 * Page.SIZE);
    public final byte[] memory;
    private final GuestStreamWriter writer = new GuestStreamWriter();
    private final ByteBuffer out = ByteBuffer.allocate(64 << 20);

    public GuestStream(int pages) {
        ram = new RamBlock("pc.ram", (long) pages * Page.SIZE);
        memory = new byte[pages * Page.SIZE];
    }

    /** A guest of which four pages of five have content. */
    public static GuestStream mostlyWritten(int pages) {
        Random random = new Random(1);
        GuestStream guest = new GuestStream(pages);
        for (int page = 0; page < pages; page++) {
            if (page % 5 != 0) {
                guest.write(random, page);
            }
        }
        return guest;
    }

    /** Text-like content: compressible, but different on every page. */
    public void write(Random random, int page) {
        for (int i = 0; i < Page.SIZE; i += 8) {
            long word = random.nextInt(1 << 16);
            ByteBuffer.wrap(memory).putLong(page * Page.SIZE + i, word);
        }
    }

    public void writeNoise(Random random, int page) {
        byte[] noise = new byte[Page.SIZE];
        random.nextBytes(noise);
        System.arraycopy(noise, 0, memory, page * Page.SIZE, Page.SIZE);
    }

    public void zero(int page) {
        Arrays.fill(memory, page * Page.SIZE, (page + 1) * Page.SIZE, (byte) 0);
    }

    /** The RAM blocks, as the main channel lists them. */
    public List<RamBlock> blocks() {
        return List.of(ram, rom);
    }

    /**
     * A multifd channel with these pages of the RAM, those that are zero in the packets' headers.
     *
     * @param packetPages how many pages a packet names
     */
    public byte[] multifdChannel(int from, int to, int packetPages) {
        ByteBuffer channel = ByteBuffer.allocate(64 << 20);
        channel.putInt(0x11223344).putInt(1).position(64);
        for (int first = from; first < to; first += packetPages) {
            multifdPacket(channel, first, Math.min(to, first + packetPages));
        }
        channel.putInt(0x11223344).putInt(1).putInt(1).position(channel.position() + 1344 - 12);
        return Arrays.copyOf(channel.array(), channel.position());
    }

    private void multifdPacket(ByteBuffer channel, int from, int to) {
        List<Integer> pages = IntStream.range(from, to).boxed().toList();
        List<Integer> normal = pages.stream().filter(page -> !isZero(page)).toList();
        List<Integer> zero = pages.stream().filter(this::isZero).toList();
        int header = channel.position();
        channel.putInt(0x11223344).putInt(1).putInt(0).putInt(128);
        channel.putInt(normal.size())
                .putInt(normal.size() * Page.SIZE)
                .putLong(from)
                .putInt(zero.size());
        channel.position(header + 64).put(ram.name().getBytes(StandardCharsets.US_ASCII));
        channel.position(header + 320);
        normal.forEach(page -> channel.putLong((long) page * Page.SIZE));
        zero.forEach(page -> channel.putLong((long) page * Page.SIZE));
        channel.position(header + 1344);
        normal.forEach(page -> channel.put(memory, page * Page.SIZE, Page.SIZE));
    }

    public void start() {
        out.clear();
        writer.start(out, "pc-q35-7.2", List.of(ram, rom));
    }

    /** One section with these pages. */
    public void part(int from, int to, boolean last) {
        if (last) {
            writer.beginLastSection(out);
        } else {
            writer.beginSection(out);
        }
        for (int page = from; page < to; page++) {
            long offset = (long) page * Page.SIZE;
            if (isZero(page)) {
                writer.zeroPage(out, 0, offset);
            } else {
                int content = writer.beginPage(out, 0, offset);
                out.put(content, memory, page * Page.SIZE, Page.SIZE);
            }
        }
        writer.endSection(out);
    }

    /** Some device state, and the end. */
    public byte[] end() {
        byte[] state = new byte[40_000];
        new Random(7).nextBytes(state);
        out.put(state);
        writer.end(out, "{\"devices\":[]}");
        return Arrays.copyOf(out.array(), out.position());
    }

    /** The stream so far. */
    public byte[] written() {
        return Arrays.copyOf(out.array(), out.position());
    }

    public byte[] whole() {
        start();
        part(0, memory.length / Page.SIZE, false);
        part(0, 0, true);
        return end();
    }

    private boolean isZero(int page) {
        for (int i = page * Page.SIZE; i < (page + 1) * Page.SIZE; i++) {
            if (memory[i] != 0) {
                return false;
            }
        }
        return true;
    }
}
