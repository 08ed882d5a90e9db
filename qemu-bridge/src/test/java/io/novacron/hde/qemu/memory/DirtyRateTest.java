package io.novacron.hde.qemu.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.novacron.hde.qemu.monitor.Monitor;
import java.io.IOException;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.junit.jupiter.api.Test;

/** QEMU's answers as 7.2 and 10.0 give them. */
class DirtyRateTest {
    private static final String UNSTARTED =
            "{\"return\": {\"status\": \"unstarted\", \"sample-pages\": 512, \"calc-time\": 0, \"mode\":"
                    + " \"page-sampling\", \"start-time\": 0}, \"id\": \"libvirt-9\"}";
    private static final String MEASURING = UNSTARTED.replace("unstarted", "measuring");
    private static final String MEASURED = MEASURING.replace("\"measuring\"", "\"measured\", \"dirty-rate\": 92");

    /** Gives these answers in turn. */
    private static final class Answers implements Monitor {
        private final List<String> asked = new ArrayList<>();
        private final Deque<String> answers;

        Answers(String... answers) {
            this.answers = new ArrayDeque<>(List.of(answers));
        }

        @Override
        public String human(String command) {
            throw new AssertionError(command);
        }

        @Override
        public String qmp(String command) {
            asked.add(command);
            return answers.remove();
        }

        @Override
        public void close() {}
    }

    @Test
    void itIsAskedForByPageSamplingAndWaitedFor() throws Exception {
        Answers answers = new Answers(UNSTARTED, "{\"return\": {}, \"id\": \"libvirt-8\"}", MEASURING, MEASURED);
        assertThat(DirtyRate.bytesPerSecond(answers, 7)).isEqualTo(92L << 20);
        assertThat(answers.asked.get(1)).contains("calc-dirty-rate", "page-sampling", ":7");
    }

    @Test
    void anOldResultDoesNotCountButAMeasurementUnderWayDoes() throws Exception {
        Answers again = new Answers(MEASURED, "{\"return\": {}}", MEASURED.replace("92", "3"));
        assertThat(DirtyRate.bytesPerSecond(again, 1)).isEqualTo(3L << 20);
        Answers already = new Answers(MEASURING, MEASURING, MEASURED);
        assertThat(DirtyRate.bytesPerSecond(already, 1)).isEqualTo(92L << 20);
    }

    @Test
    void whatQemuRefusesIsSaidInItsWords() {
        Answers answers = new Answers(
                "{\"id\": \"libvirt-9\", \"error\": {\"class\": \"CommandNotFound\", \"desc\": \"The command"
                        + " query-dirty-rate has not been found\"}}");
        assertThatThrownBy(() -> DirtyRate.bytesPerSecond(answers, 1))
                .isInstanceOf(IOException.class)
                .hasMessage("QEMU does not measure the dirty rate: The command query-dirty-rate has not been found");
        assertThatThrownBy(() -> DirtyRate.bytesPerSecond(new Answers(""), 1)).isInstanceOf(IOException.class);
        assertThatThrownBy(() -> DirtyRate.bytesPerSecond(answers, 0)).isInstanceOf(IllegalArgumentException.class);
    }
}
