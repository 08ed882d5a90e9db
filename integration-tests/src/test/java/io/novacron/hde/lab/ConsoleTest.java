package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class ConsoleTest {
    @Test
    void theLastRoundThatWasAllRightCounts() {
        Console console =
                Console.of("lab: ready\ncheck: round 1: 4096 pages ok\ncheck: round 12: 4096 pages ok\ncheck: rou");

        assertThat(console).isEqualTo(new Console(12, List.of()));
        assertThat(console.clean()).isTrue();
    }

    @Test
    void aWrongPageIsAComplaint() {
        Console console = Console.of("""
                check: round 3: 4096 pages ok
                check: WRONG page 17 version 2: first wrong word at byte 8, expected 01, found 02
                check: round 4: 4096 pages, 1 WRONG
                """);

        assertThat(console.rounds()).isEqualTo(3);
        assertThat(console.clean()).isFalse();
        assertThat(console.complaints()).hasSize(2).first().asString().contains("page 17");
    }

    @Test
    void soIsAKernelThatHasDied() {
        assertThat(Console.of("[   28.0] Kernel panic - not syncing: Fatal exception")
                        .clean())
                .isFalse();
        assertThat(Console.of("[   28.0] BUG: unable to handle page fault").clean())
                .isFalse();
    }
}
