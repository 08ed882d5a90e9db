package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** libvirt's hook tells the agent what arrives, and nobody misses the agent when it is away. */
class HookIT {
    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    @Test
    void theAgentHearsOfMigrationsAndIsNotMissed() {
        Scene scene = Scene.withGuest(LAB, "tiny");
        LogMark source = LogMark.of(scene.a());
        LogMark destination = LogMark.of(scene.b());

        scene.migrate();

        destination.await("tiny is about to arrive");
        source.await("tiny has ended here");

        scene.lab().hosts().forEach(host -> host.agent().stop());
        Migration.Result plain = new Migration(scene.guest(), scene.b(), scene.a(), Migration.Way.PLAIN).run();
        assertThat(plain.doubts()).isEmpty();

        // What the hook left meanwhile does no harm to the agents' start.
        scene.lab().hosts().forEach(host -> host.agent().start());
        scene.lab().hosts().forEach(host -> host.agent().awaitReady());
        scene.migrate();
        for (LabHost host : scene.lab().hosts()) {
            assertThat(host.run("ls", "/run/hde/hooks")).isEmpty();
        }
    }
}
