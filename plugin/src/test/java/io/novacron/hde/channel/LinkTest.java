package io.novacron.hde.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.Background;
import io.novacron.hde.codec.ChannelRoom;
import io.novacron.hde.codec.Segment;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** What is measured of the link and what follows from it, by a clock that the test turns. */
@Timeout(60)
class LinkTest {
    private static final long MILLISECOND = 1_000_000L;
    private static final long SECOND = 1000 * MILLISECOND;

    private final AtomicLong now = new AtomicLong(123_456_789_000L);
    private final Window window = new Window(new SegmentPool(), now::get, 12);
    private final LinkRate rate = new LinkRate(20);

    // ---- LinkRate ---------------------------------------------------------------------------------------------------

    @Test
    void nothingIsKnownAtFirst() {
        assertThat(rate.bytesPerSecond(now.get())).isZero();
        assertThat(rate.roundTripNanos()).isZero();
    }

    @Test
    void theRateIsTheBestTenthOfASecondOfLate() {
        for (int i = 0; i < 10; i++) {
            rate.acknowledged(10L * i * MILLISECOND, 100_000, 0);
        }
        assertThat(rate.bytesPerSecond(95 * MILLISECOND)).isEqualTo(10_000_000);
        rate.acknowledged(SECOND, 50_000, 0);
        assertThat(rate.bytesPerSecond(SECOND)).isEqualTo(10_000_000);
    }

    @Test
    void aLinkThatHasBecomeSlowerIsNoticedAfterTwoSeconds() {
        rate.acknowledged(0, 1_000_000, 0);
        rate.acknowledged(1_900 * MILLISECOND, 1_000, 0);
        assertThat(rate.bytesPerSecond(1_999 * MILLISECOND)).isEqualTo(10_000_000);
        assertThat(rate.bytesPerSecond(2_000 * MILLISECOND)).isEqualTo(10_000);
        assertThat(rate.bytesPerSecond(3_000 * MILLISECOND)).isEqualTo(10_000);
        assertThat(rate.bytesPerSecond(60 * SECOND)).isZero();
    }

    @Test
    void theShortestRoundTripCounts() {
        rate.acknowledged(50 * MILLISECOND, 1, 20 * MILLISECOND);
        rate.acknowledged(90 * MILLISECOND, 1, 20 * MILLISECOND);
        assertThat(rate.roundTripNanos()).isEqualTo(30 * MILLISECOND);
        rate.roundTrip(7 * MILLISECOND);
        assertThat(rate.roundTripNanos()).isEqualTo(7 * MILLISECOND);
        rate.acknowledged(90 * MILLISECOND, 1, 95 * MILLISECOND);
        assertThat(rate.roundTripNanos()).isEqualTo(1);
    }

    @Test
    void theClockMayStartAnywhere() {
        for (long start : new long[] {-5 * SECOND, -1, Long.MAX_VALUE - 10 * SECOND, Long.MIN_VALUE + 1}) {
            LinkRate other = new LinkRate(20);
            other.acknowledged(start, 1_000, start);
            assertThat(other.bytesPerSecond(start)).isEqualTo(10_000);
        }
    }

    // ---- Window -----------------------------------------------------------------------------------------------------

    /** Acquires without waiting for ever: null if the window is full. */
    private Segment tryAcquire() throws Exception {
        CompletableFuture<Segment> acquired = new CompletableFuture<>();
        Thread thread = new Thread(() -> {
            try {
                acquired.complete(window.acquire());
            } catch (InterruptedException e) {
                acquired.complete(null);
            }
        });
        thread.setDaemon(true);
        thread.start();
        while (!acquired.isDone() && thread.getState() != Thread.State.TIMED_WAITING) {
            Thread.onSpinWait();
        }
        thread.interrupt();
        return acquired.get();
    }

    @Test
    void fewSegmentsAreAlwaysAdmittedWhateverTheirSize() throws Exception {
        for (int i = 0; i < 4; i++) {
            assertThat(tryAcquire()).isNotNull();
            window.packed(10 << 20);
        }
        assertThat(tryAcquire()).isNull();
        assertThat(window.backlog()).isEqualTo(40L << 20);
    }

    @Test
    void manySmallSegmentsAreAdmittedUpToABound() throws Exception {
        for (int i = 0; i < ChannelRoom.WIDE.segments(); i++) {
            assertThat(tryAcquire()).as("segment %d", i).isNotNull();
            window.packed(100);
        }
        assertThat(tryAcquire()).isNull();
    }

    @Test
    void theBacklogFollowsTheLink() throws Exception {
        // 100 Mbit/s and 10 ms: 1.25 MB in a tenth of a second
        Segment first = tryAcquire();
        window.packed(1_250_000);
        window.acknowledged(first, 1_250_000, now.get() - 10 * MILLISECOND);
        assertThat(window.bytesPerSecond()).isEqualTo(12_500_000);
        // 50 ms of that are 625,000 bytes
        int admitted = 0;
        while (tryAcquire() != null) {
            window.packed(100_000);
            admitted++;
        }
        assertThat(admitted).isEqualTo(7);
    }

    /** What costs the link nothing may still cost the destination time. */
    @Test
    void streamBytesAreBoundedToo() throws Exception {
        int admitted = 0;
        while (tryAcquire() != null) {
            window.submitted(300_000);
            window.packed(10);
            admitted++;
        }
        assertThat(admitted).isEqualTo(4);
    }

    @Test
    void anAcknowledgementLetsTheNextIn() throws Exception {
        List<Segment> segments = new ArrayList<>();
        for (int i = 0; i < 4; i++) {
            segments.add(window.acquire());
            window.packed(1 << 20);
        }
        CompletableFuture<Void> waiting =
                Background.run(() -> assertThat(window.acquire()).isNotNull());
        window.acknowledged(segments.get(0), 1 << 20, now.get());
        waiting.get(30, TimeUnit.SECONDS);
        assertThat(window.backlog()).isEqualTo(3 << 20);
    }

    @Test
    void whatIsReleasedCounts() throws Exception {
        for (int i = 0; i < 3 * ChannelRoom.WIDE.segments(); i++) {
            window.release(window.acquire());
        }
        assertThat(window.backlog()).isZero();
    }

    @Test
    void aClosedWindowLetsWhoeverWaitsGo() throws Exception {
        for (int i = 0; i < 4; i++) {
            window.acquire();
            window.packed(1 << 20);
        }
        CompletableFuture<Void> waiting =
                Background.run(() -> assertThat(window.acquire()).isNull());
        window.close();
        waiting.get(30, TimeUnit.SECONDS);
        assertThat(window.acquire()).isNull();
    }
}
