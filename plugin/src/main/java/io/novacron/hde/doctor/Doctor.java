package io.novacron.hde.doctor;

import io.novacron.hde.config.HdeConfig;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;

/** Runs all checks on this host. */
public final class Doctor {
    private final List<Check> checks;

    Doctor(List<Check> checks) {
        this.checks = List.copyOf(checks);
    }

    /**
     * All there are.
     *
     * @param file where the configuration is from
     */
    public static Doctor of(HdeConfig config, Path file, Clock clock) {
        SystemFiles system = new SystemFiles(Path.of("/"));
        return new Doctor(List.of(
                new PeersNamedCheck(config, file),
                new CertificateCheck(config, clock),
                new AgentCheck(config, file),
                new SocketCheck(config, system),
                new LibvirtCheck(config, system),
                new HookCheck(system, LibvirtDaemon::running),
                new KeepaliveCheck(config, system, LibvirtDaemon::running),
                new ConfinementCheck(config, system),
                new StoreCheck(config, Disk::of),
                new LimitsCheck(config, system),
                new PeerCheck(config, clock)));
    }

    /** Whether this process may look at everything. */
    public static boolean mayLook() throws IOException {
        return Access.ownUid() == 0;
    }

    /** Looks at everything; takes some seconds where peers do not answer. */
    public Diagnosis examine() {
        List<Finding> found = new ArrayList<>();
        List<String> checked = new ArrayList<>();
        List<Diagnosis.NotChecked> notChecked = new ArrayList<>();
        for (Check check : checks) {
            Findings findings = new Findings(check.name());
            try {
                check.run(findings);
            } catch (IOException | RuntimeException e) {
                findings.notChecked(String.valueOf(e));
            }
            found.addAll(findings.found());
            notChecked.addAll(findings.notChecked());
            if (!findings.found().isEmpty() || findings.notChecked().isEmpty()) {
                checked.add(check.name());
            }
        }
        return new Diagnosis(found, checked, notChecked);
    }
}
