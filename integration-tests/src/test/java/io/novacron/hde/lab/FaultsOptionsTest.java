package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class FaultsOptionsTest {
    @Test
    void withoutOptionsItRunsForTenMinutesWithAnySeed() throws Exception {
        assertThat(FaultsOptions.parse(List.of(), 17)).isEqualTo(new FaultsOptions(Duration.ofMinutes(10), 17));
    }

    @Test
    void durationAndSeedCanBeChosen() throws Exception {
        assertThat(FaultsOptions.parse(List.of("--seed", "-3", "--minutes", "45"), 17))
                .isEqualTo(new FaultsOptions(Duration.ofMinutes(45), -3));
    }

    @ParameterizedTest
    @CsvSource({
        "--minutes=5, faults has no option '--minutes=5'",
        "--minutes, --minutes needs a value",
        "--minutes 0, --minutes must be a number from 1 to 1440",
        "--minutes 1441, not '1441'",
        "--seed x, not 'x'"
    })
    void whatItDoesNotUnderstandIsSaidInOneLine(String commandLine, String message) {
        assertThatThrownBy(() -> FaultsOptions.parse(List.of(commandLine.split(" ", -1)), 17))
                .isInstanceOf(DemoOptions.BadOption.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }
}
