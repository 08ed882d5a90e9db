package io.novacron.hde.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;

/**
 * Migrates between two QEMUs that libvirt does not know, through the agents. The agents listen for domains that libvirt
 * knows, so there is a paused one of that name on the source host, whose socket is used.
 */
final class QmpLab implements AutoCloseable {
    /** The name of the line of {@link #recover}. */
    static final String RECOVERY = "QMP: postcopy-ram, broken and recovered";

    private static final String NAME = "qmp";
    private static final String QMP_SOCKET = "/run/qmp.sock";
    private static final Duration BOOT = Duration.ofMinutes(2);
    private static final Duration MIGRATION = Duration.ofMinutes(2);
    private static final int ROUNDS_AFTER = 2;
    private static final String RATE = "200mbit";

    /** So slow that a postcopy can be broken. */
    private static final String SLOW_RATE = "20mbit";

    private final Lab lab;
    private final LabHost from;
    private final LabHost to;
    private final QemuProgram source;
    private final QemuProgram destination;
    private Guest placeholder;

    /** @param lab whose first host is the source */
    QmpLab(Lab lab, QemuProgram source, QemuProgram destination) {
        this.lab = lab;
        this.from = lab.hosts().get(0);
        this.to = lab.hosts().get(1);
        this.source = source;
        this.destination = destination;
        lab.shape(RATE);
    }

    String versions() {
        return source.version() + " → " + destination.version();
    }

    @Override
    public void close() {
        if (placeholder != null) {
            placeholder.remove();
        }
    }

    private Guest placeholder() {
        if (placeholder == null) {
            placeholder = lab.start(from, GuestSpec.tiny(NAME));
            from.virsh("suspend", NAME);
            from.agent().awaitSocket(to, placeholder);
        }
        return placeholder;
    }

    /** The capabilities that both QEMUs have. */
    List<String> capabilities() {
        TreeSet<String> common = new TreeSet<>(namesOf(from, source));
        common.retainAll(namesOf(to, destination));
        return List.copyOf(common);
    }

    private List<String> namesOf(LabHost host, QemuProgram program) {
        try (Qmp qmp = start(host, program, "idle", List.of("-machine", "none"))) {
            List<String> names = new ArrayList<>();
            qmp.execute("query-migrate-capabilities", Map.of())
                    .forEach(capability ->
                            names.add(capability.path("capability").asText()));
            return names;
        } catch (Qmp.RefusedException e) {
            throw new LabException("QMP: " + e.getMessage(), e);
        }
    }

    /** Migrates in this way; where that fails, once more without the agents, to learn whose fault it is. */
    ModeResult run(QmpMode mode) {
        ModeResult through = run(mode, "unix:" + Agent.socket(to, placeholder()), true);
        if (through.good()) {
            return through;
        }
        String direct = lab.mount("run/guests/" + NAME + "/direct.sock");
        ModeResult without = run(mode, "unix:" + direct, false);
        return without.good()
                ? through
                : ModeResult.notPossible(
                        mode.name(), versions(), "in QEMU either: " + String.join("; ", without.problems()));
    }

    private ModeResult run(QmpMode mode, String uri, boolean throughAgents) {
        return migrated(mode, uri, throughAgents, (here, there) -> {
            here.execute("migrate", Map.of("uri", uri));
            return follow(here, there, mode);
        });
    }

    /**
     * Postcopy whose connection breaks after the switch, because the destination's agent is killed, and that goes on through
     * a new agent.
     */
    ModeResult recover() {
        QmpMode mode = QmpMode.of("postcopy-ram", "return-path");
        String uri = "unix:" + Agent.socket(to, placeholder());
        try {
            lab.shape(SLOW_RATE);
            return migrated(mode, uri, true, (here, there) -> {
                        here.execute("migrate", Map.of("uri", uri));
                        await(here, "active");
                        here.execute("migrate-start-postcopy", Map.of());
                        await(here, "postcopy-active");
                        Waiting.sleep(ModesLab.HOT_PAGES_MILLIS);
                        to.agent().kill();
                        to.agent().start();
                        to.agent().awaitReady();
                        await(here, "postcopy-paused");
                        lab.shape(RATE);
                        there.executeOutOfBand("migrate-recover", Map.of("uri", uri));
                        here.execute("migrate", Map.of("uri", uri, "resume", true));
                        await(here, "completed");
                        return awaitRunning(there, System.nanoTime() + MIGRATION.toNanos());
                    })
                    .named(RECOVERY);
        } finally {
            lab.shape(RATE);
        }
    }

    /** Waits until the source says that its migration is in this state. */
    private static void await(Qmp here, String wanted) throws Qmp.RefusedException {
        long deadline = System.nanoTime() + MIGRATION.toNanos();
        String status = "";
        while (System.nanoTime() < deadline) {
            status = here.execute("query-migrate", Map.of()).path("status").asText();
            if (status.equals(wanted)) {
                return;
            } else if (status.equals("failed") || status.equals("completed")) {
                break;
            }
            Waiting.sleep(20);
        }
        throw new LabException("QEMU: the migration is " + status + ", not " + wanted);
    }

    /** What is done with both QEMUs, of which the destination listens. */
    private interface Course {
        /** Returns what went wrong, or nothing. */
        String run(Qmp here, Qmp there) throws Qmp.RefusedException;
    }

