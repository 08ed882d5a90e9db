package io.novacron.hde.forecast;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.forecast.PastForecast.Said;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.store.StoreLimits;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ForecastHistoryTest {
    private static final Forecast AT_FIRST = new Forecast(9, 9, true, 0.1);
    private static final Forecast HALFWAY = new Forecast(5, 5, true, 0.5);

    @TempDir
    private Path directory;

    private PageStore store;

    @BeforeEach
    void open() throws Exception {
        store = PageStore.open(directory, StoreLimits.ofSize(1 << 28));
    }

    @AfterEach
    void close() {
        store.close();
    }

    /** 1 MB was said, and so much more came. */
    private static Said said(double error) {
        return new Said(1_000_000, 1000, (long) (1_000_000 * (1 + error)), 1000);
    }

    private static PastForecast past(String peer, double early, double middle) {
        return new PastForecast(peer, PastForecast.WITH_A_BASELINE, said(early), said(middle));
    }

    @Test
    void withoutAPastTheErrorIsNotKnown() {
        assertThat(new ForecastHistory(store).error("b", HALFWAY)).isEmpty();
    }

    @Test
    void fourFifthsOfThePastForecastsForThePeerWereNoWorse() {
        ForecastHistory history = new ForecastHistory(store);
        for (int i = 1; i <= 10; i++) {
            history.add(past("b", i / 10.0, i / 100.0));
        }
        history.add(past("c", 3, 3));
        assertThat(history.error("b", AT_FIRST)).hasValue(0.8);
        assertThat(history.error("b", HALFWAY)).hasValue(0.08);
        assertThat(history.error("c", HALFWAY)).hasValue(3);
        // of all
        assertThat(history.error("d", HALFWAY)).hasValue(0.09);
    }

    @Test
    void whatAFirstTimeCostsIsTheMedian() {
        ForecastHistory history = new ForecastHistory(store);
        history.add(past("b", 0, 0));
        assertThat(history.firstTimeBytes()).isEmpty();
        for (double cost : new double[] {300, 100, 200}) {
            history.add(new PastForecast("b", cost, said(0), said(0)));
        }
        assertThat(history.firstTimeBytes()).hasValue(200);
        assertThat(new ForecastHistory(store).firstTimeBytes()).hasValue(200);
    }

    @Test
    void theWorseOfBytesAndTimeCounts() {
        assertThat(new Said(1_000_000, 2000, 1_100_000, 1000).error()).hasValue(0.5);
        assertThat(new Said(1_000_000, 2000, 0, 2000).error()).hasValue(1);
        assertThat(new Said(0, 0, 1L << 40, 0).error()).hasValue(10);
        assertThat(new Said(0, 0, 0, 0).error()).hasValue(0);
    }

    @Test
    void whatWasNotThoughtToConvergeHasNoError() {
        assertThat(new Said(Said.NOTHING, Said.NOTHING, 1, 1).error()).isEmpty();
        ForecastHistory history = new ForecastHistory(store);
        history.add(new PastForecast("b", 1, said(0.1), new Said(Said.NOTHING, Said.NOTHING, 1, 1)));
        assertThat(history.error("b", AT_FIRST)).hasValue(0.1);
        assertThat(history.error("b", HALFWAY)).isEmpty();
    }

    @Test
    void theLastHundredAreFoundAgain() throws Exception {
        ForecastHistory history = new ForecastHistory(store);
        for (int i = 0; i < ForecastHistory.MOST + 20; i++) {
            history.add(past(i < 20 ? "old" : "b", i / 100.0, 0));
        }
        assertThat(history.error("old", AT_FIRST)).isEqualTo(history.error("none", AT_FIRST));
        List<byte[]> values = new ArrayList<>();
        store.forEach(ForecastHistory.AREA, (key, value) -> values.add(value));
        assertThat(values).hasSize(ForecastHistory.MOST);
        close();
        open();

        ForecastHistory again = new ForecastHistory(store);

        assertThat(again.newest()).isEqualTo(history.newest());
        assertThat(again.error("b", AT_FIRST)).isEqualTo(history.error("b", AT_FIRST));
        again.add(past("c", 7, 7));
        assertThat(new ForecastHistory(store).error("c", AT_FIRST)).hasValue(7);
        assertThat(new ForecastHistory(store).newest()).hasValue(past("c", 7, 7));
    }

    @Test
    void whatIsDamagedIsNotThere() {
        store.change(change -> {
            change.put(ForecastHistory.AREA, new byte[Long.BYTES], new byte[] {1, 0});
            change.put(ForecastHistory.AREA, new byte[] {9}, past("b", 1, 1).value());
        });
        assertThat(new ForecastHistory(store).newest()).isEmpty();
    }

    @Property
    void aRecordIsReadAsItWasWritten(@ForAll String peer, @ForAll long a, @ForAll long b, @ForAll long c) {
        String name = peer.replaceAll("\\p{Cs}", "?");
        PastForecast forecast = new PastForecast(name, a / 3.0, new Said(a, b, c, a), new Said(b, c, a, b));
        byte[] value = forecast.value();
        assertThat(PastForecast.read(value)).hasValue(forecast);
        assertThat(PastForecast.read(Arrays.copyOf(value, value.length - 1))).isEmpty();
        assertThat(PastForecast.read(Arrays.copyOf(value, value.length + 1))).isEmpty();
        value[0] = 2;
        assertThat(PastForecast.read(value)).isEmpty();
    }

    @Property
    void anyBytesAreReadOrRefused(@ForAll byte[] value) {
        PastForecast.read(value).ifPresent(read -> assertThat(read.value()).isEqualTo(value));
    }
}
