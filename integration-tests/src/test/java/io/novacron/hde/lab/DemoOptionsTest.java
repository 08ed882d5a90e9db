package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.EnumSet;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DemoOptionsTest {
    @Test
    void withoutOptionsAllCasesRunAtHundredMegabits() throws Exception {
        assertThat(DemoOptions.parse(List.of())).isEqualTo(new DemoOptions("100mbit", EnumSet.allOf(DemoCase.class)));
    }

    @Test
    void rateAndCasesCanBeChosen() throws Exception {
        assertThat(DemoOptions.parse(List.of("--cases", "return,first", "--rate", "unshaped")))
                .isEqualTo(new DemoOptions("unshaped", EnumSet.of(DemoCase.FIRST, DemoCase.RETURN)));
        assertThat(DemoOptions.parse(List.of("--rate", "1Gbit")).rate()).isEqualTo("1gbit");
    }

    @ParameterizedTest
    @CsvSource({
        "--rate=fast, demo has no option '--rate=fast'",
        "--rate fast, --rate must be like 100mbit",
        "--rate 0mbit, not '0mbit'",
        "--rate, --rate needs a value",
        "--cases first;plan, not 'plan'",
        "--cases again;first, case again needs case return before it",
        "--cases sibling, case sibling needs case first before it",
        "more, demo has no option 'more'"
    })
    void whatItDoesNotUnderstandIsSaidInOneLine(String commandLine, String message) {
        List<String> words = List.of(commandLine.replace(';', ',').split(" ", -1));

        assertThatThrownBy(() -> DemoOptions.parse(words))
                .isInstanceOf(DemoOptions.BadOption.class)
                .hasMessageContaining(message)
                .hasMessageNotContaining("\n");
    }
}
