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
import java.util.Arrays;
import java.util.HexFormat;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The example in docs/store.md is what a store has; later releases must be able to read it for good. */
class StoreDocumentTest {
    @Test
    void theExampleIsAFrame() throws IOException, FrameException {
        byte[] bytes = example("frame");
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

    private static byte[] example(String name) throws IOException {
        String document = Files.readString(Path.of("../docs/store.md"));
        Matcher example =
                Pattern.compile("```hex " + name + "\n([0-9a-f \n]+)```").matcher(document);
        assertThat(example.find()).isTrue();
        return HexFormat.of().parseHex(example.group(1).replaceAll("\\s", ""));
    }

    /** So many bytes, the first as given and each one more than the one before. */
    private static byte[] ascending(int first, int count) {
        byte[] bytes = new byte[count];
        for (int i = 0; i < count; i++) {
            bytes[i] = (byte) (first + i);
        }
        return bytes;
    }

    @Test
    void theExamplesOfEncryptionAreHeaderAndBlock() throws Exception {
        StoreKey key = StoreKey.of(ascending(0, StoreKey.BYTES));
        byte[] header = example("header");
        assertThat(header).hasSize(SealedHeader.USED);
        assertThat(SealedHeader.of(key, ascending(0x20, BlockCipher.SALT)))
                .isEqualTo(Arrays.copyOf(header, SealedHeader.BYTES));
        BlockCipher cipher = SealedHeader.read(Arrays.copyOf(header, SealedHeader.BYTES), key);

        byte[] plain = Arrays.copyOf("block two".getBytes(StandardCharsets.US_ASCII), BlockCipher.BLOCK);
        byte[] sealed = new byte[BlockCipher.SEALED];
        cipher.newSealer()
                .seal(
                        2,
                        ByteBuffer.wrap(ascending(0x40, BlockCipher.KEY_NONCE)),
                        ascending(0x50, BlockCipher.NONCE),
                        plain,
                        0,
                        sealed,
                        0);
        byte[] example = example("block");
        int begin = BlockCipher.KEY_NONCE + BlockCipher.NONCE + 16;
        assertThat(example).hasSize(begin + BlockCipher.TAG).startsWith(Arrays.copyOf(sealed, begin));
        assertThat(example)
                .endsWith(Arrays.copyOfRange(sealed, BlockCipher.SEALED - BlockCipher.TAG, BlockCipher.SEALED));
        byte[] opened = new byte[BlockCipher.BLOCK];
        assertThat(cipher.newSealer().open(2, sealed, 0, opened, 0)).isTrue();
        assertThat(opened).isEqualTo(plain);
    }

    @Test
    void theVersionsAreThoseOfTheDocument() throws IOException {
        assertThat(Files.readString(Path.of("../docs/store.md")))
                .contains("Format of the store: **" + Database.FORMAT + "**")
                .contains("version of this form, " + FrameFormat.VERSION)
                .contains("version of this form, " + SealedHeader.VERSION + ": AES-256-GCM");
    }
}
