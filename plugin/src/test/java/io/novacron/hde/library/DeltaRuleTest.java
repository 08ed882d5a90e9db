package io.novacron.hde.library;

import static org.assertj.core.api.Assertions.assertThat;

import io.novacron.hde.delta.DeltaAlgorithms;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

class DeltaRuleTest {
    private static DeltaRule rule(String algorithm) {
        return new DeltaRule(EncoderOptions.builder().deltaAlgorithm(algorithm).build());
    }

    private static List<DeltaAlgorithms> named(String name) {
        return List.of(DeltaAlgorithms.byWord(name).orElse(DeltaAlgorithms.ZSTD));
    }

    @Test
    void theFirstGuessIsBySize() {
        DeltaRule rule = rule("auto");
        assertThat(rule.isAuto()).isTrue();
        assertThat(rule.candidates(0)).isEqualTo(named("xor"));
        assertThat(rule.candidates(10 * 1024 - 1)).isEqualTo(named("xor"));
        assertThat(rule.candidates(10 * 1024)).isEqualTo(named("rsync"));
        assertThat(rule.candidates(1 << 20)).isEqualTo(named("rsync"));
        assertThat(rule.candidates((1 << 20) + 1)).isEqualTo(named("bsdiff"));
    }

    @Test
    void whatWasSmallestOfLateTakesItsPlaceForThatSizeOnly() {
        DeltaRule rule = rule("auto");
        for (int i = 1; i < DeltaRule.TRIAL_INTERVAL; i++) {
            assertThat(rule.candidates(5000)).isEqualTo(named("xor"));
        }
        assertThat(rule.candidates(5000)).containsExactly(DeltaAlgorithms.values());
        Map<DeltaAlgorithms, Integer> made = new EnumMap<>(DeltaAlgorithms.class);
        for (DeltaAlgorithms algorithm : DeltaAlgorithms.values()) {
            made.put(algorithm, algorithm == DeltaAlgorithms.ZSTD ? 100 : 4000);
        }
        rule.learn(5000, made);
        assertThat(rule.candidates(6000)).containsExactly(DeltaAlgorithms.ZSTD);
        assertThat(rule.candidates(20_000)).isEqualTo(named("rsync"));

        made.put(DeltaAlgorithms.ZSTD, 4500);
        for (int i = 0; i < 20; i++) {
            rule.learn(5000, made);
        }
        assertThat(rule.candidates(5000)).doesNotContain(DeltaAlgorithms.ZSTD).hasSize(1);
    }

    @Test
    void whatIsForcedIsAllThatIsTried() {
        DeltaRule rule = rule("zstd");
        assertThat(rule.isAuto()).isFalse();
        assertThat(rule.triesDifference()).isFalse();
        assertThat(rule("xor").triesDifference()).isTrue();
        for (int i = 0; i < 2 * DeltaRule.TRIAL_INTERVAL; i++) {
            assertThat(rule.candidates(5000)).containsExactly(DeltaAlgorithms.ZSTD);
        }
    }
}
