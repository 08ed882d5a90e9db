package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.OptionalDouble;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A migration lives through a cut of its tunnel; a migration whose agent dies fails, and the VM runs on. */
class FaultsIT {
    private static final Duration LONGER_THAN_UNNOTICED = Duration.ofSeconds(8);

    /** A fault that comes too late for its phase is tried again. */
    private static final int TRIES = 4;

    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    private static Scene scene;

    @BeforeAll
    static void startTheGuest() {
        scene = Scene.withGuest(LAB, FaultSoak.guest("tiny"));
        LAB.lab().hosts().forEach(LabHost::changeTunnelAddress);
        scene.migrate();
        scene.lab().shape(FaultSoak.RATE);
    }

    /** A killed one has to be started again, whatever came of the test that killed it. */
    @AfterEach
    void startAgents() {
        for (LabHost host : scene.lab().hosts()) {
            if (!host.agent().runs()) {
                host.agent().start();
                host.agent().awaitReady();
            }
        }
    }

    private static FaultyMigration migration() {
        LabHost from = scene.guest().onlyHost();
        return new FaultyMigration(scene.guest(), from, scene.other(from));
    }

    private static void assertSurvives(Fault fault) {
        for (int time = 0; time < TRIES; time++) {
            FaultyMigration migration = migration();
            OptionalDouble at = migration.run(fault);
            Optional<FaultPhase> phase = at.isPresent() ? migration.phaseAt(at.getAsDouble()) : Optional.empty();
            FaultyMigration.Result result = migration.result(true);
            assertThat(result.fate())
                    .as("%s, in fact in %s: %s", fault, phase, result)
                    .isEqualTo(FaultyMigration.Fate.ARRIVED);
            assertThat(result.doubts()).isEmpty();
            if (phase.equals(Optional.of(fault.phase()))) {
                return;
            }
        }
        throw new AssertionError(fault + " never fell in its phase");
    }

    private void assertFailsCleanly(Fault fault) {
        FaultyMigration migration = migration();
        OptionalDouble at = migration.run(fault);
        assertThat(at).as("whether %s came about", fault).isPresent();
        FaultyMigration.Result result = migration.result(false);
        assertThat(result.fate()).as("%s: %s", fault, result).isEqualTo(FaultyMigration.Fate.STAYED);
        assertThat(result.doubts()).isEmpty();
        startAgents();
        scene.migrate();
    }

    @Test
    void aResetInTheFirstRoundIsSurvived() {
        assertSurvives(Fault.at(FaultPhase.FIRST_ROUND, FaultKind.RESET));
    }

    @Test
    void aSilenceIsSurvived() {
        assertSurvives(new Fault(FaultKind.SILENCE, FaultPhase.LATER_ROUND, LONGER_THAN_UNNOTICED));
    }

    @Test
    void aChangeOfTheSourcesAddressIsSurvived() {
        assertSurvives(Fault.at(FaultPhase.LATER_ROUND, FaultKind.ADDRESS));
    }

    @Test
    void aResetInTheSwitchOverIsSurvived() {
        assertSurvives(Fault.at(FaultPhase.SWITCH_OVER, FaultKind.RESET));
    }

    @Test
    void theDeathOfTheSourcesAgentFailsCleanly() {
        assertFailsCleanly(Fault.at(FaultPhase.FIRST_ROUND, FaultKind.KILL_SOURCE));
    }

    @Test
    void theDeathOfTheDestinationsAgentInTheSwitchOverFailsCleanly() {
        assertFailsCleanly(Fault.at(FaultPhase.SWITCH_OVER, FaultKind.KILL_DESTINATION));
    }

    @Test
    void twoVmsMigrateInOppositeDirectionsThroughFaults() {
        scene.lab().shape("unshaped");
        FaultSoak soak = FaultSoak.start(scene.lab(), System.out::println);

        soak.round(faults(
                Fault.at(FaultPhase.GREETING, FaultKind.RESET), Fault.at(FaultPhase.LATER_ROUND, FaultKind.RESET)));
        soak.round(faults(null, Fault.at(FaultPhase.SWITCH_OVER, FaultKind.ADDRESS)));
        soak.round(faults(new Fault(FaultKind.SILENCE_ALL, FaultPhase.LATER_ROUND, LONGER_THAN_UNNOTICED), null));

        soak.removeGuests();
        assertThat(soak.tally().complaints()).isEmpty();
        assertThat(soak.tally().migrations()).isGreaterThanOrEqualTo(6);
        assertThat(soak.growth())
                .hasSize(8)
                .allSatisfy(line ->
                        assertThat(line.withinLimits()).as(line.toString()).isTrue());
    }

    private static FaultDraws.Draw faults(Fault... faults) {
        return new FaultDraws.Draw(Arrays.asList(faults), -1);
    }
}