    private ModeResult migrated(QmpMode mode, String uri, boolean throughAgents, Course course) {
        MigrationRecords records = new MigrationRecords(from, to, NAME);
        String before = records.newest();
        String console = lab.mount("run/guests/" + NAME + "/console-qmp.log");
        Path log = lab.runDirectory().resolve("guests").resolve(NAME).resolve("console-qmp.log");
        List<String> machine = lab.tinyMachine(console);
        try {
            Files.deleteIfExists(log);
            List<String> incoming = new ArrayList<>(machine);
            incoming.addAll(List.of("-incoming", "defer"));
            try (Qmp there = start(to, destination, NAME, incoming);
                    Qmp here = start(from, source, NAME, machine)) {
                awaitRounds(log, 1);
                configure(there, mode);
                configure(here, mode);
                there.execute("migrate-incoming", Map.of("uri", uri));
                String problem = course.run(here, there);
                List<String> problems = new ArrayList<>();
                if (!problem.isEmpty()) {
                    problems.add(problem);
                } else {
                    Console after = awaitRounds(log, Console.of(text(log)).rounds() + 1 + ROUNDS_AFTER);
                    problems.addAll(after.complaints());
                }
                if (!throughAgents || !problems.isEmpty()) {
                    return new ModeResult(mode.name(), versions(), "", 0, PageCounts.NONE, 0, problems);
                }
                MigrationRecords.Compared compared = records.compare(before, problems);
                return new ModeResult(
                        mode.name(),
                        versions(),
                        ModeResult.how(compared.pages(), compared.passedThrough()),
                        compared.channels(),
                        compared.pages(),
                        0,
                        problems);
            }
        } catch (Qmp.RefusedException e) {
            return ModeResult.failed(mode.name(), versions(), e.getMessage());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        } catch (LabException e) {
            return ModeResult.failed(mode.name(), versions(), e.getMessage());
        }
    }

    private static void configure(Qmp qmp, QmpMode mode) throws Qmp.RefusedException {
        List<Map<String, Object>> on = mode.capabilities().stream()
                .map(name -> Map.<String, Object>of("capability", name, "state", true))
                .toList();
        qmp.execute("migrate-set-capabilities", Map.of("capabilities", on));
        if (!mode.parameters().isEmpty()) {
            qmp.execute("migrate-set-parameters", mode.parameters());
        }
    }

    /** Says what has to be said while it migrates; empty when the destination runs the guest. */
    private static String follow(Qmp here, Qmp there, QmpMode mode) throws Qmp.RefusedException {
        long deadline = System.nanoTime() + MIGRATION.toNanos();
        boolean postcopy = false;
        boolean continued = false;
        String status = "";
        while (System.nanoTime() < deadline) {
            JsonNode migration = here.execute("query-migrate", Map.of());
            status = migration.path("status").asText();
            if (status.equals("failed") || status.equals("cancelled")) {
                return "QEMU: " + status + " " + migration.path("error-desc").asText();
            } else if (status.equals("completed")) {
                return awaitRunning(there, deadline);
            } else if (status.equals("active") && mode.has("postcopy-ram") && !postcopy) {
                here.execute("migrate-start-postcopy", Map.of());
                postcopy = true;
            } else if (status.equals("pre-switchover") && !continued) {
                here.execute("migrate-continue", Map.of("state", "pre-switchover"));
                continued = true;
            }
            Waiting.sleep(20);
        }
        return "not done after " + MIGRATION.toSeconds() + " s, but " + status;
    }

    private static String awaitRunning(Qmp there, long deadline) throws Qmp.RefusedException {
        String state = "";
        while (System.nanoTime() < deadline) {
            state = there.execute("query-status", Map.of()).path("status").asText();
            if (state.equals("running")) {
                return "";
            } else if (state.equals("paused") || state.equals("postmigrate")) {
                // late-block-activate leaves it to the manager
                there.execute("cont", Map.of());
            }
            Waiting.sleep(50);
        }
        return "the destination is " + state;
    }

    private Qmp start(LabHost host, QemuProgram program, String name, List<String> arguments) {
        List<String> command = new ArrayList<>(List.of("env", "--unset=LD_PRELOAD"));
        command.addAll(program.command());
        command.addAll(List.of("-display", "none", "-nodefaults", "-accel", "tcg", "-name", name));
        command.addAll(List.of("-qmp", "unix:" + QMP_SOCKET + ",server=on,wait=off", "-daemonize"));
        command.addAll(arguments);
        host.run("rm", "-f", QMP_SOCKET);
        host.run(command.toArray(String[]::new));
        return Qmp.connect(host.seenFromHere(QMP_SOCKET))
                .orElseThrow(() -> new LabException("lab: QEMU's monitor on " + host + " does not answer"));
    }

    private static Console awaitRounds(Path log, long rounds) {
        Waiting.until(
                "the guest to check its memory",
                BOOT,
                () -> Console.of(text(log)).rounds() >= rounds
                        || !Console.of(text(log)).clean(),
                () -> Console.of(text(log)).toString());
        return Console.of(text(log));
    }

    private static String text(Path log) {
        try {
            return Files.exists(log) ? Files.readString(log, StandardCharsets.ISO_8859_1) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
