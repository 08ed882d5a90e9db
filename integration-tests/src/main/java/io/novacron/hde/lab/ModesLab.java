package io.novacron.hde.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.function.Function;

/**
 * Two hosts of the lab on which one way to migrate after the other is tried: there and back, or, where the second host's
 * QEMU is newer, only there.
 */
final class ModesLab implements AutoCloseable {
    private static final Duration BOOT = Duration.ofMinutes(2);
    private static final Duration ROUNDS = Duration.ofMinutes(1);
    private static final Duration COMMAND = Duration.ofSeconds(60);

    /**
     * In which a guest fetches the pages that it needs to take an interrupt. Under TCG QEMU holds its lock while the guest's
     * processor does that: if such a page is missing when the connection breaks, QEMU answers nobody any more, and the
     * postcopy cannot be recovered.
     */
    static final long HOT_PAGES_MILLIS = 4000;

    /** Longer than an agent waits for a connection that was lost. */
    private static final Duration RECOVERY = Duration.ofSeconds(90);

    /** Of 2 MiB: the guest has 64, on both hosts, and some are to spare. */
    private static final int HUGE_PAGES = 144;

    /** So slow that a migration can be spoken to while it runs. */
    private static final String RATE = "200mbit";

    /** So slow that it can be aborted at any byte. */
    private static final String SLOW_RATE = "20mbit";

    private final Lab lab;
    private final LabHost a;
    private final LabHost b;
    private final String versions;
    private final boolean oneWay;
    private final KernelSettings kernel = new KernelSettings();
    // what the present guest has, and where it comes from; null before the first
    private Guest guest;
    private Map<String, String> has = Map.of();

    ModesLab(Lab lab) {
        this.lab = lab;
        this.a = lab.hosts().get(0);
        this.b = lab.hosts().get(1);
        this.versions = version(a) + " → " + version(b);
        this.oneWay = !version(a).equals(version(b));
        lab.shape(RATE);
        // Postcopy needs it where QEMU does not run as root, as here.
        kernel.set("vm/unprivileged_userfaultfd", "1");
    }

    /** Gives the machine back what was changed of its kernel's settings. */
    @Override
    public void close() {
        forgetGuest();
        kernel.close();
    }

    String versions() {
        return versions;
    }

    private static String version(LabHost host) {
        String said = host.run("sh", "-c", "qemu-system-x86_64 --version");
        return said.replaceAll("(?s).*version (\\d+\\.\\d+).*", "$1");
    }

    /** A course of events that is more than one call of virsh migrate. */
    record Scene(String name, Function<ModesLab, ModeResult> play) {}

    static final Scene ABORT = new Scene("domjobabort in the middle", modes -> modes.abort(VirshMode.PLAIN, 4_000_000));

    static List<Scene> scenes() {
        return List.of(
                new Scene("domjobabort at the beginning", modes -> modes.abort(VirshMode.PLAIN, 200_000)),
                ABORT,
                new Scene(
                        "domjobabort while a disk is copied", modes -> modes.abort(VirshMode.COPY_STORAGE, 4_000_000)),
                new Scene("--postcopy that breaks, then --postcopy-resume", ModesLab::brokenPostcopy),
                new Scene("--copy-storage-all without URIs, transparent", ModesLab::transparentDisks),
                new Scene("save, restore", ModesLab::saveAndRestore),
                new Scene("--offline", ModesLab::offline));
    }

    ModeResult run(Scene scene) {
        try {
            return scene.play.apply(this).named(scene.name);
        } catch (LabException e) {
            return ModeResult.failed(scene.name, versions, e.getMessage());
        } finally {
            lab.shape(RATE);
        }
    }

    /** Migrates a guest to the second host in this way, and back if that is possible. */
    ModeResult run(VirshMode mode) {
        try {
            if (mode.needsHugePages() && !hugePages()) {
                return ModeResult.notPossible(mode.name(), versions, "here: the kernel gives no huge pages");
            }
            provide(mode.guest());
            ModeResult there = migrate(mode);
            return there.good() && !oneWay ? worse(there, migrate(mode)) : there;
        } catch (LabException e) {
            forgetGuest();
            return ModeResult.failed(mode.name(), versions, e.getMessage());
        }
    }

    private boolean hugePages() {
        kernel.set("vm/nr_hugepages", Integer.toString(HUGE_PAGES));
        return Integer.parseInt(kernel.get("vm/nr_hugepages")) >= HUGE_PAGES;
    }

