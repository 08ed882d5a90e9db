package io.novacron.hde.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;

/** Two hosts of the lab on which one way to migrate after the other is tried. */
final class ModesLab {
    private static final Duration BOOT = Duration.ofMinutes(2);
    private static final Duration ROUNDS = Duration.ofMinutes(1);
    private static final Duration COMMAND = Duration.ofSeconds(60);

    /** So slow that a migration can be spoken to while it runs. */
    private static final String RATE = "200mbit";

    /** So slow that it can be aborted at any byte. */
    private static final String SLOW_RATE = "20mbit";

    private final Lab lab;
    private final LabHost a;
    private final LabHost b;
    private final String versions;
    // what the present guest has, and where it comes from; null before the first
    private Guest guest;
    private Map<String, String> has = Map.of();

    ModesLab(Lab lab) {
        this.lab = lab;
        this.a = lab.hosts().get(0);
        this.b = lab.hosts().get(1);
        this.versions = version(a) + " → " + version(b);
        lab.shape(RATE);
        // Postcopy needs it where QEMU does not run as root, as here. A setting of the whole machine.
        a.run("sh", "-c", "echo 1 >/proc/sys/vm/unprivileged_userfaultfd");
    }

    String versions() {
        return versions;
    }

    private static String version(LabHost host) {
        String said = host.run("sh", "-c", "qemu-system-x86_64 --version");
        return said.replaceAll("(?s).*version (\\d+\\.\\d+).*", "$1");
    }

    /** Migrates a guest to the second host in this way, and back. */
    ModeResult run(VirshMode mode) {
        try {
            provide(mode.guest());
            ModeResult there = migrate(mode);
            return there.good() ? worse(there, migrate(mode)) : there;
        } catch (LabException e) {
            forgetGuest();
            return ModeResult.failed(mode.name(), versions, e.getMessage());
        }
    }

    /**
     * virsh domjobabort once so many bytes have crossed. The guest must run on where it was, and the next migration find what
     * crossed.
     */
    ModeResult abort(String name, long bytes) {
        return checked(name, problems -> {
            provide(Map.of());
            LabHost from = guest.onlyHost();
            LabHost to = other(from);
            from.agent().awaitSocket(to, guest);
            lab.shape(SLOW_RATE);
            long before = from.wireBytes();
            CompletableFuture<Output> running =
                    CompletableFuture.supplyAsync(new Migration(guest, from, to, Migration.Way.HDE)::attempt);
            Waiting.until(
                    bytes + " bytes of the migration",
                    COMMAND,
                    () -> running.isDone() || from.wireBytes() - before >= bytes,
                    () -> from.wireBytes() - before + " bytes");
            typeUntilAccepted(from, List.of("domjobabort", "VM"), running);
            if (running.join().ok()) {
                problems.add("it was migrated all the same");
            }
            lab.shape(RATE);
            if (!guest.onlyHost().equals(from)) {
                problems.add("it runs on " + guest.hosts());
            }
            Console console = guest.awaitRounds(1, ROUNDS);
            problems.addAll(console.complaints());
            ModeResult again = migrate(VirshMode.PLAIN);
            problems.addAll(again.problems());
            if (again.pages().kept() == 0) {
                problems.add("the next migration found nothing of what had crossed");
            }
            return again;
        });
    }

    /** Ways that move no running memory from QEMU to QEMU, and are none of the agents' business. */
    ModeResult saveAndRestore() {
        return checked("save, restore", problems -> {
            provide(Map.of());
            LabHost host = guest.onlyHost();
            host.virsh("save", guest.name(), "/srv/lab/run/guests/modes/saved");
            host.virsh("restore", "/srv/lab/run/guests/modes/saved");
            problems.addAll(guest.awaitRounds(1, ROUNDS).complaints());
            return untouched("save, restore");
        });
    }

