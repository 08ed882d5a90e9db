package io.novacron.hde.codec;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import java.nio.ByteBuffer;
import java.util.Random;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.Executors;
import java.util.concurrent.ThreadPoolExecutor;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.junit.jupiter.api.Test;

class PageHashesTest {
    private static final int PAGES = 512;
    private static final int STEP = Page.SIZE + 9;

    /** Pages at odd positions, all of them different. */
    private static ByteBuffer memory() {
        byte[] noise = new byte[PAGES * STEP];
        new Random(3).nextBytes(noise);
        return ByteBuffer.allocateDirect(noise.length).put(0, noise);
    }

    private static int position(int page) {
        return page % PAGES * STEP + 9;
    }

    private static void takeAndCompare(PageHashes hashes, ByteBuffer memory, int page) {
        PageHasher expected = new PageHasher();
        expected.hash(memory, position(page));
        hashes.take();
        assertThat(hashes.high()).isEqualTo(expected.high());
        assertThat(hashes.low()).isEqualTo(expected.low());
    }

    /** Puts in and takes out in turns of random length. */
    private static void passThrough(PageHashes hashes, Random random) {
        ByteBuffer memory = memory();
        int in = 0;
        int out = 0;
        for (int turn = 0; turn < 60; turn++) {
            for (int i = random.nextInt(40); i > 0 && hashes.count() < PageHashes.CAPACITY; i--) {
                hashes.add(memory, position(in++));
            }
            if (hashes.hasHelp()) {
                hashes.askForHelp();
            }
            for (int i = random.nextInt(40); i > 0 && hashes.count() > 0; i--) {
                takeAndCompare(hashes, memory, out++);
            }
            assertThat(hashes.count()).isEqualTo(in - out);
        }
    }

    @Property(tries = 20)
    void whatComesOutHasItsPageIdAndItsPlace(@ForAll @IntRange(min = 0, max = 3) int helpers, @ForAll long seed)
            throws Exception {
        if (helpers == 0) {
            passThrough(new PageHashes(HashingHelp.NONE), new Random(seed));
            return;
        }
        ThreadPoolExecutor threads = (ThreadPoolExecutor) Executors.newFixedThreadPool(helpers);
        try {
            passThrough(new PageHashes(HashingHelp.of(threads)), new Random(seed));
        } finally {
            threads.shutdown();
            assertThat(threads.awaitTermination(10, TimeUnit.SECONDS)).isTrue();
        }
    }

    @Test
    void threadsWithOtherWorkAreNotWaitedFor() {
        ThreadPoolExecutor threads = (ThreadPoolExecutor) Executors.newFixedThreadPool(1);
        CountDownLatch release = new CountDownLatch(1);
        try {
            threads.execute(() -> {
                try {
                    release.await();
                } catch (InterruptedException e) {
                    Thread.currentThread().interrupt();
                }
            });
            passThrough(new PageHashes(HashingHelp.of(threads)), new Random(5));
        } finally {
            release.countDown();
            threads.shutdown();
        }
    }

    @Test
    void threadsThatHaveEndedAreNotNeeded() {
        ThreadPoolExecutor threads = (ThreadPoolExecutor) Executors.newFixedThreadPool(1);
        threads.shutdown();
        passThrough(new PageHashes(HashingHelp.of(threads)), new Random(6));
    }

    @Test
    void itHasABoundAndAnEnd() {
        PageHashes hashes = new PageHashes(HashingHelp.NONE);
        ByteBuffer memory = memory();
        assertThatThrownBy(hashes::take).isInstanceOf(IllegalStateException.class);
        // So that chunks are cut where they may be.
        hashes.add(memory, position(0));
        takeAndCompare(hashes, memory, 0);
        while (hashes.count() < PageHashes.CAPACITY) {
            hashes.add(memory, position(hashes.count()));
        }
        assertThatThrownBy(() -> hashes.add(memory, 0)).isInstanceOf(IllegalStateException.class);
        for (int page = 0; hashes.count() > 0; page++) {
            takeAndCompare(hashes, memory, page);
        }
    }
}
