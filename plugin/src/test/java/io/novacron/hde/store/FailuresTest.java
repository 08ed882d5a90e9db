package io.novacron.hde.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Deque;
import org.junit.jupiter.api.Test;

class FailuresTest {
    @Test
    void aDiskThatFailsIsNoDamageOfTheStore() {
        assertThat(Failures.isFromOutside(new IllegalStateException(new IOException("No space left on device"))))
                .isTrue();
        assertThat(Failures.isFromOutside(new IllegalStateException(new EOFException())))
                .isFalse();
        assertThat(Failures.isFromOutside(new IllegalStateException("checksum")))
                .isFalse();
    }

    @Test
    void aMomentWithoutMemoryForBuffersIsNoDamageOfTheStore() {
        Deque<ByteBuffer> all = new ArrayDeque<>();
        Throwable failure = catchThrowable(() -> {
            while (all.size() < 10_000) {
                all.push(ByteBuffer.allocateDirect(Integer.MAX_VALUE));
            }
        });
        assertThat(all).hasSizeLessThan(10_000);
        all.clear();
        assertThat(failure).isInstanceOf(OutOfMemoryError.class);
        assertThat(Failures.isFromOutside(failure)).isTrue();
        assertThat(Failures.isFromOutside(new OutOfMemoryError("Requested array size exceeds VM limit")))
                .isFalse();
    }
}
