package io.novacron.hde.control;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The example in docs/store.md is what a record has; later releases must be able to read it. */
class CourseDocumentTest {
    @Test
    void theExampleIsRead() throws IOException {
        Matcher example = Pattern.compile("```json course\n(.*?)```", Pattern.DOTALL)
                .matcher(Files.readString(Path.of("../docs/store.md")));
        assertThat(example.find()).isTrue();
        JsonMapper mapper = ControlJson.mapper();
        ChannelCourse course = mapper.readValue(example.group(1), ChannelCourse.class);
        assertThat(course.points().get(1))
                .isEqualTo(new ChannelCourse.Point(
                        2000, 17_039_360, 81_920, 2048, 2000, 10, 38, 0, 0, 70_000, 0, 0, 2, 12_500_000));
        assertThat(course.map().blocks()).containsExactly(new ChannelCourse.Block("pc.ram", 16 << 20, 4096));
        assertThat(course.report().switchover()).isEqualTo(new ChannelReport.Switchover(40, 2, 10, 20));
        assertThat(mapper.readTree(mapper.writeValueAsString(course))).isEqualTo(mapper.readTree(example.group(1)));
    }
}
