package io.novacron.hde.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.frame.Frame;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import io.novacron.hde.page.PageId;
import io.novacron.hde.store.PageReader;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A peer that wants its page to stand in the store under the name of another's. */
class PoisonedBatchTest {
    /** Stream bytes, and the numbers of frames. */
    private static final int HEADER = 6;

    /** Of a frame: where its payload's length is, and how long it is without its payload. */
    private static final int PAYLOAD_LENGTH = 8;

    private static final int FRAME_HEADER = 12;

    @TempDir
    Path directory;

    private PageStore source;
    private PageStore store;

    @BeforeEach
    void open() throws Exception {
        source = PageStore.open(directory.resolve("source"), StoreLimits.ofSize(1 << 28));
        store = PageStore.open(directory.resolve("store"), StoreLimits.ofSize(1 << 28));
    }

    @AfterEach
    void close() {
        source.close();
        store.close();
    }

    /** The batch for a guest of one page. */
    private byte[] batch(char content) {
        GuestStream guest = new GuestStream(1);
        Arrays.fill(guest.memory, (byte) content);
        guest.start();
        guest.part(0, 1, true);
        byte[] stream = guest.written();
        try (SourceEncoder encoder = new SourceEncoder(
                        "test", new ChannelMemory(List.of(), true, 64), source, DeltaBases.PLACE, HashingHelp.NONE);
                BatchPacker packer = new BatchPacker(new PackOptions(1.1, List.of(), 0), source)) {
            encoder.begin(new Segment());
            encoder.space().put(stream);
            encoder.parse();
            encoder.finish();
            Segment segment = encoder.end();
            packer.pack(segment, Effort.ofLevel(3));
            byte[] body = new byte[segment.body().remaining()];
            segment.body().get(body);
            return body;
        }
    }

    private static int endOfFrame(byte[] batch) {
        return HEADER + FRAME_HEADER + ByteBuffer.wrap(batch).getInt(HEADER + PAYLOAD_LENGTH);
    }

    private static PageId id(char content) {
        PageHasher hasher = new PageHasher();
        byte[] page = new byte[Page.SIZE];
        Arrays.fill(page, (byte) content);
        hasher.hash(ByteBuffer.allocateDirect(Page.SIZE).put(0, page), 0);
        return new PageId(hasher.high(), hasher.low());
    }

    private boolean isHeld(PageId id) {
        try (PageReader reader = store.newReader()) {
            return reader.read(id.high(), id.low(), ByteBuffer.allocateDirect(Page.SIZE), 0);
        }
    }

    @Test
    void aFrameWithAnotherPageThanTheDigestSaysIsRefusedAndNothingIsKnownOfIt() {
        byte[] claimed = batch('A');
        byte[] other = batch('B');
        int end = endOfFrame(claimed);
        int otherEnd = endOfFrame(other);
        // head and frame of the one, script and digest of the other
        byte[] forged = Arrays.copyOf(other, otherEnd + claimed.length - end);
        System.arraycopy(claimed, end, forged, otherEnd, claimed.length - end);
        ChannelMemory memory = new ChannelMemory(List.of(), false, 64);
        try (BatchRebuilder rebuilder = new BatchRebuilder(memory, store, 0)) {
            assertThatThrownBy(() -> rebuilder.rebuild(ByteBuffer.wrap(forged)))
                    .isInstanceOf(CodecException.class)
                    .hasMessageContaining("digest");
        }
        assertThat(isHeld(id('A'))).isFalse();
        assertThat(isHeld(id('B'))).isFalse();
    }

    @Test
    void whatIsStoredIsNamedByItsContent() throws CodecException {
        try (BatchRebuilder rebuilder = new BatchRebuilder(new ChannelMemory(List.of(), false, 64), store, 0)) {
            rebuilder.rebuild(ByteBuffer.wrap(batch('B')));
            for (Frame frame : rebuilder.frames()) {
                assertThat(new PageId(frame.idHigh(0), frame.idLow(0))).isEqualTo(id('B'));
                store.append(frame);
            }
        }
        assertThat(isHeld(id('B'))).isTrue();
        assertThat(isHeld(id('A'))).isFalse();
    }
}
