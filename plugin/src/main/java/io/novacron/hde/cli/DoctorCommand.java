package io.novacron.hde.cli;

import io.novacron.hde.config.ConfigException;
import io.novacron.hde.control.ControlJson;
import io.novacron.hde.doctor.Diagnosis;
import io.novacron.hde.doctor.Doctor;
import io.novacron.hde.doctor.Finding;
import io.novacron.hde.doctor.Severity;
import java.io.IOException;
import java.io.PrintWriter;
import java.time.Clock;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code hde doctor}. */
@Command(
        name = "doctor",
        mixinStandardHelpOptions = true,
        description = "Find out what is wrong with this host's installation, and what to do about it; changes nothing."
                + " Looks at configuration, certificates, agent, sockets, libvirt, store and peers. Run it as root.",
        footer = {"", "Exit status: 0 if nothing is wrong; 1 if something is; 2 for a wrong command line."})
final class DoctorCommand implements Callable<Integer> {
    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Option(names = "--json", description = "Print JSON, one document on one line.")
    private boolean json;

    @Override
    public Integer call() throws IOException {
        if (!Doctor.mayLook()) {
            throw new ParameterException(
                    spec.commandLine(), "run it as root: keys, sockets and the store are root's alone");
        }
        Diagnosis diagnosis = diagnosis();
        PrintWriter out = spec.commandLine().getOut();
        if (json) {
            out.println(ControlJson.mapper().writeValueAsString(diagnosis));
        } else {
            print(diagnosis, out);
        }
        return diagnosis.findings().isEmpty() ? 0 : 1;
    }

    private Diagnosis diagnosis() {
        try {
            return Doctor.of(config.load(), config.file(), Clock.systemUTC()).examine();
        } catch (ConfigException e) {
            return Diagnosis.of(e);
        }
    }

    private static void print(Diagnosis diagnosis, PrintWriter out) {
        for (Finding finding : diagnosis.findings()) {
            // peers and VMs have chosen some of the words: they must not move the cursor
            String head = finding.severity().name().toLowerCase(Locale.ROOT) + ": " + finding.check() + ": "
                    + finding.problem();
            out.println(head.replaceAll("\\p{Cntrl}", "?"));
            out.println(("  remedy: " + finding.remedy()).replaceAll("\\p{Cntrl}", "?"));
        }
        for (Diagnosis.NotChecked each : diagnosis.notChecked()) {
            out.println(("not checked: " + each.check() + ": " + each.reason()).replaceAll("\\p{Cntrl}", "?"));
        }
        long errors = diagnosis.findings().stream()
                .filter(finding -> finding.severity() == Severity.ERROR)
                .count();
        long warnings = diagnosis.findings().size() - errors;
        out.println(
                diagnosis.findings().isEmpty()
                        ? "nothing is wrong (checked: " + String.join(", ", diagnosis.checked()) + ")"
                        : "errors: " + errors + ", warnings: " + warnings);
    }
}
