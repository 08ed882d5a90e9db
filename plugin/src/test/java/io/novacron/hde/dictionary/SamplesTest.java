package io.novacron.hde.dictionary;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.page.PageId;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.UUID;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class SamplesTest {
    private static long[] ids(long from, int count) {
        long[] ids = new long[2 * count];
        for (int i = 0; i < count; i++) {
            ids[2 * i] = from + i;
            ids[2 * i + 1] = 7;
        }
        return ids;
    }

    @Property(tries = 200)
    void everySixteenthPageIsTakenHoweverTheyCome(
            @ForAll @IntRange(min = 1, max = 30) int capacity, @ForAll List<@IntRange(max = 70) Integer> frames) {
        PageSamples samples = new PageSamples(capacity);
        List<PageId> expected = new ArrayList<>();
        int page = 0;
        for (int count : frames) {
            samples.offer(ids(page, count), count);
            for (int end = page + count; page < end; page++) {
                if (page % PageSamples.INTERVAL == 0) {
                    expected.add(new PageId(page, 7));
                }
            }
        }
        assertThat(samples.fresh()).isEqualTo(expected.size());
        Collections.reverse(expected);
        assertThat(samples.newest()).isEqualTo(expected.subList(0, Math.min(capacity, expected.size())));
        samples.trained();
        assertThat(samples.fresh()).isZero();
        assertThat(samples.newest()).hasSize(Math.min(capacity, expected.size()));
    }

    @Test
    void aPageThatCrossesAgainAndAgainIsOneSample() {
        PageSamples samples = new PageSamples(100);
        for (int i = 0; i < 50; i++) {
            samples.offer(ids(1, 1), 1);
            samples.offer(ids(2, 15), 15);
        }
        assertThat(samples.newest()).containsExactly(new PageId(1, 7));
    }

    @Test
    void aRingOfNoneTakesNone() {
        SourceDictionaries.NONE.samples().offer(ids(1, 100), 100);
        assertThat(SourceDictionaries.NONE.samples().newest()).isEmpty();
        assertThat(SourceDictionaries.NONE.samples().fresh()).isZero();
    }

    @Test
    void threadsDoNotLoseSamples() throws Exception {
        PageSamples samples = new PageSamples(10_000);
        var threads = Executors.newFixedThreadPool(4);
        for (int thread = 0; thread < 4; thread++) {
            long first = thread * 1_000_000L;
            threads.execute(() -> {
                for (int i = 0; i < 1000; i++) {
                    samples.offer(ids(first + 32L * i, 32), 32);
                }
            });
        }
        threads.shutdown();
        assertThat(threads.awaitTermination(60, TimeUnit.SECONDS)).isTrue();
        assertThat(samples.newest()).hasSize(8000);
    }

    @Test
    void thePoolForgetsTheVmThatSentNothingForLongest() {
        SamplePool pool = new SamplePool(10);
        for (int vm = 0; vm < SamplePool.MOST_VMS; vm++) {
            pool.of(new UUID(0, vm), "vm" + vm);
        }
        PageSamples first = pool.of(new UUID(0, 0), "renamed");
        pool.of(new UUID(1, 0), "new");
        assertThat(pool.all()).hasSize(SamplePool.MOST_VMS).doesNotContainKey(new UUID(0, 1));
        assertThat(pool.all().keySet()).startsWith(new UUID(1, 0), new UUID(0, 0), new UUID(0, 63));
        assertThat(pool.all().get(new UUID(0, 0))).isEqualTo(new SamplePool.OfVm("renamed", first));
        pool.drop(new UUID(0, 0));
        assertThat(pool.all()).doesNotContainKey(new UUID(0, 0));
    }
}