    /** Only the domain's definition goes to the other host. */
    ModeResult offline() {
        return checked("--offline", problems -> {
            provide(Map.of());
            LabHost from = guest.onlyHost();
            LabHost to = other(from);
            from.virsh("destroy", guest.name());
            from.virsh(
                    "migrate",
                    "--offline",
                    "--persistent",
                    "--undefinesource",
                    guest.name(),
                    "qemu+tcp://" + to.name() + "/system");
            if (!to.state(guest.name()).equals("shut off")) {
                problems.add("the other host does not know it");
            }
            forgetGuest();
            return untouched("--offline");
        });
    }

    private ModeResult untouched(String name) {
        return new ModeResult(name, versions, "not through HDE", 0, PageCounts.NONE, 0, List.of());
    }

    private interface Scene {
        ModeResult play(List<String> problems);
    }

    private ModeResult checked(String name, Scene scene) {
        List<String> problems = new ArrayList<>();
        try {
            ModeResult result = scene.play(problems);
            return new ModeResult(
                    name, versions, result.how(), result.channels(), result.pages(), result.wireBytes(), problems);
        } catch (LabException e) {
            forgetGuest();
            lab.shape(RATE);
            return ModeResult.failed(name, versions, e.getMessage());
        }
    }

    private LabHost other(LabHost host) {
        return host.equals(a) ? b : a;
    }

    private static ModeResult worse(ModeResult there, ModeResult back) {
        return back.good() ? there : back;
    }

    /** The guest that is there is as good as a new one if it was made alike. */
    private void provide(Map<String, String> options) {
        if (guest == null || !has.equals(options)) {
            forgetGuest();
            GuestSpec spec = GuestSpec.tiny("modes");
            for (Map.Entry<String, String> option : options.entrySet()) {
                spec = spec.with(option.getKey(), option.getValue());
            }
            guest = lab.start(a, spec);
            has = options;
            guest.awaitReady(BOOT);
            guest.awaitRounds(1, ROUNDS);
        }
    }

    /** After a failure nothing is known of it. */
    private void forgetGuest() {
        if (guest != null) {
            guest.remove();
            guest = null;
        }
    }

    private ModeResult migrate(VirshMode mode) {
        LabHost from = guest.onlyHost();
        LabHost to = other(from);
        from.agent().awaitSocket(to, guest);
        Migration migration = new Migration(guest, from, to, Migration.Way.HDE, mode.flags());
        CompletableFuture<Migration.Result> running = CompletableFuture.supplyAsync(migration::run);
        mode.meanwhile().forEach(command -> typeUntilAccepted(from, command, running));
        Migration.Result result = join(running);
        List<String> problems = new ArrayList<>(result.doubts());
        String how = ModeResult.how(result.pages(), result.passedThrough());
        boolean asExpected = mode.passesThrough().isEmpty()
                ? how.equals("encoded")
                : how.endsWith("passed through: " + mode.passesThrough());
        if (!asExpected) {
            problems.add("its memory was to be "
                    + (mode.passesThrough().isEmpty() ? "encoded" : "passed through: " + mode.passesThrough()));
        }
        return new ModeResult(
                mode.name(), versions, how, result.channels(), result.pages(), result.wireBytes(), problems);
    }

    /** Until virsh accepts it: the job begins a moment after the migration. */
    private void typeUntilAccepted(LabHost host, List<String> command, CompletableFuture<?> running) {
        List<String> words = new ArrayList<>(List.of("virsh", "-q", "-c", "qemu:///system"));
        command.forEach(word -> words.add(word.equals("VM") ? guest.name() : word));
        List<String> answers = new ArrayList<>();
        Waiting.until(
                "virsh to accept " + String.join(" ", command),
                COMMAND,
                () -> {
                    Output output = host.tryRun(words.toArray(String[]::new));
                    answers.add(output.err());
                    return output.ok() || running.isDone();
                },
                () -> answers.get(answers.size() - 1));
    }

    private static Migration.Result join(CompletableFuture<Migration.Result> running) {
        try {
            return running.join();
        } catch (java.util.concurrent.CompletionException e) {
            throw e.getCause() instanceof LabException cause ? cause : new LabException(e.getMessage(), e);
        }
    }
}
