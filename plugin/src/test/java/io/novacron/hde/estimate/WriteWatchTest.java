package io.novacron.hde.estimate;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.page.Page;
import io.novacron.hde.page.PageHasher;
import io.novacron.hde.seed.MadeUpPages;
import io.novacron.hde.seed.SeedStream;
import java.nio.ByteBuffer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.Test;

class WriteWatchTest {
    private static final int PAGES = 400;
    private static final int HOT = 20;

    private final MadeUpPages guest = new MadeUpPages().with("pc.ram", PAGES);

    WriteWatchTest() {
        for (int page = 0; page < PAGES; page++) {
            guest.write(0, page, page + 1L);
        }
    }

    private MemoryTable table(int pages) {
        MemoryTable table = new MemoryTable(SeedStream.layout(guest.blocks()));
        PageHasher hasher = new PageHasher();
        for (int page = 0; page < pages; page++) {
            hasher.hash(ByteBuffer.wrap(guest.content(0)), page * Page.SIZE);
            table.set(0, page, hasher.high(), hasher.low());
        }
        return table;
    }

    @Test
    void whatIsRewrittenIsSeenWithBothContents() throws Exception {
        MemoryTable held = table(HOT / 2);
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
            for (long version = 1; !over.get(); version++) {
                for (int page = 0; page < HOT; page++) {
                    guest.write(0, page, 1000 * version + page);
                }
                sleep(50);
            }
        });
        WriteWatch.Writes writes = WriteWatch.watch(guest, TouchedPages.of(guest), held);
        over.set(true);
        writing.join();
        assertThat(writes.fromKernel()).isFalse();
        assertThat(writes.changed().pages(2)).isEqualTo(HOT);
        assertThat(writes.changed().pages(60)).isEqualTo(HOT);
        assertThat(writes.written().pages(60)).isEqualTo(HOT);
        assertThat(writes.keptLost()).isLessThanOrEqualTo(HOT / 2.0);
        assertThat(writes.rewritten().pages()).isEqualTo(HOT);
        assertThat(writes.rewritten().before().get(0))
                .as("the first byte is that of a small number")
                .isZero();
        assertThat(writes.rewritten()
                        .before()
                        .slice(0, HOT * Page.SIZE)
                        .mismatch(writes.rewritten().after().slice(0, HOT * Page.SIZE)))
                .isNotNegative();
    }

    @Test
    void theKernelTellsOfPagesThatAreWrittenAsTheyWere() throws Exception {
        guest.following();
        AtomicBoolean over = new AtomicBoolean();
        CompletableFuture<Void> writing = CompletableFuture.runAsync(() -> {
            while (!over.get()) {
                for (int page = 0; page < HOT; page++) {
                    guest.write(0, page, page + 1L);
                }
                sleep(50);
            }
        });
        WriteWatch.Writes writes = WriteWatch.watch(guest, TouchedPages.of(guest), table(0));
        over.set(true);
        writing.join();
        assertThat(writes.fromKernel()).isTrue();
        assertThat(writes.written().pages(2)).isEqualTo(HOT);
        assertThat(writes.changed().pages(2)).isZero();
    }

    @Test
    void aGuestThatRestsWritesNothing() throws Exception {
        WriteWatch.Writes writes = WriteWatch.watch(guest, TouchedPages.of(guest), table(PAGES));
        assertThat(writes.changed().pages(100)).isZero();
        assertThat(writes.keptLost()).isZero();
        assertThat(writes.rewritten().pages()).isZero();
    }

    private static void sleep(long millis) {
        try {
            TimeUnit.MILLISECONDS.sleep(millis);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
