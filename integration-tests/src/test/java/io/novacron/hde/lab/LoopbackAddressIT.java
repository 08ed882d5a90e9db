package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * {@code migration_host} in qemu.conf names a loopback address, on which the other host's agent listens: {@code virsh
 * migrate} without any URI of HDE's goes through it, with no rule in the kernel.
 */
class LoopbackAddressIT {
    private static final String[] ADDRESS = {"127.0.0.11", "127.0.0.12"};
    private static final String[] PORTS = {"49152-49183", "49184-49215"};

    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    private static Scene scene;

    @BeforeAll
    static void configure() {
        for (int i = 0; i < 2; i++) {
            LabHost host = LAB.lab().hosts().get(i);
            String[] ports = PORTS[i].split("-", -1);
            host.run(
                    "sh",
                    "-c",
                    "printf 'migration_host = \"%s\"\\nmigration_port_min = %s\\nmigration_port_max = %s\\n' "
                            + ADDRESS[i] + " "
                            + ports[0] + " " + ports[1] + " >>/etc/libvirt/qemu.conf; kill $(pidof libvirtd); sleep 1; "
                            + "setsid libvirtd -l -d; for i in $(seq 50); do virsh -q list >/dev/null 2>&1 && exit 0; sleep 0.2; "
                            + "done; exit 1");
            host.agent().stop();
            host.agent()
                    .configure(host.agent().configuration() + "    loopback-address: " + ADDRESS[1 - i]
                            + "\n    migration-ports: " + PORTS[1 - i] + "\nmigration-ports: " + PORTS[i] + "\n");
            host.agent().start();
        }
        LAB.lab().hosts().forEach(host -> host.agent().awaitReady());
        scene = Scene.withGuest(LAB, "looped");
    }

    @Test
    void savesThereAndBackAsWithAUri() {
        Migration.Result first = new Migration(scene.guest(), scene.a(), scene.b(), Migration.Way.UNTOLD).run();
        assertThat(first.doubts()).isEmpty();
        Migration.Result second = new Migration(scene.guest(), scene.b(), scene.a(), Migration.Way.UNTOLD).run();
        assertThat(second.doubts()).isEmpty();
        assertThat(second.pages().kept()).isGreaterThan(5000);
        assertThat(second.wireBytes()).isLessThan(first.wireBytes() / 2);

        scene.b().agent().stop();
        Output output = new Migration(scene.guest(), scene.a(), scene.b(), Migration.Way.PLAIN).attempt();
        assertThat(output.ok()).as(output.err()).isTrue();
        scene.assertRunsOnlyOn(scene.b());
    }
}
