package io.novacron.hde.libvirt;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import java.nio.file.Path;
import java.time.Duration;
import java.util.UUID;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.libvirt.Connect;
import org.libvirt.Domain;
import org.libvirt.LibvirtException;

/** Against the real libvirt: its test driver in this process, then the same behind a daemon that dies and returns. */
class DomainWatcherTest {
    private static final Duration SOON = Duration.ofSeconds(30);

    private static String xml(String name, UUID uuid) {
        return "<domain type='test'><name>" + name + "</name><uuid>" + uuid
                + "</uuid><memory>1024</memory><os><type>hvm</type></os></domain>";
    }

    @Test
    void followsDomainsThroughTheirLife() throws LibvirtException {
        LibvirtEventLoop.ensureRunning();
        Recorder recorder = new Recorder();
        Connect user = new Connect("test:///default");
        try (DomainWatcher watcher = new DomainWatcher("test:///default", recorder)) {
            watcher.start();
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(recorder.calls()).containsExactly("connected", "active test"));
            assertThat(watcher.activeDomains()).extracting(DomainInfo::name).containsExactly("test");
            recorder.take();

            Domain defined = user.domainDefineXML(xml("defined", UUID.randomUUID()));
            defined.create();
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(recorder.calls()).containsExactly("active defined"));
            defined.suspend();
            defined.resume();
            defined.destroy();
            defined.undefine();
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(recorder.calls())
                            .containsExactly("active defined", "inactive defined", "undefined defined"));
            recorder.take();

            UUID uuid = UUID.randomUUID();
            Domain passing = user.domainCreateXML(xml("passing", uuid), 0);
            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(watcher.activeDomains()).contains(new DomainInfo("passing", uuid.toString())));
            passing.destroy();
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(recorder.calls())
                            .containsExactly("active passing", "inactive passing", "undefined passing"));
            defined.free();
            passing.free();
        } finally {
            user.close();
        }
    }

    @Test
    void survivesADaemonThatDiesAndReturns(@TempDir Path directory) throws Exception {
        Recorder recorder = new Recorder();
        try (PrivateLibvirtd daemon = new PrivateLibvirtd(directory);
                DomainWatcher watcher = new DomainWatcher(daemon.uri(), recorder)) {
            watcher.start();
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(recorder.calls()).containsExactly("disconnected"));

            daemon.start();
            await().atMost(SOON)
                    .untilAsserted(() ->
                            assertThat(recorder.calls()).containsExactly("disconnected", "connected", "active test"));
            recorder.take();

            daemon.kill();
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(recorder.calls()).containsExactly("disconnected"));
            assertThat(watcher.activeDomains()).extracting(DomainInfo::name).containsExactly("test");

            // The test driver begins anew with the same domain: no difference to report.
            daemon.start();
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(recorder.calls()).containsExactly("disconnected", "connected"));
            recorder.take();

            destroyTestDomain(daemon);
            await().atMost(SOON)
                    .untilAsserted(() -> assertThat(recorder.calls()).containsExactly("inactive test"));
        }
    }

    private static void destroyTestDomain(PrivateLibvirtd daemon) throws LibvirtException {
        Connect user = new Connect(daemon.uri());
        try {
            user.domainLookupByName("test").destroy();
        } finally {
            user.close();
        }
    }

    @Test
    void anImpossibleAddressIsReportedOnceAndCloseEndsTheTrying() {
        Recorder recorder = new Recorder();
        DomainWatcher watcher = new DomainWatcher("nonsense:///system", recorder);
        watcher.start();
        await().atMost(SOON).untilAsserted(() -> assertThat(recorder.calls()).containsExactly("disconnected"));
        watcher.close();
        assertThat(recorder.calls()).containsExactly("disconnected");
    }

    @Test
    void aWatcherThatWasNeverStartedCanBeClosed() {
        new DomainWatcher("test:///default", new Recorder()).close();
    }
}
