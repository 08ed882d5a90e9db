package io.novacron.hde.lab;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;

/**
 * Tries every way to migrate: prints what became of each and whether the agents encoded it, and leaves the table in
 * target/modes.json.
 */
public final class Modes {
    private final PrintStream out;
    private final Path project;
    private final Pattern only;
    private final List<ModeResult> results = new ArrayList<>();

    /** @param only which of the lines, name and versions, are tried: those in which it finds something */
    private Modes(PrintStream out, Path project, Pattern only) {
        this.out = out;
        this.project = project;
        this.only = only;
    }

    /** Arguments: the project's directory, then the options of {@code ./lab modes}. */
    public static void main(String[] arguments) throws IOException {
        LabProgram.run(out -> {
            List<String> options = Arrays.asList(arguments).subList(1, arguments.length);
            return new Modes(out, Path.of(arguments[0]), only(options)).run();
        });
    }

    private static Pattern only(List<String> options) throws DemoOptions.BadOption {
        if (!options.isEmpty() && (options.size() != 2 || !options.get(0).equals("--only"))) {
            throw new DemoOptions.BadOption("modes has no options but --only REGEX");
        }
        try {
            return Pattern.compile(options.isEmpty() ? "" : options.get(1));
        } catch (PatternSyntaxException e) {
            throw new DemoOptions.BadOption("--only needs a regular expression: " + e.getMessage());
        }
    }

    private boolean wanted(String name, String versions) {
        return only.matcher(name + " " + versions).find();
    }

    /** What target/modes.json holds. */
    private record Table(@JsonProperty("modes") List<ModeResult> modes) {}

    /** The hosts' releases; to a newer one can be migrated, not from it to an older one. */
    private record Pair(String versions, List<String> hosts) {
        static final Pair OLDER = new Pair("7.2 → 7.2", List.of("hA", "hB"));
        static final List<Pair> ALL = List.of(
                OLDER,
                new Pair("7.2 → 10.0", List.of("hA", "hB:newer")),
                new Pair("10.0 → 10.0", List.of("hA:newer", "hB:newer")));

        Pair {
            hosts = List.copyOf(hosts);
        }
    }

    private boolean run() throws IOException {
        out.println("Building the guest's kernel (once; a minute)");
        Lab.build(project);
        for (Pair pair : Pair.ALL) {
            List<VirshMode> modes = VirshMode.all().stream()
                    .filter(mode -> wanted(mode.name(), pair.versions))
                    .toList();
            List<ModesLab.Scene> scenes = ModesLab.scenes().stream()
                    .filter(scene -> wanted(scene.name(), pair.versions))
                    .toList();
            if (pair.equals(Pair.OLDER)) {
                on(pair, lab -> {
                    withLibvirt(lab, modes, scenes);
                    without(lab);
                });
            } else if (!modes.isEmpty() || !scenes.isEmpty()) {
                on(pair, lab -> withLibvirt(lab, modes, scenes));
            }
        }
        Path json = project.resolve("target/modes.json");
        Files.createDirectories(json.getParent());
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(json.toFile(), new Table(results));
        out.println("The table is in " + json + ".");
        return results.stream().allMatch(ModeResult::good);
    }

    private void on(Pair pair, Consumer<Lab> work) {
        int before = results.size();
        out.println("Starting hosts " + String.join(" and ", pair.hosts));
        try (Lab lab = Lab.up(project, pair.hosts.toArray(String[]::new))) {
            work.accept(lab);
            if (!results.subList(before, results.size()).stream().allMatch(ModeResult::good)) {
                Path logs = project.resolve("target/lab-logs").resolve(pair.versions.replace(" → ", "-"));
                lab.saveLogs(logs);
                out.println("The logs are in " + logs + ".");
            }
        }
    }

    /** Waits for the agents, which need a while to warm up, once there is something for them to do. */
    private static void needAgents(Lab lab) {
        List<Agent> missing = lab.hosts().stream()
                .map(LabHost::agent)
                .filter(agent -> !agent.runs())
                .toList();
        missing.forEach(Agent::start);
        missing.forEach(Agent::awaitReady);
    }

    private void withLibvirt(Lab lab, List<VirshMode> modes, List<ModesLab.Scene> scenes) {
        if (modes.isEmpty() && scenes.isEmpty()) {
            return;
        }
        needAgents(lab);
        try (ModesLab hosts = new ModesLab(lab)) {
            modes.forEach(mode -> add(hosts.run(mode)));
            scenes.forEach(scene -> add(hosts.run(scene)));
        }
    }

    private void without(Lab lab) {
        LabHost host = lab.hosts().get(0);
        QemuProgram older = QemuProgram.installed(host);
        try (KernelSettings kernel = new KernelSettings()) {
            kernel.set("vm/unprivileged_userfaultfd", "1");
            QemuProgram newer = QemuProgram.unpacked(host, lab.newerRoot());
            without(lab, older, older);
            without(lab, older, newer);
            without(lab, newer, newer);
        }
    }

    /** Without libvirt: each capability that both have, and combinations. */
    private void without(Lab lab, QemuProgram source, QemuProgram destination) {
        try (QmpLab qmp = new QmpLab(lab, source, destination)) {
            List<String> capabilities = qmp.capabilities();
            List<QmpMode> modes = new ArrayList<>();
            capabilities.forEach(capability -> modes.add(QmpMode.of(capability)));
            modes.addAll(QmpMode.combinations());
            for (QmpMode mode : modes) {
                if (wanted(mode.name(), qmp.versions()) && capabilities.containsAll(mode.capabilities())) {
                    needAgents(lab);
                    add(qmp.run(mode));
                }
            }
            if (wanted(QmpLab.RECOVERY, qmp.versions())) {
                needAgents(lab);
                add(qmp.recover());
            }
        }
    }

    private void add(ModeResult result) {
        results.add(result);
        out.println(result.line());
    }
}
