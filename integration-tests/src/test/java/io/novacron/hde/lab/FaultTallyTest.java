package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;

class FaultTallyTest {
    private final FaultTally tally = new FaultTally();

    private static FaultyMigration.Result arrived(long downtime) {
        return new FaultyMigration.Result(FaultyMigration.Fate.ARRIVED, OptionalLong.of(downtime), "", List.of());
    }

    private static FaultyMigration.Result ended(FaultyMigration.Fate fate, String... doubts) {
        return new FaultyMigration.Result(fate, OptionalLong.empty(), "error: no", List.of(doubts));
    }

    @Test
    void countsByKindAndPhaseAndComparesDowntimes() {
        for (long downtime : new long[] {100, 110, 5000}) {
            tally.unhit(arrived(downtime));
        }
        tally.hit(FaultKind.RESET, FaultPhase.SWITCH_OVER, arrived(200), false);
        tally.hit(FaultKind.RESET, FaultPhase.SWITCH_OVER, arrived(400), false);
        tally.hit(FaultKind.RESET, FaultPhase.SWITCH_OVER, arrived(300), false);
        tally.hit(FaultKind.RESET, FaultPhase.SWITCH_OVER, ended(FaultyMigration.Fate.STAYED), true);
        tally.hit(FaultKind.RESET, FaultPhase.GREETING, ended(FaultyMigration.Fate.STAYED), true);

        assertThat(tally.migrations()).isEqualTo(8);
        assertThat(tally.lines())
                .containsExactly(
                        new FaultTally.Line("reset", "greeting", 1, 0, 1, 0, 0, 0, null, List.of("error: no")),
                        new FaultTally.Line("reset", "switch-over", 4, 3, 1, 0, 0, 0, 190L, List.of("error: no")));
        assertThat(tally.complaints()).isEmpty();
    }

    @Test
    void aFailureIsCleanOnlyIfTheNextMigrationWorks() {
        tally.hit(FaultKind.KILL_SOURCE, FaultPhase.GREETING, ended(FaultyMigration.Fate.STAYED), false);

        assertThat(tally.lines()).extracting(FaultTally.Line::failedCleanly).containsExactly(0);
    }

    @Test
    void lossesHarmAndFailuresWithoutAFaultAreComplainedOf() {
        tally.hit(
                FaultKind.SILENCE, FaultPhase.LATER_ROUND, ended(FaultyMigration.Fate.LOST, "it runs nowhere"), false);
        tally.hit(FaultKind.SILENCE, FaultPhase.LATER_ROUND, ended(FaultyMigration.Fate.WRONG, "WRONG page"), false);
        tally.unhit(ended(FaultyMigration.Fate.STAYED));

        assertThat(tally.lines().get(0).vmLost()).isEqualTo(1);
        assertThat(tally.lines().get(0).wrongBytes()).isEqualTo(1);
        assertThat(tally.complaints())
                .containsExactly(
                        "silence in later-round: it runs nowhere",
                        "silence in later-round: WRONG page",
                        "without a fault: stayed, error: no");
    }

    @Test
    void ofWhatVirshSaysTheFirstLineIsKeptWithoutQemusClock() {
        assertThat(
                        FaultyMigration.inShort(
                                "error: qemu closed: 2026-01-02T03:04:05.678901Z qemu: flags: 0x0\n2026-01-02T03:04:05Z more\n"))
                .isEqualTo("error: qemu closed: qemu: flags: 0x0");
    }
}