    /**
     * virsh domjobabort once so many bytes have crossed. The guest must run on where it was, and the next migration find what
     * crossed.
     */
    private ModeResult abort(VirshMode mode, long bytes) {
        // so that nothing is known of it and enough has to cross
        forgetGuest();
        provide(mode.guest());
        List<String> problems = new ArrayList<>();
        LabHost from = guest.onlyHost();
        LabHost to = other(from);
        from.agent().awaitSocket(to, guest);
        lab.shape(SLOW_RATE);
        long before = from.wireBytes();
        CompletableFuture<Output> running = CompletableFuture.supplyAsync(migration(mode, from, to)::attempt);
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
        problems.addAll(guest.awaitRounds(1, ROUNDS).complaints());
        ModeResult again = migrate(mode);
        if (again.pages().kept() == 0) {
            problems.add("the next migration found nothing of what had crossed");
        }
        return again.with(problems);
    }

    /**
     * The connection breaks while the destination's QEMU waits for the guest's memory, which is on both hosts in parts then;
     * --postcopy-resume brings it together. Where that fails, once more without the agents, to learn whose fault it is.
     */
    private ModeResult brokenPostcopy() {
        ModeResult through = brokenPostcopy(Migration.Way.HDE);
        if (through.good()) {
            return through;
        }
        ModeResult without = brokenPostcopy(Migration.Way.PLAIN);
        return without.good()
                ? through
                : ModeResult.notPossible(
                        "",
                        versions,
                        "in libvirt and QEMU either: " + String.join("; ", without.problems())
                                + " (through the agents: " + String.join("; ", through.problems()) + ")");
    }

    private ModeResult brokenPostcopy(Migration.Way way) {
        try {
            return breakAndResume(way);
        } catch (LabException e) {
            List.of(a, b).forEach(LabHost::ensureLibvirt);
            forgetGuest();
            return ModeResult.failed("", versions, e.getMessage());
        } finally {
            lab.shape(RATE);
        }
    }

    private ModeResult breakAndResume(Migration.Way way) {
        provide(Map.of());
        LabHost from = guest.onlyHost();
        LabHost to = other(from);
        from.agent().awaitSocket(to, guest);
        lab.shape(SLOW_RATE);
        CompletableFuture<Output> running = CompletableFuture.supplyAsync(
                new Migration(guest, from, to, way, VirshMode.POSTCOPY.flags(guest.name(), to.name()))::attempt);
        VirshMode.POSTCOPY.meanwhile().forEach(command -> typeUntilAccepted(from, command, running));
        awaitReason(to, "post-copy");
        Waiting.sleep(HOT_PAGES_MILLIS);
        if (way == Migration.Way.HDE) {
            to.agent().kill();
            to.agent().start();
            to.agent().awaitReady();
        } else {
            from.run("ss", "-K", "-t", "dst", to.name(), "dport", "ge", ":49152");
        }
        awaitReason(from, "post-copy failed");
        awaitReason(to, "post-copy failed");
        List<String> problems = new ArrayList<>();
        if (running.join().ok()) {
            problems.add("virsh migrate does not say that it has failed");
        }
        lab.shape(RATE);
        Migration resume =
                new Migration(guest, from, to, way, VirshMode.POSTCOPY_RESUME.flags(guest.name(), to.name()));
        if (way == Migration.Way.HDE) {
            Migration.Result result = resume.run();
            problems.addAll(result.doubts());
            return result(VirshMode.POSTCOPY_RESUME, result, problems);
        }
        Output output = resume.attempt();
        if (!output.ok()) {
            problems.add(output.err());
        }
        return untouched().with(problems);
    }

    private void awaitReason(LabHost host, String reason) {
        String[] command = {"virsh", "-q", "-c", "qemu:///system", "domstate", "--reason", guest.name()};
        Waiting.until(
                "the state '" + reason + "' of " + guest + " on " + host,
                RECOVERY,
                () -> host.tryRun(command).out().endsWith("(" + reason + ")"),
                () -> host.tryRun(command).toString());
    }

    /** What QEMU sends to ports of the destination, over NBD too, goes through the agents without being asked to. */
    private ModeResult transparentDisks() {
        provide(VirshMode.COPY_STORAGE.guest());
        LabHost from = guest.onlyHost();
        LabHost to = other(from);
        from.run("hde", "transparent", "on");
        try {
            Migration migration = new Migration(guest, from, to, Migration.Way.UNTOLD, List.of("--copy-storage-all"));
            Migration.Result result = migration.run();
            List<String> problems = new ArrayList<>(result.doubts());
            compareDisks(1, from, to, problems);
            return result(VirshMode.PLAIN, result, problems);
        } finally {
            from.run("hde", "transparent", "off");
        }
    }

