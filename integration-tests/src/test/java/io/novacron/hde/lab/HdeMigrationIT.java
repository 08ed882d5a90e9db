package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** What a user gets from HDE: the same virsh migrate, far fewer bytes, the same guest. */
class HdeMigrationIT {
    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    private final List<Scene> scenes = new ArrayList<>();

    private Scene started(String name) {
        Scene scene = Scene.withGuest(LAB, name);
        scenes.add(scene);
        return scene;
    }

    /** What a test that failed leaves behind must not make the next one fail. */
    @AfterEach
    void removeGuests() {
        scenes.forEach(scene -> scene.guest().remove());
    }

    @Test
    void thereAndBackIntactOverFarFewerBytesThanPlain() {
        Scene scene = started("tiny");
        Migration.Result plain = new Migration(scene.guest(), scene.a(), scene.b(), Migration.Way.PLAIN).run();
        assertThat(plain.doubts()).isEmpty();

        Migration.Result first = scene.migrate();
        assertThat(first.wireBytes()).isLessThan(plain.wireBytes() / 2);
        assertSameNewestBaseline(scene);

        Migration.Result second = scene.migrate();
        // The first time only a sibling of another test can be of use.
        assertThat(second.pages().kept()).isGreaterThan(first.pages().kept() + 5000);
        assertThat(second.wireBytes()).isLessThan(plain.wireBytes() / 8);
        assertSameNewestBaseline(scene);
    }

    private static void assertSameNewestBaseline(Scene scene) {
        // Each agent commits on its own after the guest has arrived.
        Waiting.until(
                "the same new baseline on both hosts",
                Duration.ofSeconds(20),
                () -> scene.newestBaseline(scene.a())
                                .path("root")
                                .equals(scene.newestBaseline(scene.b()).path("root"))
                        && scene.newestBaseline(scene.a()).has("root"),
                () -> scene.newestBaseline(scene.a()) + ", " + scene.newestBaseline(scene.b()));
        assertThat(scene.newestBaseline(scene.a()).path("root").asText()).matches("[0-9a-f]{64}");
    }

    @Test
    void theCommandThatHdePrintsMigrates() {
        Scene scene = started("printed");
        scene.a().agent().awaitSocket(scene.b(), scene.guest());

        assertThat(scene.a().run("hde", "uri", "printed", "hB"))
                .isEqualTo("virsh migrate --live --persistent --undefinesource printed qemu+ssh://"
                        + "192.0.2.2/system --migrateuri unix:///run/hde/hB/printed.sock\n"
                        + "# for disks that the hosts do not share, add: --copy-storage-all --disks-uri "
                        + "unix:///run/hde/hB/printed-disk.sock");
        // The lab's hosts have no ssh.
        String command = scene.a().run("hde", "uri", "--desturi", "qemu+tcp://hB/system", "printed", "hB");
        scene.a().run("sh", "-c", command);

        scene.assertRunsOnlyOn(scene.b());
    }

    @Test
    void theCommandForPeopleMigratesAndSaysWhatItSaved() {
        Scene scene = started("typed");
        scene.a().agent().awaitSocket(scene.b(), scene.guest());
        String said = scene.a()
                .run("hde", "migrate", "typed", "hB", "--desturi", "qemu+tcp://hB/system", "--unsafe", "--seed");
        assertThat(said)
                .contains(
                        "typed to hB, if it began now: of ", "seeding first: --seed", "hB holds the memory of typed: ")
                .containsPattern(
                        "typed runs on hB after [0-9.]+ s: [0-9.]+ MiB of memory as [0-9.]+ [KM]iB on the wire "
                                + "\\([0-9.]+% saved\\), \\d+ rounds?; switched over in ");
        scene.assertRunsOnlyOn(scene.b());

        Output nowhere = scene.b().tryRun("hde", "migrate", "nobody", "hA", "--desturi", "qemu+tcp://hA/system");
        assertThat(nowhere.ok()).isFalse();
        assertThat(nowhere.err()).contains("Domain not found");
    }

    @Test
    void theCommandForPeopleLeavesTheGuestWhereItIsWhenItIsInterrupted() {
        Scene scene = started("interrupted");
        scene.a().agent().awaitSocket(scene.b(), scene.guest());
        scene.lab().shape("2mbit");
        try {
            // A shell has what it starts in the background ignore SIGINT; the program does the same at both.
            String said = scene.a()
                    .tryRun(
                            "sh",
                            "-c",
                            "hde migrate interrupted hB --no-seed --desturi qemu+tcp://hB/system --unsafe & hde=$!; "
                                    + "until virsh domjobinfo interrupted | grep -q 'Data processed'; do sleep 0.2; done; "
                                    + "kill -TERM $hde; wait $hde")
                    .out();
            assertThat(said).contains("interrupted runs on on this host: the migration was aborted");
        } finally {
            scene.lab().shape("unshaped");
        }
        scene.assertRunsOnlyOn(scene.a());
    }

    @Test
    void socketsAndTheirDirectoriesAreForQemuAndRootAlone() {
        Scene scene = started("modes");
        scene.a().agent().awaitSocket(scene.b(), scene.guest());

        assertThat(scene.a().run("stat", "-c", "%a %U %G", "/run/hde")).isEqualTo("711 root root");
        assertThat(scene.a().run("stat", "-c", "%a %U %G", "/run/hde/hA", "/run/hde/hB"))
                .isEqualTo("770 root libvirt-qemu\n770 root libvirt-qemu");
        assertThat(scene.a().run("stat", "-c", "%a %U %G", "/run/hde/hB/modes.sock"))
                .isEqualTo("660 root libvirt-qemu");
        assertThat(scene.a().run("find", "/var/lib/hde", "-type", "f", "-perm", "/077", "-name", "*.mv*"))
                .isEmpty();
        // Under the host's own name QEMU binds, nobody else.
        assertThat(scene.a().run("ls", "/run/hde/hA")).isEmpty();
        assertThat(scene.b().run("ls", "/run/hde/hA")).isEmpty();
    }

    @Test
    void aSiblingUsesPagesOfTheGuestBeforeIt() {
        Scene elder = started("elder");
        elder.migrate();
        Scene younger = started("younger");

        Migration.Result sibling = younger.migrate();

        // The same kernel and programs; what the sibling checks is its own. Where both guests' kernels chose the same
        // address, their pages lie at the same places.
        assertThat(sibling.pages().known() + sibling.pages().kept()).isGreaterThan(2000);
    }

    @Test
    void baselinesStayWhenAVmGoesAwayAndGoWhenItIsUndefined() {
        Scene scene = started("mortal");
        scene.migrate();
        assertSameNewestBaseline(scene);
        assertThat(scene.a().state("mortal")).isEqualTo("undefined");

        LogMark log = LogMark.of(scene.b());
        scene.b().virsh("destroy", "mortal");
        scene.b().virsh("undefine", "mortal");

        log.await("mortal was undefined; its [1-9]\\d* baselines are deleted");
        assertThat(scene.newestBaseline(scene.b()).isMissingNode()).isTrue();
        assertThat(scene.newestBaseline(scene.a()).has("root")).isTrue();
    }
}
