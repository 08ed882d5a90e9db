package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class AgentGrowthTest {
    private final AgentGrowth growth = new AgentGrowth("hA");

    private static AgentFigures figures(long residentKib, long threads) {
        return new AgentFigures(residentKib, threads, 20, 1000);
    }

    private List<String> beyond() {
        return growth.lines().stream()
                .filter(line -> !line.withinLimits())
                .map(AgentGrowth.Line::figure)
                .toList();
    }

    @Test
    void readsWhatTheScriptPrints() {
        assertThat(AgentFigures.parse("238296 29 25 107492 ")).isEqualTo(new AgentFigures(238296, 29, 25, 107492));
    }

    @Test
    void whatGoesUpAndDownDoesNotGrow() {
        for (int i = 0; i < 30; i++) {
            growth.add(figures(100_000 + i % 3 * 10_000, 30));
        }
        assertThat(growth.lines()).hasSize(4);
        assertThat(beyond()).isEmpty();
    }

    @Test
    void whatGrowsByALittleEachTimeIsFound() {
        for (int i = 0; i < 30; i++) {
            growth.add(figures(100_000, 30 + i));
        }
        assertThat(beyond()).containsExactly("threads");
    }

    @Test
    void aSinglePeakBeyondTheHighestAllowedIsFound() {
        for (int i = 0; i < 30; i++) {
            growth.add(figures(i == 12 ? 300_000 : 100_000, 30));
        }
        assertThat(beyond()).containsExactly("rss_anon_kib");
    }

    @Test
    void theFirstFewSamplesOfManyDoNotCountAsTheFirstThird() {
        for (int i = 0; i < 30; i++) {
            growth.add(new AgentFigures(100_000, 30, 20, i < 6 ? 0 : 500_000));
        }
        assertThat(beyond()).isEmpty();
    }
}
