package io.novacron.hde.channel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class TimelineTest {
    private final Timeline timeline = new Timeline();

    private void offer(long millis) {
        timeline.offer(
                millis,
                () -> new ChannelProgress.Point(
                        millis, millis, 0, Map.of(), new ChannelProgress.FrameBytes(0, 0, 0), 1, 0));
    }

    private List<Long> times() {
        return timeline.points().stream().map(ChannelProgress.Point::millis).toList();
    }

    @Test
    void pointsAreATenthOfASecondApart() {
        for (long millis : new long[] {3, 50, 102, 103, 150, 900, 950}) {
            offer(millis);
        }
        assertThat(times()).containsExactly(3L, 103L, 900L);
        timeline.clear();
        assertThat(times()).isEmpty();
    }

    @Test
    void howeverLongItTakesThereAreNeverTooManyAndTheyAreEvenlyApart() {
        for (long millis = 0; millis < 3_600_000; millis += 10) {
            offer(millis);
            assertThat(timeline.points()).hasSizeLessThan(Timeline.MOST_POINTS);
        }
        List<Long> times = times();
        assertThat(times)
                .hasSizeGreaterThan(Timeline.MOST_POINTS / 3)
                .isSorted()
                .startsWith(0L);
        long distance = times.get(1) - times.get(0);
        for (int i = 1; i < times.size() - 1; i++) {
            assertThat(times.get(i + 1) - times.get(i)).isBetween(distance - 10, 2 * distance);
        }
    }
}
