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

    private boolean run() throws IOException {
        out.println("Building the guest's kernel (once; a minute)");
        Lab.build(project);
        out.println("Starting hosts hA and hB and their agents");
        try (Lab lab = Lab.up(project, "hA", "hB")) {
            lab.hosts().forEach(host -> host.agent().start());
            lab.hosts().forEach(host -> host.agent().awaitReady());
            ModesLab modes = new ModesLab(lab);
            for (VirshMode mode : VirshMode.all()) {
                if (wanted(mode.name(), modes.versions())) {
                    add(modes.run(mode));
                }
            }
            scenes(modes);
            String root = lab.newerRoot();
            QemuProgram older = QemuProgram.installed(lab.hosts().get(0));
            QemuProgram newer = QemuProgram.unpacked(lab.hosts().get(0), root);
            without(lab, older, older);
            without(lab, older, newer);
            without(lab, newer, newer);
            if (!results.stream().allMatch(ModeResult::good)) {
                out.println("The logs are in " + lab.saveLogs() + ".");
            }
        }
        Path json = project.resolve("target/modes.json");
        Files.createDirectories(json.getParent());
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(json.toFile(), new Table(results));
        out.println("The table is in " + json + ".");
        return results.stream().allMatch(ModeResult::good);
    }

    private void scenes(ModesLab modes) {
        if (wanted("domjobabort", modes.versions())) {
            add(modes.abort("domjobabort at the beginning", 200_000));
            add(modes.abort("domjobabort in the middle", 4_000_000));
        }
        if (wanted("save, restore", modes.versions())) {
            add(modes.saveAndRestore());
        }
        if (wanted("--offline", modes.versions())) {
            add(modes.offline());
        }
    }

    /** Without libvirt: each capability that both have, and combinations. */
    private void without(Lab lab, QemuProgram source, QemuProgram destination) {
        QmpLab qmp = new QmpLab(lab, source, destination);
        List<String> capabilities = qmp.capabilities();
        List<QmpMode> modes = new ArrayList<>();
        capabilities.forEach(capability -> modes.add(QmpMode.of(capability)));
        modes.addAll(QmpMode.combinations());
        for (QmpMode mode : modes) {
            if (wanted(mode.name(), qmp.versions()) && capabilities.containsAll(mode.capabilities())) {
                add(qmp.run(mode));
            }
        }
        qmp.close();
    }

    private void add(ModeResult result) {
        results.add(result);
        out.println(result.line());
    }
}