    /** Ways that move no running memory from QEMU to QEMU, and are none of the agents' business. */
    private ModeResult saveAndRestore() {
        provide(Map.of());
        LabHost host = guest.onlyHost();
        host.virsh("save", guest.name(), "/srv/lab/run/guests/modes/saved");
        host.virsh("restore", "/srv/lab/run/guests/modes/saved");
        return untouched().with(guest.awaitRounds(1, ROUNDS).complaints());
    }

    /** Only the domain's definition goes to the other host. */
    private ModeResult offline() {
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
        String state = to.state(guest.name());
        forgetGuest();
        return untouched().with(state.equals("shut off") ? List.of() : List.of("the other host has it as " + state));
    }

    private ModeResult untouched() {
        return new ModeResult("", versions, "not through HDE", 0, PageCounts.NONE, 0, List.of());
    }

    private LabHost other(LabHost host) {
        return host.equals(a) ? b : a;
    }

    private static ModeResult worse(ModeResult there, ModeResult back) {
        return back.good() ? there : back;
    }

    /** The guest that is there is as good as a new one if it was made alike. */
    private void provide(Map<String, String> options) {
        if (guest == null || !has.equals(options) || (oneWay && !guest.hosts().equals(List.of(a)))) {
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

    private Migration migration(VirshMode mode, LabHost from, LabHost to) {
        return new Migration(guest, from, to, Migration.Way.HDE, mode.flags(guest.name(), to.name()));
    }

    private ModeResult migrate(VirshMode mode) {
        LabHost from = guest.onlyHost();
        LabHost to = other(from);
        from.agent().awaitSocket(to, guest);
        MigrationRecords records = new MigrationRecords(from, to, guest.name());
        Set<String> disksBefore = records.disks();
        CompletableFuture<Migration.Result> running = CompletableFuture.supplyAsync(migration(mode, from, to)::run);
        mode.meanwhile().forEach(command -> typeUntilAccepted(from, command, running));
        Migration.Result result = join(running);
        List<String> problems = new ArrayList<>(result.doubts());
        ModeResult memory = result(mode, result, problems);
        if (mode.disks() == 0) {
            return memory;
        }
        MigrationRecords.Compared disks = records.compareDisks(mode.disks(), disksBefore, problems);
        if (!disks.passedThrough().isEmpty()) {
            problems.add("a disk passed through: " + String.join("; ", disks.passedThrough()));
        }
        compareDisks(mode.disks(), from, to, problems);
        return new ModeResult(
                mode.name(),
                versions,
                memory.how() + ", disks too",
                memory.channels() + disks.channels(),
                memory.pages().plus(disks.pages()),
                memory.wireBytes(),
                problems);
    }

    private ModeResult result(VirshMode mode, Migration.Result result, List<String> problems) {
        String how = ModeResult.how(result.pages(), result.passedThrough());
        boolean asExpected = mode.passesThrough().isEmpty()
                ? how.equals("encoded")
                : result.passedThrough().contains(mode.passesThrough());
        if (!asExpected) {
            problems.add("its memory was to be "
                    + (mode.passesThrough().isEmpty() ? "encoded" : "passed through: " + mode.passesThrough()));
        }
        return new ModeResult(
                mode.name(), versions, how, result.channels(), result.pages(), result.wireBytes(), problems);
    }

    /** The guest writes nothing: what is on its disks must be the same on both hosts. */
    private void compareDisks(int disks, LabHost from, LabHost to, List<String> problems) {
        for (int disk = 1; disk <= disks; disk++) {
            String one = content(from, disk);
            String other = content(to, disk);
            if (!one.equals(other)) {
                problems.add("disk " + disk + " is not the same on both hosts");
            }
        }
    }

    private String content(LabHost host, int disk) {
        String image = "/var/lib/libvirt/images/" + guest.name() + "-" + disk + ".qcow2";
        return host.run(
                "sh",
                "-c",
                "qemu-img convert -U -O raw " + image + " /tmp/disk && sha256sum </tmp/disk; rm -f /tmp/disk");
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
        } catch (CompletionException e) {
            throw e.getCause() instanceof LabException cause ? cause : new LabException(e.getMessage(), e);
        }
    }
}
