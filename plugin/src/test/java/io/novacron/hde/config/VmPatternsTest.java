package io.novacron.hde.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class VmPatternsTest {
    @Test
    void aPatternIsAVmsWholeName() {
        VmPatterns patterns = VmPatterns.parse("web-*,  db?, a.b");
        assertThat(patterns).hasToString("web-*, db?, a.b");
        assertThat(patterns.matches("web-")).isTrue();
        assertThat(patterns.matches("web-12")).isTrue();
        assertThat(patterns.matches("db1")).isTrue();
        assertThat(patterns.matches("a.b")).isTrue();
        assertThat(patterns.matches("axb")).isFalse();
        assertThat(patterns.matches("db12")).isFalse();
        assertThat(patterns.matches("my-web-1")).isFalse();
        assertThat(VmPatterns.parse("*").matches("Ünïcode (1)")).isTrue();
        assertThat(VmPatterns.NONE.matches("")).isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", ",", "a,,b", "a/b", "a\nb"})
    void whatNamesNoVmIsRefused(String text) {
        assertThatThrownBy(() -> VmPatterns.parse(text)).hasMessage("not a list of VMs' names");
    }
}
