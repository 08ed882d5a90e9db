package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** A host with two siblings and a VM that is none is evacuated to two others, one of which does not want that VM at first. */
class EvacuateIT {
    @RegisterExtension
    static final RunningLab LAB = new RunningLab("hA", "hB", "hC");

    private static final Duration BOOT = Duration.ofMinutes(2);
    private static final Duration ROUNDS = Duration.ofMinutes(1);

    private final Lab lab = LAB.lab();
    private final LabHost a = lab.host("hA");
    private final List<LabHost> others = List.of(lab.host("hB"), lab.host("hC"));

    /** One after the other: three that warm up at the same time take too long on two processors. */
    @BeforeAll
    static void startAgents() {
        for (LabHost host : LAB.lab().hosts()) {
            host.agent().start();
            host.agent().awaitReady();
        }
    }

    private Output evacuate(String... options) {
        List<String> command = new ArrayList<>(List.of("hde", "evacuate", "--unsafe"));
        for (LabHost host : others) {
            command.add("--desturi");
            command.add(host.name() + "=qemu+tcp://" + host.name() + "/system");
        }
        command.addAll(List.of(options));
        others.forEach(host -> command.add(host.name()));
        return a.tryRun(command.toArray(String[]::new));
    }

    private Guest start(GuestSpec spec) {
        Guest guest = lab.start(a, spec.with("lab.pause_ms", 300));
        guest.awaitReady(BOOT);
        return guest;
    }

    /** Where a table says that the VM goes, or is. */
    private static String place(Guest guest, String table) {
        Matcher row = Pattern.compile("(?m)^" + guest + " +(\\S+)").matcher(table);
        assertThat(row.find()).as("%s in %s", guest, table).isTrue();
        return row.group(1);
    }

    private static void assertRuns(Guest guest, List<LabHost> on) {
        assertThat(guest.hosts()).hasSize(1);
        assertThat(on).contains(guest.onlyHost());
        assertThat(guest.awaitRounds(1, ROUNDS).complaints()).isEmpty();
    }

    @Test
    void siblingsGoTogetherAFailureStopsItAndNoVmIsLost() {
        Guest one = start(GuestSpec.tiny("one").with("lab.check_mib", 2));
        Guest two = start(GuestSpec.tiny("two").with("lab.check_mib", 2));
        Guest odd = start(GuestSpec.tiny("odd").with("lab.check_mib", 60).with("lab.random_percent", 100));
        List<Guest> all = List.of(one, two, odd);
        all.forEach(guest -> others.forEach(host -> a.agent().awaitSocket(host, guest)));

        Output plan = evacuate("--dry-run");
        assertThat(plan.ok()).as(plan.err()).isTrue();
        System.out.println(plan.out());
        assertThat(plan.out()).contains("3 VMs in about ");
        assertThat(place(two, plan.out())).isEqualTo(place(one, plan.out()));
        assertThat(place(odd, plan.out())).isNotEqualTo(place(one, plan.out()));
        assertThat(a.runs("one")).isTrue();

        // libvirt lets no VM in whose name another has
        for (LabHost host : others) {
            host.run(
                    "sh",
                    "-c",
                    "echo '<domain type=\"qemu\"><name>odd</name><memory>1024</memory><os><type>hvm</type></os></domain>'"
                            + " > /run/odd.xml && virsh -q define /run/odd.xml");
        }
        Output stopped = evacuate();
        System.out.println(stopped.out());
        assertThat(stopped.ok()).isFalse();
        assertThat(stopped.out()).containsPattern("odd did not go to h[BC]: .*odd");
        assertThat(place(odd, stopped.out().substring(stopped.out().indexOf("RUNS ON"))))
                .isEqualTo("hA");
        assertRuns(odd, List.of(a));

        Output rest = evacuate("--keep-going");
        System.out.println(rest.out());
        assertThat(rest.ok()).isFalse();
        assertRuns(one, others);
        assertRuns(two, others);
        assertRuns(odd, List.of(a));

        others.forEach(host -> host.virsh("undefine", "odd"));
        Output last = evacuate();
        System.out.println(last.out());
        assertThat(last.ok()).as(last.err()).isTrue();
        assertThat(place(odd, last.out().substring(last.out().indexOf("RUNS ON"))))
                .isEqualTo(odd.onlyHost().name());
        assertRuns(odd, others);
        assertThat(evacuate().out()).contains("0 VMs in about 0.0 s");
    }
}
