package io.novacron.hde.dictionary;

import io.novacron.hde.codec.BatchFixture;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.frame.FrameDictionary;
import io.novacron.hde.frame.FrameException;
import io.novacron.hde.frame.FramePacker;
import io.novacron.hde.frame.FrameUnpacker;
import io.novacron.hde.fuzz.Bounded;
import io.novacron.hde.fuzz.Documents;
import io.novacron.hde.fuzz.Input;
import io.novacron.hde.page.Page;
import io.novacron.hde.wire.Message;
import io.novacron.hde.wire.Protocol;
import io.novacron.hde.wire.WireException;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** A Dictionary's body, and a frame that needs it. Input: u16 bytes, the body; the frame's payload, of one page. */
public final class DictionaryFuzz {
    private DictionaryFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        Input input = new Input(bytes);
        byte[] body = input.take(input.u16());
        byte[] payload = input.rest();
        // The dictionary itself, what it is packed as, and the unpacker's scratch.
        Bounded.run(4L * Protocol.MAX_DICTIONARY_BYTES + 2L * Frame.MAX_PAGES * Page.SIZE, () -> use(body, payload));
    }

    private static void use(byte[] body, byte[] payload) {
        FrameDictionary dictionary;
        try {
            dictionary = DictionaryExchange.unpack(new Message.Dictionary(ByteBuffer.wrap(body)));
        } catch (WireException e) {
            return;
        }
        ByteBuffer out = ByteBuffer.allocateDirect(Page.SIZE);
        try (FrameUnpacker unpacker = new FrameUnpacker(List.of(dictionary))) {
            unpacker.unpack(
                    Frame.PAGES,
                    Frame.ZSTD,
                    dictionary.version(),
                    1,
                    ByteBuffer.wrap(payload),
                    0,
                    payload.length,
                    null,
                    out,
                    0);
        } catch (FrameException e) {
            if (e.getMessage().isEmpty()) {
                throw new AssertionError("no reason", e);
            }
        }
    }

    /** The example of the protocol's document, and a dictionary as it is and packed, with a frame. */
    public static Map<String, byte[]> seeds() throws Exception {
        FrameDictionary dictionary = new BatchFixture().dictionary();
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        byte[] example = Documents.examples("protocol.md").get("dictionary");
        seeds.put("none", Input.sized(Arrays.copyOfRange(example, 5, example.length)));
        ByteBuffer page = ByteBuffer.allocateDirect(Page.SIZE);
        byte[] payload;
        try (FramePacker packer = new FramePacker(Optional.of(dictionary))) {
            payload = packer.packSmall(page, 0, 1, new long[2], 3, 1.1).payload();
        }
        byte[] length = ByteBuffer.allocate(Integer.BYTES)
                .putInt(dictionary.bytes().length)
                .array();
        seeds.put("as-it-is", Input.of(Input.sized(Input.of(length, dictionary.bytes())), payload));
        ByteBuffer packed = DictionaryExchange.message(dictionary).body();
        byte[] body = new byte[packed.remaining()];
        packed.get(body);
        seeds.put("packed", Input.of(Input.sized(body), payload));
        return seeds;
    }
}
