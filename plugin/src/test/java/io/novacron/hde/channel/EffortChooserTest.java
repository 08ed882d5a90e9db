package io.novacron.hde.channel;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.codec.Effort;
import io.novacron.hde.codec.Segment;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * A made-up link and made-up processors, by a clock that the test turns: what crosses costs what the tables say, and the
 * chooser has to find out.
 */
class EffortChooserTest {
    private static final long MILLISECOND = 1_000_000L;
    private static final int PAGES = 100;

    private final AtomicLong now = new AtomicLong(1_000_000_000L);
    private final SegmentPool segments = new SegmentPool();
    private Window window;
    private double processors = 2;

    /** What others leave of them only by looks: there are {@link #processors}. */
    private double idle;

    private double linkRate;

    @BeforeEach
    void openWindow() {
        window = new Window(segments, now::get, 12);
    }

    private EffortChooser chooser(double knownRate) {
        return EffortChooser.automatic(now::get, () -> Math.max(processors, idle), knownRate);
    }

    private static double bytes(Effort effort) {
        return switch (effort.level()) {
            case -5 -> 1100;
            case -1 -> 1000;
            case 1 -> 920;
            case 3 -> 780;
            case 6 -> 760;
            default -> 745;
        };
    }

    private static double nanos(Effort effort) {
        return switch (effort.level()) {
            case -5 -> 4_000;
            case -1 -> 5_000;
            case 1 -> 6_000;
            case 3 -> 27_000;
            case 6 -> 38_000;
            default -> 57_000;
        };
    }

    /** Sends segments for so long; where the link is slower than the processors the encoder waits in the window. */
    private Effort carry(EffortChooser chooser, long millis) throws InterruptedException {
        long end = now.get() + millis * MILLISECOND;
        Effort effort = chooser.choose(window);
        while (now.get() < end) {
            double bytes = PAGES * bytes(effort);
            double nanos = PAGES * nanos(effort);
            double processorNanos = nanos / processors;
            double linkNanos = bytes / linkRate * 1e9;
            Segment segment = window.acquire();
            window.submitted(0);
            window.packed((long) bytes);
            long sentAt = now.get();
            now.addAndGet((long) Math.max(processorNanos, linkNanos));
            window.waited((long) Math.max(0, linkNanos - processorNanos));
            window.waitedForPackers((long) Math.max(0, processorNanos - linkNanos));
            window.acknowledged(segment, (long) bytes, sentAt);
            chooser.packed(effort, PAGES, (long) bytes, (long) nanos);
            Effort other = chooser.trial(effort, PAGES, true);
            if (other != null) {
                chooser.tried(effort, (long) bytes, (long) nanos, other, (long) (PAGES * bytes(other)), (long)
                        (PAGES * nanos(other)));
                now.addAndGet((long) (PAGES * nanos(other) / processors));
            }
            effort = chooser.choose(window);
        }
        return effort;
    }

    @Test
    void aThinLinkGetsAllTheWorkThatTheProcessorsCanDo() throws InterruptedException {
        linkRate = 12.5e6;
        assertThat(carry(chooser(0), 2_000).level()).isGreaterThanOrEqualTo(6);
        assertThat(carry(chooser(0), 2_000).references()).isPositive();
    }

    @Test
    void aFastLinkGetsLittleWork() throws InterruptedException {
        linkRate = 2e9;
        Effort effort = carry(chooser(0), 1_000);
        assertThat(effort.level()).isEqualTo(-5);
        assertThat(effort.references()).isZero();
    }

    @Test
    void itFollowsTheLinkThereAndBack() throws InterruptedException {
        EffortChooser chooser = chooser(0);
        linkRate = 125e6;
        int fast = carry(chooser, 2_000).level();
        linkRate = 6.25e6;
        int slow = carry(chooser, 4_000).level();
        linkRate = 125e6;
        int again = carry(chooser, 4_000).level();
        assertThat(slow).isGreaterThan(fast);
        assertThat(again).isEqualTo(fast);
    }

    @Test
    void aLinkThatCarriesLittleIsNotTakenForFaster() throws InterruptedException {
        linkRate = 12.5e6;
        EffortChooser chooser = chooser(0);
        carry(chooser, 2_000);
        double known = chooser.linkRate();
        // pages that cost neither processors nor link
        for (int i = 0; i < 200; i++) {
            now.addAndGet(10 * MILLISECOND);
            chooser.choose(window);
        }
        assertThat(chooser.linkRate()).isBetween(0.9 * known, 1.5 * known);
        assertThat(chooser.choose(window).references()).isPositive();
    }

    @Test
    void atTheFastestStepItStillLearnsWhatReferencesBring() {
        EffortChooser chooser = chooser(2e9);
        Effort fastest = chooser.choose(window);
        Effort tried = chooser.trial(fastest, PAGES, true);
        assertThat(tried.references()).isPositive();
    }

    @Test
    void busyProcessorsGetLessWork() throws InterruptedException {
        linkRate = 12.5e6;
        processors = 0.4;
        int busy = carry(chooser(0), 2_000).level();
        processors = 2;
        assertThat(carry(chooser(0), 2_000).level()).isGreaterThan(busy);
    }

    @Test
    void processorsThatOnlySeemIdleGetLessWorkToo() throws InterruptedException {
        linkRate = 12.5e6;
        processors = 0.2;
        idle = 2;
        EffortChooser chooser = chooser(0);
        carry(chooser, 2_000);
        int sum = 0;
        for (int i = 0; i < 40; i++) {
            sum += carry(chooser, 100).level();
        }
        assertThat(sum / 40.0).isLessThan(3);
        processors = 2;
        assertThat(carry(chooser, 4_000).level()).isGreaterThanOrEqualTo(6);
    }

    @Test
    void aSlowDestinationIsNotTakenForAThinLink() throws InterruptedException {
        linkRate = 12.5e6;
        EffortChooser chooser = chooser(0);
        window.queued(Long.MAX_VALUE);
        assertThat(carry(chooser, 1_000).references()).isZero();
    }

    @Test
    void whatTheLinkCarriedTheLastTimeIsWhereItBegins() {
        assertThat(chooser(12.5e6).choose(window).references()).isPositive();
        assertThat(chooser(2e9).choose(window).level()).isEqualTo(-5);
        assertThat(chooser(0).choose(window).level()).isEqualTo(1);
    }

    @Test
    void aByteIsWorthMoreOnAThinLink() throws InterruptedException {
        linkRate = 12.5e6;
        Effort thin = carry(chooser(0), 1_000);
        openWindow();
        linkRate = 2e9;
        Effort fast = carry(chooser(0), 1_000);
        assertThat(thin.nanosPerByte()).isBetween(100.0, 200.0);
        assertThat(fast.nanosPerByte()).isLessThan(2);
    }

    @Test
    void aLevelThatIsAskedForStays() {
        EffortChooser chooser = EffortChooser.fixed(7);
        Deque<Effort> efforts = new ArrayDeque<>();
        for (int i = 0; i < 100; i++) {
            efforts.add(chooser.choose(window));
            assertThat(chooser.trial(efforts.peek(), PAGES, true)).isNull();
        }
        assertThat(efforts).allMatch(effort -> effort.level() == 7 && effort.references() > 0);
    }
}
