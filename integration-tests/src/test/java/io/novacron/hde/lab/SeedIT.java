package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.List;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The memory of a VM that runs is sent to where it will migrate, from outside, by the real program. */
class SeedIT {
    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    private static final Duration WAIT = Duration.ofMinutes(2);
    private static final ObjectMapper JSON = new ObjectMapper();

    private static Scene scene;
    private static String configuration;

    @BeforeAll
    static void startGuest() {
        scene = Scene.withGuest(LAB, "tiny");
        configuration = scene.a().agent().configuration();
    }

    @BeforeEach
    void prepare() {
        scene.a().tryRun("hde", "seed", "tiny", "hB", "--stop");
        scene.prepare();
    }

    /** What {@code hde seed} lists on hA; missing while there is nothing. */
    private static JsonNode seed() {
        try {
            return JSON.readTree(scene.a().run("hde", "seed", "--json")).path(0);
        } catch (JsonProcessingException e) {
            throw new LabException("hde seed --json printed no JSON", e);
        }
    }

    private static void await(String what, Predicate<JsonNode> until) {
        Waiting.until(
                what,
                WAIT,
                () -> until.test(seed()),
                () -> seed() + "\n" + scene.a().agent().log());
    }

    private static void assertSameBaseline() {
        String root = scene.newestBaseline(scene.a()).path("root").asText();
        assertThat(root).matches("[0-9a-f]{64}");
        assertThat(scene.newestBaseline(scene.b()).path("root").asText()).isEqualTo(root);
    }

    @Test
    void theFirstMigrationAfterASeedCostsLittleAndTheGuestArrivesIntact() {
        long before = scene.a().wireBytes();
        assertThat(scene.a().agent().seed(scene.guest(), scene.b()))
                .matches("hB holds the memory of tiny: [0-9.]+ MiB sent in [0-9.:]+( s)?");
        long seeded = scene.a().wireBytes() - before;
        assertSameBaseline();
        assertThat(scene.guest().awaitRounds(1, WAIT).complaints()).isEmpty();

        Migration.Result migrated = scene.migrate();

        // What the checking program rewrites all the time is all that is new.
        assertThat(migrated.wireBytes()).isLessThan(seeded / 2);
        assertThat(migrated.pages().kept()).isGreaterThan(5000);
    }

    @Test
    void whatIsKeptFreshIsSentAgainAndOnlyWhatHasChanged() {
        scene.a().agent().seed(scene.guest(), scene.b(), "--keep-fresh", "10s");
        long first = seed().path("total_wire_bytes").asLong();
        await("a second pass", seed -> seed.path("passes").asLong() > 1);
        assertThat(seed().path("total_wire_bytes").asLong() - first).isLessThan(first / 2);
        assertSameBaseline();
        scene.a().run("hde", "seed", "tiny", "hB", "--stop");
        assertThat(seed().path("state").asText()).isEqualTo("stopped");
    }

    @Test
    void aMigrationInTheMiddleOfASeedUsesWhatIsThere() {
        scene.a().run("hde", "seed", "tiny", "hB", "--max-bandwidth", "256KiB", "--json");
        await("some of the memory", seed -> seed.path("pages_sent").asLong() > 3000);
        LogMark log = LogMark.of(scene.a());
        Migration.Result migrated = scene.migrate();
        assertThat(migrated.pages().kept()).isGreaterThan(2000);
        assertThat(log.since()).contains("starts from baseline").doesNotContain("has not ended");
    }

    @Test
    void theConfigurationSaysWhichVmsAreSeededAndAnAgentThatIsKilledGoesOn() {
        scene.a().agent().stop();
        scene.a().agent().configure(configuration.replace("  hB:\n", "  hB:\n    seed: t*, other\n"));
        assertThat(scene.a().agent().configuration()).contains("seed:");
        try {
            scene.a().agent().start();
            scene.a().agent().awaitReady();
            await("the first pass", seed -> seed.path("pages_done").asLong() > 0);
            scene.a().agent().kill();
            scene.a().agent().start();
            scene.a().agent().awaitReady();
            await("a whole pass", seed -> seed.path("passes").asLong() > 0);
            assertThat(seed().path("policy").asBoolean()).isTrue();
            assertSameBaseline();
        } finally {
            scene.a().agent().stop();
            scene.a().agent().configure(configuration);
        }
    }

    @Test
    void whatCannotBeSeededIsNamed() {
        for (List<String> command : List.of(
                List.of("no VM nobody runs on this host", "nobody", "hB"),
                List.of("no peer is called \"hX\"; there are hB", "tiny", "hX"))) {
            Output output = scene.a().tryRun("hde", "seed", command.get(1), command.get(2));
            assertThat(output.ok()).isFalse();
            assertThat(output.err()).contains(command.get(0));
        }
    }
}
