package io.novacron.hde.codec;

import io.novacron.hde.dictionary.SamplePool;
import io.novacron.hde.dictionary.SourceDictionaries;
import io.novacron.hde.frame.Frame;
import io.novacron.hde.fuzz.Bounded;
import io.novacron.hde.fuzz.Documents;
import io.novacron.hde.fuzz.Input;
import io.novacron.hde.wire.Protocol;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.UUID;

/**
 * Batches, one after the other, as a destination gets them. Input: u8 bit 0 whether there is an agreed baseline, bit 1
 * whether a dictionary; then for each batch u8 odd for a Resend, u16 bytes, the body.
 */
public final class BatchFuzz {
    /** Script, stream, frames' payloads and their digests; and the zstd contexts and tables of small guests. Bytes. */
    private static final long MOST_FOR_A_BATCH = 16 << 20;

    private static final int MOST_BATCHES = 8;
    private static final int MAX_CHUNKS = 64;

    private static final class Holder {
        private static final BatchFixture FIXTURE = fixture();

        private static BatchFixture fixture() {
            try {
                return new BatchFixture();
            } catch (Exception e) {
                throw new IllegalStateException(e);
            }
        }
    }

    private BatchFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        Input input = new Input(bytes);
        int agreed = input.u8();
        BatchFixture fixture = Holder.FIXTURE;
        ChannelMemory memory = new ChannelMemory(
                (agreed & 1) != 0 ? List.of(fixture.baseline().copy()) : List.of(), false, MAX_CHUNKS);
        try (BatchRebuilder rebuilder = new BatchRebuilder(
                memory, fixture.store(), 4, (agreed & 2) != 0 ? List.of(fixture.dictionary()) : List.of())) {
            for (int i = 0; i < MOST_BATCHES && input.hasMore(); i++) {
                boolean resend = (input.u8() & 1) != 0;
                byte[] body = input.take(input.u16());
                Bounded.run(MOST_FOR_A_BATCH, () -> rebuild(rebuilder, resend, body));
            }
        }
    }

    private static void rebuild(BatchRebuilder rebuilder, boolean resend, byte[] body) {
        ByteBuffer batch = ByteBuffer.wrap(body);
        ByteBuffer stream;
        try {
            stream = resend ? rebuilder.rebuildRaw(batch) : rebuilder.rebuild(batch);
        } catch (CodecException e) {
            return;
        }
        check(stream.remaining() == batch.getInt(0) && stream.remaining() <= Protocol.MAX_BATCH_STREAM_BYTES);
        int pages = 0;
        for (Frame frame : rebuilder.frames()) {
            pages += frame.count();
            check(frame.dictionary() == 0);
        }
        check(pages <= Protocol.MAX_BATCH_STREAM_BYTES / 4096);
    }

    private static void check(boolean kept) {
        if (!kept) {
            throw new AssertionError("a batch was rebuilt that cannot be");
        }
    }

    /** The batches of a small guest with and without what both know, and the examples of the protocol's document. */
    public static Map<String, byte[]> seeds() throws Exception {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        Map<String, byte[]> examples = Documents.examples("protocol.md");
        int header = 13;
        byte[] batch = examples.get("batch");
        byte[] resend = examples.get("resend");
        seeds.put("hello", part(0, 0, Arrays.copyOfRange(batch, header, batch.length)));
        seeds.put("hello-again", part(0, 1, Arrays.copyOfRange(resend, header, resend.length)));
        seeds.put("page", part(0, 0, examples.get("page-body")));
        for (int agreed = 0; agreed < 4; agreed++) {
            for (int references = 0; references <= 2; references += 2) {
                seeds.put("guest-" + agreed + "-" + references, guest(agreed, references, false));
                seeds.put("guest-again-" + agreed + "-" + references, guest(agreed, references, true));
            }
        }
        return seeds;
    }

    private static byte[] part(int agreed, int kind, byte[] body) {
        return Input.of(Input.u8(agreed, kind), Input.sized(body));
    }

    private static byte[] guest(int agreed, int references, boolean raw) {
        BatchFixture fixture = Holder.FIXTURE;
        ChannelMemory memory =
                new ChannelMemory((agreed & 1) != 0 ? List.of(fixture.baseline().copy()) : List.of(), true, MAX_CHUNKS);
        PackOptions options = new PackOptions(1.1, List.of("xor-runs", "zstd", "rsync", "bsdiff"), 4);
        SourceDictionaries dictionaries = new SourceDictionaries(
                (agreed & 2) != 0 ? Optional.of(fixture.dictionary()) : Optional.empty(),
                new SamplePool(16).of(new UUID(0, 0), "vm"));
        byte[] all = Input.u8(agreed);
        try (SourceEncoder encoder =
                        new SourceEncoder("seed", memory, fixture.store(), DeltaBases.ANY, HashingHelp.NONE);
                BatchPacker packer = new BatchPacker(options, fixture.store(), dictionaries, ChannelRoom.WIDE)) {
            encoder.search(references);
            encoder.learnBaselines(() -> false);
            encoder.begin(new Segment());
            List<byte[]> rounds = fixture.stream();
            for (byte[] round : rounds) {
                ByteBuffer stream = ByteBuffer.wrap(round);
                while (stream.hasRemaining()) {
                    ByteBuffer space = encoder.space();
                    int next = Math.min(space.remaining(), stream.remaining());
                    space.put(stream.slice(stream.position(), next));
                    stream.position(stream.position() + next);
                    encoder.parse();
                }
                if (round == rounds.get(1)) {
                    encoder.finish();
                }
                Segment segment = encoder.end();
                packer.pack(segment, Effort.ofLevel(3));
                ByteBuffer body = raw ? packer.packRaw(segment, 3) : segment.body();
                byte[] bytes = new byte[body.remaining()];
                body.duplicate().get(bytes);
                all = Input.of(all, Input.u8(raw ? 1 : 0), Input.sized(bytes));
                encoder.begin(new Segment());
            }
        }
        return all;
    }
}
