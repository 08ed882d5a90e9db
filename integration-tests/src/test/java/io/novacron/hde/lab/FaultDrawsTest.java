package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.junit.jupiter.api.Test;

class FaultDrawsTest {
    private static List<FaultDraws.Draw> draws(long seed, int count) {
        FaultDraws draws = new FaultDraws(seed);
        List<FaultDraws.Draw> list = new ArrayList<>();
        for (int i = 0; i < count; i++) {
            list.add(draws.next());
        }
        return list;
    }

    @Test
    void aSeedDealsTheSameAgainAndAnotherSeedDoesNot() {
        assertThat(draws(5, 50)).isEqualTo(draws(5, 50)).isNotEqualTo(draws(6, 50));
    }

    @Test
    void everyKindComesInEveryPhaseAboutAsOften() {
        Map<String, Integer> oneWay = new HashMap<>();
        Map<String, Integer> bothWays = new HashMap<>();
        for (FaultDraws.Draw draw : draws(1, 300)) {
            for (Fault fault : draw.faults()) {
                if (fault != null) {
                    (fault.kind().bothWays() ? bothWays : oneWay)
                            .merge(fault.kind() + " " + fault.phase(), 1, Integer::sum);
                }
            }
        }
        for (Map<String, Integer> counts : List.of(oneWay, bothWays)) {
            assertThat(counts).hasSize(12);
            int least = counts.values().stream().mapToInt(i -> i).min().orElseThrow();
            assertThat(counts.values()).allSatisfy(count -> assertThat(count).isBetween(least, least + 1));
            assertThat(least).isPositive();
        }
    }

    @Test
    void whatHitsBothComesAloneAndOnlyASilenceLasts() {
        for (FaultDraws.Draw draw : draws(2, 300)) {
            List<Fault> faults = draw.faults().stream().filter(Objects::nonNull).toList();
            if (faults.stream().anyMatch(fault -> fault.kind().bothWays())) {
                assertThat(faults).hasSize(1);
            }
            assertThat(faults)
                    .allSatisfy(fault -> assertThat(fault.lasting().compareTo(Duration.ZERO) > 0)
                            .isEqualTo(fault.kind().lasts()));
        }
    }
}
