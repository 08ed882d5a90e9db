package io.novacron.hde.store;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.frame.Frame;
import io.novacron.hde.frame.FrameException;
import io.novacron.hde.frame.FrameFormat;
import io.novacron.hde.frame.FrameUnpacker;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import io.novacron.hde.page.PageId;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The example in docs/store.md is what a store has; later releases must be able to read it for good. */
class StoreDocumentTest {
    @Test
    void theExampleIsAFrame() throws IOException, FrameException {
        String document = Files.readString(Path.of("../docs/store.md"));
        Matcher example = Pattern.compile("```hex frame\n([0-9a-f \n]+)```").matcher(document);
        assertThat(example.find()).isTrue();
        byte[] bytes = HexFormat.of().parseHex(example.group(1).replaceAll("\\s", ""));
        Frame frame = FrameFormat.read(bytes);
        assertThat(FrameFormat.write(frame)).isEqualTo(bytes);
        assertThat(frame.kind()).isEqualTo(Frame.PAGES);
        assertThat(frame.algorithm()).isEqualTo(Frame.ZSTD);
        assertThat(frame.count()).isEqualTo(2);
        ByteBuffer pages = ByteBuffer.allocateDirect(2 * Page.SIZE);
        try (FrameUnpacker unpacker = new FrameUnpacker()) {
            unpacker.unpack(frame, null, pages, 0);
        }
        PageHasher hasher = new PageHasher();
        for (int slot = 0; slot < 2; slot++) {
            hasher.hash(pages, slot * Page.SIZE);
            assertThat(new PageId(frame.idHigh(slot), frame.idLow(slot)))
                    .isEqualTo(new PageId(hasher.high(), hasher.low()));
        }
        byte[] text = new byte[11];
        pages.get(Page.SIZE, text);
        assertThat(new String(text, StandardCharsets.US_ASCII)).isEqualTo("second page");
    }

    @Test
    void theVersionsAreThoseOfTheDocument() throws IOException {
        assertThat(Files.readString(Path.of("../docs/store.md")))
                .contains("Format of the store: **" + Database.FORMAT + "**")
                .contains("version of this form, " + FrameFormat.VERSION);
    }
}
