package io.novacron.hde.channel;

import io.novacron.hde.page.Page;
import io.novacron.hde.qemu.stream.MigrationStreamWriter;
import io.novacron.hde.qemu.stream.RamBlock;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.List;

/** A stream whose pages are all zero but sent in full: QEMU does so when a page was cleared after it had looked. */
final class ZeroPages {
    private final int pages;

    ZeroPages(int pages) {
        this.pages = pages;
    }

    byte[] whole() {
        MigrationStreamWriter writer = new MigrationStreamWriter();
        ByteBuffer out = ByteBuffer.allocate(1 << 20);
        writer.header(out, "pc-q35-7.2");
        writer.openReturnPath(out);
        writer.ramStart(out, 2, List.of(new RamBlock("pc.ram", (long) pages * Page.SIZE)));
        writer.beginRamEnd(out, 2);
        for (int page = 0; page < pages; page++) {
            writer.beginPage(out, 0, (long) page * Page.SIZE, page == 0);
        }
        writer.endRamSection(out, 2);
        writer.end(out, "{}");
        return Arrays.copyOf(out.array(), out.position());
    }
}
