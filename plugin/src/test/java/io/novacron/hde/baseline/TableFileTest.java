package io.novacron.hde.baseline;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.page.Page;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.function.BooleanSupplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TableFileTest {
    private static final long MIB = 1 << 20;
    private static final int BLOCKS_A_MIB = 256;

    @TempDir
    Path directory;

    @Test
    void whatIsMovedReadsAsBefore() throws IOException {
        List<PageIdBlock> blocks = new ArrayList<>();
        for (int number = 0; number < 2 * BLOCKS_A_MIB; number++) {
            blocks.add(block(number));
        }
        try (TableFile file = TableFile.open(directory, 0, 4 * MIB)) {
            blocks.forEach(file::offer);
        }
        for (int number = 0; number < blocks.size(); number++) {
            assertThat(blocks.get(number).isOnHeap()).as("block %d", number).isFalse();
            assertSame(blocks.get(number), block(number));
            assertThat(blocks.get(number).toArray()).isEqualTo(block(number).toArray());
            assertThat(blocks.get(number).copy().isOnHeap()).isTrue();
        }
    }

    @Test
    void noFileIsToBeSeenAndLeftoversGo() throws IOException {
        Files.writeString(directory.resolve("tables-of-an-agent-that-died"), "x");
        Files.writeString(directory.resolve("other"), "x");
        try (TableFile file = TableFile.open(directory, 0, MIB)) {
            file.offer(block(1));
            try (Stream<Path> files = Files.list(directory)) {
                assertThat(files).containsExactly(directory.resolve("other"));
            }
        }
    }

    @Test
    void whatHasNoRoomStaysOnTheHeap() throws IOException {
        List<PageIdBlock> blocks = new ArrayList<>();
        for (int number = 0; number < BLOCKS_A_MIB + 1; number++) {
            blocks.add(block(number));
        }
        try (TableFile file = TableFile.open(directory, 0, MIB)) {
            blocks.forEach(file::offer);
        }
        assertThat(blocks.get(BLOCKS_A_MIB - 1).isOnHeap()).isFalse();
        assertThat(blocks.get(BLOCKS_A_MIB).isOnHeap()).isTrue();
        assertSame(blocks.get(BLOCKS_A_MIB), block(BLOCKS_A_MIB));
    }

    @Test
    void aDiskWithoutRoomLeavesThemOnTheHeap() throws IOException {
        PageIdBlock block = block(1);
        try (TableFile file = TableFile.open(directory, Long.MAX_VALUE - MIB, MIB)) {
            file.offer(block);
        }
        assertThat(block.isOnHeap()).isTrue();
        assertSame(block, block(1));
    }

    @Test
    void thePlaceOfABlockThatIsGoneIsUsedAgain() throws IOException {
        try (TableFile file = TableFile.open(directory, 0, MIB)) {
            for (int number = 0; number < BLOCKS_A_MIB; number++) {
                file.offer(block(number));
            }
            await(() -> {
                System.gc();
                PageIdBlock another = block(7);
                file.offer(another);
                return moved(another);
            });
        }
    }

    @Test
    void aTableIsTheSameInAFile() throws IOException {
        List<BlockLayout> layout = List.of(new BlockLayout("ram", 10_000L * Page.SIZE));
        MemoryTable onHeap = new MemoryTable(layout);
        List<MemoryTable> copies = new ArrayList<>();
        List<Root> roots = new ArrayList<>();
        try (TableFile file = TableFile.open(directory, 0, 64 * MIB)) {
            MemoryTable inFile = new MemoryTable(layout, MemoryTable.DEFAULT_MAX_CHUNKS, file);
            Random random = new Random(1);
            for (int round = 0; round < 50; round++) {
                for (int i = 0; i < 300; i++) {
                    long page = round % 2 == 0 ? 300L * (round / 2) + i : random.nextInt(10_000);
                    long id = round % 5 == 0 ? 0 : random.nextLong();
                    if (round % 7 == 0) {
                        onHeap.setZero(0, page);
                        inFile.setZero(0, page);
                    } else {
                        onHeap.set(0, page, id, id);
                        inFile.set(0, page, id, id);
                    }
                }
                copies.add(inFile.copy());
                roots.add(onHeap.root());
                assertThat(inFile.presentPages()).isEqualTo(onHeap.presentPages());
            }
        }
        for (int round = 0; round < copies.size(); round++) {
            assertThat(copies.get(round).root()).as("round %d", round).isEqualTo(roots.get(round));
        }
    }

    private static PageIdBlock block(int number) {
        PageIdBlock block = new PageIdBlock();
        for (int place = 0; place < PageIdBlock.IDS; place++) {
            block.set(place, number * 1000L + place, ~(number * 1000L + place));
        }
        return block;
    }

    private static void assertSame(PageIdBlock block, PageIdBlock expected) {
        for (int place = 0; place < PageIdBlock.IDS; place++) {
            assertThat(block.high(place)).isEqualTo(expected.high(place));
            assertThat(block.low(place)).isEqualTo(expected.low(place));
        }
    }

    private static boolean moved(PageIdBlock block) {
        for (int i = 0; i < 50 && block.isOnHeap(); i++) {
            pause();
        }
        return !block.isOnHeap();
    }

    private static void await(BooleanSupplier done) {
        for (int i = 0; i < 100; i++) {
            if (done.getAsBoolean()) {
                return;
            }
        }
        assertThat(done.getAsBoolean()).isTrue();
    }

    private static void pause() {
        try {
            Thread.sleep(2);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }
}
