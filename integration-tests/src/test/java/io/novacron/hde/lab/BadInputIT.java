package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/**
 * Whatever comes from outside or goes away: the log says so clearly, the VM runs on exactly one host, its memory is right,
 * and the next migration works.
 */
class BadInputIT {
    private static final long MIB = 1 << 20;

    /** So slow that a first migration of the guest takes half a minute. */
    private static final String SLOW = "8mbit";

    /** Fewer pages than this are kept without a baseline: those that were sent again although nothing had changed. */
    private static final long WITHOUT_BASELINE = 2000;

    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    private static Scene scene;
    private static LabHost a;
    private static LabHost b;

    @BeforeAll
    static void startTheGuest() {
        scene = Scene.withGuest(LAB, "tiny");
        a = scene.a();
        b = scene.b();
    }

    @BeforeEach
    void prepare() {
        scene.prepare();
    }

    @Test
    void certificatesOfAnotherAuthorityAreRefused() {
        LogMark log = LogMark.of(b);

        connectWith(scene.lab().strangersCertificates(false));

        log.await("refused a connection from /192\\.0\\.2\\.1:\\d+: no TLS 1\\.3 with a trusted certificate");
        scene.assertRunsOnlyOn(a);
    }

    @Test
    void aTrustedCertificateOfNoPeerIsRefused() {
        LogMark log = LogMark.of(b);

        connectWith(scene.lab().strangersCertificates(true));

        log.await("refused a tunnel from /192\\.0\\.2\\.1:\\d+: its certificate is for .*stranger.*, which is no peer");
        scene.assertRunsOnlyOn(a);
    }

    private static void connectWith(String pki) {
        a.tryRun(
                "timeout",
                "20",
                "gnutls-cli",
                "--no-ca-verification",
                "--x509certfile",
                pki + "/libvirt/clientcert.pem",
                "--x509keyfile",
                pki + "/libvirt/private/clientkey.pem",
                "--port",
                "7420",
                "hB");
    }

    @Test
    void garbageOnTheTunnelPortIsRefused() {
        LogMark log = LogMark.of(b);

        a.tryRun("sh", "-c", "head -c 1000000 /dev/urandom | timeout 20 socat -u - TCP:hB:7420");

        log.await("refused a connection from /192\\.0\\.2\\.1:\\d+: no TLS 1\\.3 with a trusted certificate");
        scene.assertRunsOnlyOn(a);
    }

    @Test
    void garbageOnAVmsSocketGoesNowhere() {
        a.agent().awaitSocket(b, scene.guest());
        LogMark source = LogMark.of(a);
        LogMark destination = LogMark.of(b);

        a.tryRun("sh", "-c", "head -c 1000000 /dev/urandom | timeout 20 socat -u - UNIX-CONNECT:/run/hde/hB/tiny.sock");

        destination.await("refused a channel of peer hA: no QEMU listens on /run/hde/hB/tiny.sock");
        source.await("tiny to hB .*cannot be opened: peer hB refused: no QEMU listens on /run/hde/hB/tiny.sock");
        scene.assertRunsOnlyOn(a);
        scene.migrate();
    }

    @Test
    void whatCrossedBeforeAMigrationWasAbortedStaysKnown() {
        LogMark source = LogMark.of(a);
        LogMark destination = LogMark.of(b);
        scene.lab().shape(SLOW);
        CompletableFuture<Output> migration = scene.begin(8 * MIB);

        a.virsh("domjobabort", "tiny");

        assertThat(migration.join().ok()).isFalse();
        source.await("tiny to hB .*failed: ");
        source.await("tiny to hB .*interrupted; what crossed stays known");
        destination.await("tiny from hA .*failed: ");
        destination.await("tiny from hA .*interrupted; what crossed stays known");
        scene.assertRunsOnlyOn(a);

        scene.lab().shape("unshaped");
        Migration.Result next = scene.migrate();
        // No complete baseline is there, so what is kept comes from the one that was aborted.
        assertThat(next.pages().kept()).isGreaterThan(WITHOUT_BASELINE);
    }

    @Test
    void aFullDiskUnderTheStoreCostsSavingsOnly() {
        b.agent().stop();
        b.run("mount", "-t", "tmpfs", "-o", "size=20m,mode=0700", "tmpfs", "/var/lib/hde");
        String before = b.agent().configuration();
        LogMark log = LogMark.of(b);
        try {
            b.agent().configure(before.replace("store:\n", "store:\n  min-free: 0B\n"));
            b.agent().start();
            b.agent().awaitReady();

            scene.migrate();
            log.await("The page store /var/lib/hde (cannot be written|stores nothing)");
            scene.migrate();
        } finally {
            b.agent().stop();
            b.agent().configure(before);
            b.run("umount", "/var/lib/hde");
        }
    }

