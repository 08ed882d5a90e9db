package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BenchSettingsTest {
    @Test
    void withoutOptionsTheLabMakesTheImagesAndDeletesThem() throws Exception {
        assertThat(BenchSettings.parse(List.of())).isEqualTo(new BenchSettings(null, false, "9"));
    }

    @Test
    void imagesAndLevelCanBeChosen() throws Exception {
        assertThat(BenchSettings.parse(List.of("--images", "/x", "--level", "-1")))
                .isEqualTo(new BenchSettings(Path.of("/x"), false, "-1"));
        assertThat(BenchSettings.parse(List.of("--keep")).keep()).isTrue();
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "--images|--images needs a value",
                "--level fast|--level must be a number, not 'fast'",
                "--images x --keep|--keep is for images that the lab makes",
                "more|bench has no option 'more'",
            })
    void whatItDoesNotUnderstandIsSaidInOneLine(String line) {
        int bar = line.indexOf('|');
        List<String> words = List.of(line.substring(0, bar).split(" ", -1));

        assertThatThrownBy(() -> BenchSettings.parse(words))
                .isInstanceOf(DemoOptions.BadOption.class)
                .hasMessageContaining(line.substring(bar + 1));
    }
}
