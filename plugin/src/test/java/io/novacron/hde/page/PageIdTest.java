package io.novacron.hde.page;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.ByteBuffer;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;

class PageIdTest {
    @Test
    void theZeroPageHasItsName() {
        PageHasher hasher = new PageHasher();
        hasher.hash(ByteBuffer.allocateDirect(Page.SIZE), 0);
        assertThat(new PageId(hasher.high(), hasher.low())).isEqualTo(PageId.ZERO_PAGE);
    }

    @Test
    void theNameIsTheBeginningOfSha256WhereverThePageLies() throws NoSuchAlgorithmException {
        byte[] page = new byte[Page.SIZE];
        new Random(1).nextBytes(page);
        String expected =
                HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(page), 0, PageId.BYTES);
        PageHasher hasher = new PageHasher();
        for (ByteBuffer buffer :
                new ByteBuffer[] {ByteBuffer.allocateDirect(3 * Page.SIZE), ByteBuffer.allocate(3 * Page.SIZE)}) {
            buffer.put(77, page).position(5).limit(9);
            hasher.hash(buffer.clear(), 77);
            assertThat(new PageId(hasher.high(), hasher.low()).toString()).isEqualTo(expected);
            hasher.hash(buffer, 78);
            assertThat(new PageId(hasher.high(), hasher.low()).toString()).isNotEqualTo(expected);
        }
    }

    @Test
    void aPageBeyondTheBufferIsRefused() {
        PageHasher hasher = new PageHasher();
        assertThatThrownBy(() -> hasher.hash(ByteBuffer.allocateDirect(Page.SIZE), 1))
                .isInstanceOf(IndexOutOfBoundsException.class);
    }

    @Property
    void textAndBack(@ForAll long high, @ForAll long low) {
        PageId id = new PageId(high, low);
        assertThat(id.toString()).hasSize(32);
        assertThat(PageId.parse(id.toString())).isEqualTo(id);
        assertThat(id.isAbsent()).isEqualTo(high == 0 && low == 0);
    }

    @Test
    void otherTextIsRefused() {
        assertThatThrownBy(() -> PageId.parse("00")).hasMessageContaining("32 hexadecimal digits");
        assertThatThrownBy(() -> PageId.parse("x".repeat(32))).isInstanceOf(IllegalArgumentException.class);
    }
}
