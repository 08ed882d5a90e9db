package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.TestInstance.Lifecycle;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The ways to migrate that users choose most; {@code ./lab modes} tries all of them. */
@TestInstance(Lifecycle.PER_CLASS)
class ModesIT {
    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    private ModesLab modes;

    @BeforeAll
    void hosts() {
        modes = new ModesLab(LAB.lab());
    }

    @AfterAll
    void settings() {
        modes.close();
    }

    static List<VirshMode> modes() {
        return VirshMode.few();
    }

    @ParameterizedTest
    @MethodSource
    void modes(VirshMode mode) {
        ModeResult result = modes.run(mode);
        assertThat(result.problems()).as(result.line()).isEmpty();
    }

    @Test
    void anAbortedMigrationLeavesTheGuestAndWhatHasCrossed() {
        ModeResult result = modes.run(ModesLab.ABORT);
        assertThat(result.problems()).as(result.line()).isEmpty();
    }
}
