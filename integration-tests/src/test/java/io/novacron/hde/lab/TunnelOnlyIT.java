package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Two hosts between which one port is open, that of the tunnels: libvirt talks through it too. */
class TunnelOnlyIT {
    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    private static Scene scene;

    @BeforeAll
    static void allowControl() {
        for (LabHost host : LAB.lab().hosts()) {
            host.agent().stop();
            host.agent().configure(host.agent().configuration() + "    may-control: true\n    libvirt-socket: true\n");
            host.agent().start();
        }
        LAB.lab().hosts().forEach(host -> host.agent().awaitReady());
        scene = Scene.withGuest(LAB, "closed");
        LAB.lab().onlyTunnels(true);
    }

    @AfterEach
    void open() {
        LAB.lab().onlyTunnels(false);
    }

    @Test
    void aVmMigratesThereAndBackOverOnePort() {
        assertThat(reaches("16509")).as("libvirt's own port").isFalse();
        assertThat(reaches("7420")).as("the agent's port").isTrue();
        scene.a().agent().awaitSocket(scene.b(), scene.guest());

        Migration.Result first = new Migration(scene.guest(), scene.a(), scene.b(), Migration.Way.TUNNEL_ONLY).run();
        assertThat(first.doubts()).isEmpty();
        assertThat(kinds(scene.a(), "send")).contains("control", "memory");
        assertThat(kinds(scene.b(), "receive")).contains("control", "memory");

        scene.b().agent().awaitSocket(scene.a(), scene.guest());
        Migration.Result second = new Migration(scene.guest(), scene.b(), scene.a(), Migration.Way.TUNNEL_ONLY).run();
        assertThat(second.doubts()).isEmpty();
        assertThat(second.wireBytes()).isLessThan(first.wireBytes() / 2);
        scene.assertRunsOnlyOn(scene.a());

        assertThat(scene.a().run("stat", "-c", "%a %U %G", "/run/hde/hB", "/run/hde/hB/libvirt.sock"))
                .isEqualTo("750 root libvirt-qemu\n600 root root");
    }

    private static boolean reaches(String port) {
        return scene.a()
                .tryRun("timeout", "3", "bash", "-c", "exec 3<>/dev/tcp/hB/" + port)
                .ok();
    }

    private static List<String> kinds(LabHost host, String direction) {
        List<String> kinds = new ArrayList<>();
        for (JsonNode report : host.agent().status().path("recent")) {
            if (report.path("direction").asText().equals(direction)
                    && report.path("outcome").asText().equals("completed")) {
                kinds.add(report.path("kind").asText());
            }
        }
        return kinds;
    }
}
