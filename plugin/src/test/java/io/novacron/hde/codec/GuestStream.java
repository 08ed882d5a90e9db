package io.novacron.hde.codec;

import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.GuestStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

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
