package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@code virsh migrate} without any URI of HDE's goes through it while {@code hde transparent} is on. */
class TransparentIT {
    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    /** Programs that make the calls of tools that know nothing of HDE. */
    enum Tool {
        /** virt-manager 4.1 (virtManager/object/domain.py, migrate.py), with its dialog's port. */
        VIRT_MANAGER("""
                import libvirt, sys
                vm, to = sys.argv[1:]
                source = libvirt.open('qemu:///system')
                destination = libvirt.open(f'qemu+tcp://{to}/system')
                flags = (libvirt.VIR_MIGRATE_LIVE | libvirt.VIR_MIGRATE_PERSIST_DEST
                         | libvirt.VIR_MIGRATE_UNDEFINE_SOURCE | libvirt.VIR_MIGRATE_UNSAFE)
                source.lookupByName(vm).migrate3(
                    destination, {libvirt.VIR_MIGRATE_PARAM_URI: f'tcp:{to}:49152'}, flags)
                """),
        /** Nova 26.2 (nova/virt/libvirt/driver.py, guest.py) with {@code live_migration_inbound_addr}. */
        NOVA("""
                import libvirt, sys
                vm, to = sys.argv[1:]
                domain = libvirt.open('qemu:///system').lookupByName(vm)
                xml = domain.XMLDesc(libvirt.VIR_DOMAIN_XML_MIGRATABLE)
                params = {'bandwidth': 0, 'destination_xml': xml, 'persistent_xml': xml, 'migrate_uri': f'tcp://{to}'}
                flags = (libvirt.VIR_MIGRATE_UNDEFINE_SOURCE | libvirt.VIR_MIGRATE_PERSIST_DEST
                         | libvirt.VIR_MIGRATE_PEER2PEER | libvirt.VIR_MIGRATE_LIVE | libvirt.VIR_MIGRATE_UNSAFE)
                domain.migrateToURI3(f'qemu+tcp://{to}/system', params=params, flags=flags)
                """);

        final String program;

        Tool(String program) {
            this.program = program;
        }
    }

    private static Scene scene;
    private static LabHost a;
    private static LabHost b;

    @BeforeAll
    static void startTheGuest() {
        scene = Scene.withGuest(LAB, "untold");
        a = scene.a();
        b = scene.b();
    }

    @BeforeEach
    void prepare() {
        scene.prepare();
        for (LabHost host : List.of(a, b)) {
            assertThat(host.run("hde", "transparent", "on")).contains("transparent mode is on");
        }
    }

    @AfterEach
    void off() {
        LAB.lab().hosts().forEach(host -> host.tryRun("hde", "transparent", "off"));
    }

    private static Migration migration(Migration.Way way, String... flags) {
        LabHost from = scene.guest().onlyHost();
        return new Migration(scene.guest(), from, scene.other(from), way, List.of(flags));
    }

    private static JsonNode newest(LabHost host) {
        return host.agent().status().path("recent").path(0);
    }

    @Test
    void savesThereAndBackAsWithAUri() {
        assertThat(a.run("hde", "transparent", "status")).contains("hB", "192.0.2.2", "49152-49215");
        assertThat(a.run("nft", "list", "table", "inet", "hde")).contains("redirect to :7421");

        Migration.Result first = migration(Migration.Way.UNTOLD).run();
        assertThat(first.doubts()).isEmpty();
        Migration.Result second = migration(Migration.Way.UNTOLD).run();
        assertThat(second.doubts()).isEmpty();
        assertThat(second.pages().kept()).isGreaterThan(5000);
        assertThat(second.wireBytes()).isLessThan(first.wireBytes() / 2);
        // The agents agree on the VM, and keep a baseline of it.
        assertThat(scene.newestBaseline(a).path("root").asText()).matches("[0-9a-f]{64}");
    }

    @ParameterizedTest
    @EnumSource
    void toolsThatUseLibvirtMigrateThroughItUnchanged(Tool tool) {
        LabHost from = scene.guest().onlyHost();
        LabHost to = scene.other(from);
        String before = newest(from).path("started").asText();

        from.run("/usr/bin/python3", "-c", tool.program, scene.guest().name(), to.name());

        scene.assertRunsOnlyOn(to);
        JsonNode sent = newest(from);
        assertThat(sent.path("started").asText()).isNotEqualTo(before);
        assertThat(sent.path("vm").asText()).isEqualTo("untold");
        assertThat(sent.path("outcome").asText()).isEqualTo("completed");
        assertThat(sent.path("pass_through_reason").isTextual()).isFalse();
        assertThat(sent.path("wire_bytes").asLong())
                .isLessThan(sent.path("stream_bytes").asLong() / 2);
    }