    @Test
    void aReadOnlyDiskUnderTheStoreCostsSavingsOnly() {
        scene.migrate();
        b.agent().stop();
        b.run("mount", "--bind", "/var/lib/hde", "/var/lib/hde");
        b.run("mount", "-o", "remount,bind,ro", "/var/lib/hde");
        LogMark log = LogMark.of(b);
        try {
            b.agent().start();
            b.agent().awaitReady();

            assertThat(scene.migrate().pages().kept()).isLessThan(WITHOUT_BASELINE);
            log.await("The page store /var/lib/hde cannot be used; .*Read-only file system");
        } finally {
            b.agent().stop();
            b.run("umount", "/var/lib/hde");
        }
    }

    @Test
    void aBaselineThatOneSideHasLostIsNotMissed() {
        scene.migrate();
        b.agent().stop();
        b.run("find", "/var/lib/hde", "-mindepth", "1", "-delete");
        LogMark log = LogMark.of(a);
        b.agent().start();
        b.agent().awaitReady();

        assertThat(scene.migrate().pages().kept()).isLessThan(WITHOUT_BASELINE);
        log.await("tiny from hB .*no common baseline");

        a.run("hde", "baseline", "drop", "tiny");
        assertThat(scene.migrate().pages().kept()).isLessThan(WITHOUT_BASELINE);
    }

    @Test
    void aDamagedStoreCostsSavingsOnly() {
        scene.migrate();
        a.agent().stop();
        a.run("sh", "-c", """
                store=$(find /var/lib/hde -maxdepth 1 -type f -size +1M)
                [ -n "$store" ] && middle=$(($(stat -c %s "$store") / 8192)) || exit 1
                dd if=/dev/urandom of="$store" bs=4096 seek=$((middle / 2)) count=$middle conv=notrunc""");
        a.agent().start();
        a.agent().awaitReady();

        scene.migrate();
        scene.migrate();
    }

    @Test
    void withoutThePeersAgentTheVmStays() {
        b.agent().stop();
        LogMark log = LogMark.of(a);

        assertThat(scene.throughHde().attempt().ok()).isFalse();

        log.await("tiny to hB .*cannot be opened: .*hB");
        assertThat(a.agent().status().path("peers").path(0).path("last_error").asText())
                .isNotEmpty();
        scene.assertRunsOnlyOn(a);
    }

    @Test
    void theSourcesAgentIsKilledInMidMigration() {
        LogMark destination = LogMark.of(b);
        scene.lab().shape(SLOW);
        CompletableFuture<Output> migration = scene.begin(4 * MIB);

        a.agent().kill();

        assertThat(migration.join().ok()).isFalse();
        destination.await("tiny from hA .*failed: ");
        scene.assertRunsOnlyOn(a);
        scene.lab().shape("unshaped");
        a.agent().start();
        a.agent().awaitReady();
        scene.migrate();
    }

    @Test
    void theDestinationsAgentIsKilledInMidMigration() {
        LogMark source = LogMark.of(a);
        scene.lab().shape(SLOW);
        CompletableFuture<Output> migration = scene.begin(4 * MIB);

        b.agent().kill();

        assertThat(migration.join().ok()).isFalse();
        source.await("tiny to hB .*failed: ");
        scene.assertRunsOnlyOn(a);
        scene.lab().shape("unshaped");
        b.agent().start();
        b.agent().awaitReady();
        scene.migrate();
    }

    @Test
    void anAgentThatIsStoppedLetsAMigrationFinish() {
        LogMark source = LogMark.of(a);
        LogMark destination = LogMark.of(b);
        scene.lab().shape("20mbit");
        CompletableFuture<Output> migration = scene.begin(2 * MIB);

        a.agent().stop();
        b.agent().stop();

        assertThat(migration.join())
                .satisfies(output -> assertThat(output.err()).isEmpty());
        for (LogMark log : new LogMark[] {source, destination}) {
            log.await("tiny .*completed, ");
            assertThat(log.await("stopped")).contains("Agent");
        }
        source.await("waiting for 1 channels to finish");
        scene.assertRunsOnlyOn(b);
    }

    @Test
    void aWrongConfigurationStopsTheStart() {
        a.run(
                "sh",
                "-c",
                "sed 's/^  max-size:.*/  max-size: plenty/; s/^verify-stream/verify-streams/' "
                        + "/etc/hde/hde.yaml >/tmp/wrong.yaml");

        Output output = a.tryRun("hde", "agent", "--config", "/tmp/wrong.yaml");

        assertThat(output.status()).isEqualTo(2);
        assertThat(output.err())
                .containsPattern("/tmp/wrong.yaml:7: store.max-size: .*plenty")
                .containsPattern("/tmp/wrong.yaml:8: verify-streams: ");
    }

    @Test
    void aSecondAgentOnTheSameStoreDoesNotStart() {
        Output output = a.tryRun("timeout", "30", "hde", "agent", "--config", "/etc/hde/hde.yaml");

        assertThat(output.status()).isEqualTo(1);
        assertThat(output.err()).contains("The page store /var/lib/hde is in use by another agent");
        assertThat(a.agent().ready()).isTrue();
    }
}
