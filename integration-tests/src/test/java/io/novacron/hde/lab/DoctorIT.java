package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** {@code hde doctor} on hosts that are right, and that are broken in one way at a time. */
class DoctorIT {
    private static final ObjectMapper JSON = new ObjectMapper();
    private static final Duration SOON = Duration.ofSeconds(30);
    private static final String SERVER_CERTIFICATE = "/etc/pki/libvirt/servercert.pem";
    private static final String HOOK = "/etc/libvirt/hooks/qemu.d/hde";

    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    private static LabHost a;
    private static LabHost b;
    private static String configurationOfA;
    private static String configurationOfB;

    @BeforeAll
    static void lookAtTheHosts() {
        a = LAB.lab().host("hA");
        b = LAB.lab().host("hB");
        configurationOfA = a.agent().configuration();
        configurationOfB = b.agent().configuration();
    }

    /** What breaks one thing must have left nothing else behind, and what is mended is found no more. */
    @AfterEach
    void nothingIsWrongAnyMore() {
        mend(a, configurationOfA);
        mend(b, configurationOfB);
        for (LabHost host : List.of(a, b)) {
            Output output = host.tryRun("hde", "doctor");
            assertThat(output.ok()).as(output.out() + output.err()).isTrue();
            assertThat(output.out())
                    .contains("nothing is wrong (checked: configuration, certificates, agent, sockets, libvirt");
        }
    }

    /** Also where a test has failed in the middle: the next one is to find nothing of it. */
    private static void mend(LabHost host, String configuration) {
        host.run("chmod", "770", "/run/hde/hA", "/run/hde/hB");
        host.run("chmod", "600", "/etc/pki/libvirt/private/serverkey.pem");
        host.run("chmod", "700", "/var/lib/hde");
        if (!host.agent().configuration().equals(configuration)) {
            configure(host, configuration);
        } else if (!host.agent().runs()) {
            restart(host);
        }
    }

    private record Found(String check, String severity, String problem, String remedy) {}

    private static List<Found> doctor(LabHost host) {
        Output output = host.tryRun("hde", "doctor", "--json");
        List<Found> found = new ArrayList<>();
        try {
            for (JsonNode finding : JSON.readTree(output.out()).path("findings")) {
                found.add(new Found(
                        finding.path("check").asText(),
                        finding.path("severity").asText(),
                        finding.path("problem").asText(),
                        finding.path("remedy").asText()));
            }
        } catch (JsonProcessingException e) {
            throw new AssertionError(output.out() + output.err(), e);
        }
        assertThat(output.ok()).as("exit status with %s", found).isEqualTo(found.isEmpty());
        return found;
    }

    private static void assertOnly(LabHost host, String check, String problem, String remedy) {
        assertThat(doctor(host)).singleElement().satisfies(found -> {
            assertThat(found.check()).isEqualTo(check);
            assertThat(found.problem()).contains(problem);
            assertThat(found.remedy()).contains(remedy);
        });
    }

    private static void restart(LabHost host) {
        if (host.agent().runs()) {
            host.agent().stop();
        }
        host.agent().start();
        host.agent().awaitReady();
    }

    private static void configure(LabHost host, String yaml) {
        host.agent().configure(yaml);
        restart(host);
    }

    @Test
    void hostsThatAreRight() {
        assertThat(doctor(a)).isEmpty();
        assertThat(doctor(b)).isEmpty();
    }

    @Test
    void aPeerWhoseAgentDoesNotRunAndOneThatWasKilled() {
        b.agent().stop();
        assertOnly(a, "peers", "peer hB at 192.0.2.2:7420: nobody listens there", "on hB: systemctl start hde");
        assertOnly(b, "agent", "no agent runs: there is no socket /run/hde/control.sock", "systemctl start hde");
        b.agent().start();
        b.agent().awaitReady();
        b.agent().kill();
        assertOnly(
                b,
                "agent",
                "no agent answers on /run/hde/control.sock, though the socket is there",
                "systemctl restart hde");
    }

    @Test
    void aPeerThatCannotBeReached() {
        a.silence(LabHost.Silence.ALL);
        try {
            assertOnly(
                    a, "peers", "peer hB at 192.0.2.2:7420 cannot be reached", "open TCP port 7420 between the hosts");
        } finally {
            a.endSilence();
        }
    }

    @Test
    void anExpiredCertificate() {
        b.run("cp", "-a", SERVER_CERTIFICATE, "/tmp/servercert.pem");
        b.run(
                "sh",
                "-c",
                "printf 'cn = hB\\ndns_name = hB\\ntls_www_server\\nsigning_key\\nactivation_date = \"2020-01-01"
                        + " 00:00:00\"\\nexpiration_date = \"2021-01-01 00:00:00\"\\n' >/tmp/old.info && certtool"
                        + " --generate-certificate --template /tmp/old.info --load-privkey"
                        + " /etc/pki/libvirt/private/serverkey.pem --load-ca-certificate /srv/lab/cache/pki/cacert.pem"
                        + " --load-ca-privkey /srv/lab/cache/pki/cakey.pem --outfile " + SERVER_CERTIFICATE);
        try {
            restart(b);
            assertOnly(a, "peers", "the certificate of peer hB expired on 2021-01-01", "make a new one");
            assertOnly(
                    b,
                    "certificates",
                    "tunnel.certificate: " + SERVER_CERTIFICATE + " expired on 2021-01-01",
                    "make a new one");
        } finally {
            b.run("cp", "-a", "/tmp/servercert.pem", SERVER_CERTIFICATE);
            restart(b);
        }
    }