    @Test
    void severalConnectionsOfOneMigrationArrive() {
        Output output = migration(Migration.Way.UNTOLD, "--parallel", "--parallel-connections", "2")
                .attempt();

        assertThat(output.ok()).as(output.err()).isTrue();
        scene.assertRunsOnlyOn(b);
        assertThat(newest(a).path("vm").asText()).isEqualTo("untold");
    }

    @Test
    void withoutThePeersAgentItIsAsWithoutHde() {
        b.agent().stop();
        LogMark log = LogMark.of(a);

        Output output = migration(Migration.Way.PLAIN).attempt();

        assertThat(output.ok()).as(output.err()).isTrue();
        scene.assertRunsOnlyOn(b);
        log.await("untold to hB .*goes to .*192.0.2.2:491\\d\\d without the tunnel: no tunnel to peer hB");
        assertThat(newest(a).path("kind").asText()).isEqualTo("pass-through");
        assertThat(newest(a).path("outcome").asText()).isEqualTo("completed");
    }

    @Test
    void theRuleGoesWhenItIsSwitchedOffAndWithTheAgentHoweverThatEnds() {
        assertThat(a.run("hde", "transparent", "off")).isEqualTo("transparent mode is off");
        assertThat(a.tryRun("nft", "list", "table", "inet", "hde").out()).doesNotContain("redirect");
        Migration.Result plain = migration(Migration.Way.PLAIN).run();
        assertThat(plain.doubts()).isEmpty();
        assertThat(newest(a).path("vm").asText() + newest(a).path("kind").asText())
                .isNotEqualTo("untoldpass-through");

        assertThat(b.run("nft", "list", "table", "inet", "hde")).contains("redirect to :7421");
        b.agent().kill();
        Waiting.until(
                "the end of the rule",
                Duration.ofSeconds(10),
                () -> !b.tryRun("nft", "list", "table", "inet", "hde").ok(),
                () -> "");
        assertThat(migration(Migration.Way.PLAIN).run().doubts()).isEmpty();
        scene.assertRunsOnlyOn(a);

        a.run("hde", "transparent", "on");
        a.agent().stop();
        assertThat(a.tryRun("nft", "list", "table", "inet", "hde").ok()).isFalse();
    }

    @Test
    void aMigrationThatRunsOutlivesTheRule() {
        scene.lab().shape("40mbit");
        CompletableFuture<Output> output = CompletableFuture.supplyAsync(migration(Migration.Way.UNTOLD)::attempt);
        Waiting.until(
                "a megabyte of the migration",
                Duration.ofMinutes(1),
                () -> a.agent()
                                .status()
                                .path("channels")
                                .path(0)
                                .path("wire_bytes")
                                .asLong()
                        > 1 << 20,
                a.agent()::log);
        a.run("hde", "transparent", "off");
        assertThat(output).isNotDone();

        assertThat(output.join().err()).isEmpty();
        scene.assertRunsOnlyOn(b);
    }

    @Test
    void overIpv6Too() {
        String[] before = new String[2];
        for (int i = 0; i < 2; i++) {
            LabHost host = LAB.lab().hosts().get(i);
            host.run("ip", "-6", "addr", "add", "fd00::" + (i + 1) + "/64", "dev", "eth0", "nodad");
            before[i] = host.agent().configuration();
            host.agent().stop();
            host.agent()
                    .configure(before[i]
                            .replaceAll("listen: .*", "listen: '[::]:7420'")
                            .replaceAll("    address: .*", "    address: '[fd00::" + (2 - i) + "]:7420'"));
            host.agent().start();
        }
        try {
            LAB.lab().hosts().forEach(host -> host.agent().awaitReady());
            assertThat(a.run("hde", "transparent", "on")).contains("fd00:0:0:0:0:0:0:2");
            Migration.Result result = migration(Migration.Way.UNTOLD, "--migrateuri", "tcp://[fd00::2]")
                    .run();
            assertThat(result.doubts()).isEmpty();
        } finally {
            for (int i = 0; i < 2; i++) {
                LabHost host = LAB.lab().hosts().get(i);
                host.agent().stop();
                host.agent().configure(before[i]);
                host.run("ip", "-6", "addr", "del", "fd00::" + (i + 1) + "/64", "dev", "eth0");
            }
        }
    }
}
