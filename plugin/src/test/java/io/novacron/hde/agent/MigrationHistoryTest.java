package io.novacron.hde.agent;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.channel.ChannelId;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.forecast.ForecastHistory;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreException;
import io.novacron.hde.store.StoreLimits;
import io.novacron.hde.wire.ChannelType;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MigrationHistoryTest {
    @TempDir
    Path directory;

    private PageStore open() throws StoreException {
        return PageStore.open(directory.resolve("store"), StoreLimits.ofSize(1 << 30));
    }

    private static MigrationHistory history(PageStore store) {
        return new MigrationHistory(store, new ChannelReports(new ForecastHistory(store)));
    }

    private static ChannelProgress ended(int number, ChannelType type) {
        return new ChannelProgress(
                new ChannelId(
                        String.format("%032x", number),
                        0,
                        "vm" + number,
                        "00000000-0000-0000-0000-000000000001",
                        "b",
                        true),
                type);
    }

    @Test
    void recordsOutliveTheAgentAndTheOldestGo() throws StoreException {
        List<ChannelReport> before;
        try (PageStore store = open()) {
            MigrationHistory history = history(store);
            for (int i = 0; i < MigrationHistory.MOST + 3; i++) {
                history.add(ended(i, i % 2 == 0 ? ChannelType.MEMORY : ChannelType.SEED));
            }
            history.add(ended(9999, ChannelType.CONTROL));
            before = history.list();
            assertThat(before).hasSize(MigrationHistory.MOST);
            assertThat(before.get(0).vm()).isEqualTo("vm" + (MigrationHistory.MOST + 2));
            assertThat(before.get(0).kind()).isEqualTo(ChannelReport.Kind.MEMORY);
            assertThat(before.get(MigrationHistory.MOST - 1).vm()).isEqualTo("vm3");
        }
        try (PageStore store = open()) {
            MigrationHistory history = history(store);
            assertThat(history.list()).isEqualTo(before);
            history.add(ended(7, ChannelType.DISK));
            assertThat(history.list())
                    .hasSize(MigrationHistory.MOST)
                    .first()
                    .satisfies(newest -> assertThat(newest.vm()).isEqualTo("vm7"));
        }
    }

    @Test
    void howTheLastOnesCameToTheirFiguresIsKeptToo() throws StoreException {
        try (PageStore store = open()) {
            MigrationHistory history = history(store);
            for (int i = 0; i < MigrationHistory.MOST_COURSES + 2; i++) {
                history.add(ended(i, ChannelType.MEMORY));
            }
            assertThat(history.list()).hasSize(MigrationHistory.MOST_COURSES + 2);
            assertThat(history.courses(String.format("%032x", 1))).isEmpty();
            assertThat(history.courses(String.format("%032x", 2)))
                    .singleElement()
                    .satisfies(course -> {
                        assertThat(course.report()).isEqualTo(history.list().get(MigrationHistory.MOST_COURSES - 1));
                        assertThat(course.map()).isNull();
                    });
        }
        try (PageStore store = open()) {
            assertThat(history(store).courses(String.format("%032x", 2))).hasSize(1);
        }
    }

    @Test
    void whatIsNoRecordIsLeftOut() throws StoreException {
        try (PageStore store = open()) {
            MigrationHistory history = history(store);
            history.add(ended(1, ChannelType.MEMORY));
            store.change(change ->
                    change.put(MigrationHistory.AREA, new byte[8], "{\"vm\":".getBytes(StandardCharsets.UTF_8)));
            assertThat(history.list()).hasSize(1);
        }
    }
}