    @Test
    void aHostThatItsPeerDoesNotTrust() {
        String strange = LAB.lab().strangersCertificates(false) + "/libvirt/";
        configure(
                a,
                configurationOfA.replace(
                        "tunnel:\n",
                        "tunnel:\n  client-certificate: " + strange + "clientcert.pem\n  client-key: " + strange
                                + "private/clientkey.pem\n"));
        List<Found> found = doctor(a);
        assertThat(found).hasSize(2);
        assertThat(found.get(0).problem())
                .startsWith(
                        "tunnel.client-certificate: " + strange + "clientcert.pem is not signed by an authority in");
        assertThat(found.get(1).problem())
                .startsWith("peer hB does not trust this host's certificate, which is for [stranger");
        assertThat(found.get(1).remedy()).startsWith("on hB, put the authority that signed it");
    }

    @Test
    void aHostThatItsPeerDoesNotKnow() {
        configure(
                b,
                configurationOfB.replace("  hA:\n    address: 192.0.2.1:7420", "  hZ:\n    address: 192.0.2.99:7420"));
        assertOnly(
                a,
                "peers",
                "peer hB knows no peer with this host's certificate, which is for [hA",
                "on hB, add to hde.yaml: peers: {hA:");
    }

    @Test
    void aPeerUnderAnotherName() {
        configure(a, configurationOfA.replace("  hB:\n", "  hX:\n    certificate-name: hB\n"));
        assertOnly(a, "peers", "peer hX calls itself hB (host.name there)", "call it hB here");
    }

    @Test
    void whatAPeerDoesNotAllow() {
        configure(b, configurationOfB.replace("  hA:\n", "  hA:\n    may-send: false\n"));
        assertOnly(a, "peers", "no VM can migrate to peer hB", "on hB, set peers.hA.may-send: true");
        assertOnly(b, "peers", "no VM can migrate from peer hA", "set peers.hA.may-send: true");
    }

    @Test
    void aConfigurationThatIsNoneAndOneThatIsNotTheAgents() {
        a.agent().configure(configurationOfA + "peer:\n  hC: {address: hC}\n");
        int line = configurationOfA.split("\n", -1).length;
        assertOnly(a, "configuration", "/etc/hde/hde.yaml:" + line + ": peer: no such option", "hde config check");
        a.agent().configure(configurationOfA.replace("192.0.2.2:7420", "hB:7420"));
        assertOnly(
                a,
                "agent",
                "the agent runs with another configuration than /etc/hde/hde.yaml",
                "systemctl restart hde");
        a.agent().configure(configurationOfA);
    }

    @Test
    void modesThatAreWrong() {
        a.run("chmod", "700", "/run/hde/hB");
        assertOnly(a, "sockets", "/run/hde/hB has mode 0700", "systemctl restart hde puts it right");
        a.run("chmod", "770", "/run/hde/hB");
        a.run("chmod", "644", "/etc/pki/libvirt/private/serverkey.pem");
        assertOnly(a, "certificates", "tunnel.key: /etc/pki/libvirt/private/serverkey.pem has mode 0644", "chmod 600");
        a.run("chmod", "600", "/etc/pki/libvirt/private/serverkey.pem");
        a.run("chmod", "755", "/var/lib/hde");
        assertOnly(a, "store", "store.directory: /var/lib/hde has mode 0755", "chmod 700 /var/lib/hde");
        a.run("chmod", "700", "/var/lib/hde");
    }

    @Test
    void aHookThatIsNotThereAndOneThatLibvirtHasNotSeen() {
        a.run("mv", HOOK, "/etc/libvirt/hooks/hde.away");
        assertOnly(a, "hook", "libvirt's hook " + HOOK + " is not there", "systemctl restart libvirtd");
        a.run("mv", "/etc/libvirt/hooks/hde.away", HOOK);
        assertOnly(a, "hook", "libvirtd has last looked for hooks at ", "systemctl restart libvirtd");
        endLibvirt();
        a.ensureLibvirt();
        awaitLibvirt();
    }

    @Test
    void libvirtThatHasEnded() {
        endLibvirt();
        Waiting.until(
                "the agent's word about libvirt",
                SOON,
                () -> doctor(a).stream().anyMatch(found -> found.check().equals("agent")),
                a.agent()::log);
        assertThat(doctor(a)).extracting(Found::check).containsExactly("agent", "libvirt");
        assertThat(doctor(a).get(0).problem())
                .startsWith("the agent says that it cannot work: no connection to libvirt");
        assertThat(doctor(a).get(1).problem()).startsWith("libvirt takes no connections");
        a.ensureLibvirt();
        awaitLibvirt();
    }

    private static void endLibvirt() {
        a.run("sh", "-c", "kill $(pidof libvirtd); while pidof libvirtd; do sleep 0.1; done");
    }

    /** Until the agent has found it again. */
    private static void awaitLibvirt() {
        Waiting.until(
                "libvirt on " + a,
                SOON,
                () -> doctor(a).isEmpty(),
                () -> doctor(a).toString());
    }
}
