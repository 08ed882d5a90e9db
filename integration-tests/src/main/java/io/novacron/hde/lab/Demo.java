package io.novacron.hde.lab;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.LongFunction;
import java.util.function.Supplier;

/**
 * The demo: a real VM migrates plainly, then through HDE, there and back and there again, then a sibling of it. Prints a
 * table as it goes and leaves the figures in target/demo.json.
 *
 * <p>The guest is that of the figures in the documentation: redis with some 40,000 keys and 1000 writes a second of the
 * same value, all the time; for the case {@code again}, of new values. The sibling holds a quarter of the keys.
 */
public final class Demo {
    private static final Duration BOOT = Duration.ofMinutes(10);
    private static final Duration SETTLE = Duration.ofMinutes(2);
    private static final int SETTLE_ROUNDS = 3;
    private static final int WRITES_PER_SECOND = 1000;

    /** On a fast processor the guest dirties its memory as fast as the link takes it, and plain QEMU never gets done. */
    private static final Duration PATIENCE = Duration.ofSeconds(90);

    private static final Duration LONGER_DOWNTIME = Duration.ofSeconds(2);
    private static final int SIBLING_KEYS = 10_000;

    /** What the checking program writes each second: little, so that the figures are those of redis. */
    private static final int REWRITE_KIB = 256;

    private final PrintStream out;
    private final boolean terminal;
    private final Path project;
    private final DemoOptions options;
    private final Map<DemoCase, Migration.Result> results = new EnumMap<>(DemoCase.class);

    private Demo(PrintStream out, boolean terminal, Path project, DemoOptions options) {
        this.out = out;
        this.terminal = terminal;
        this.project = project;
        this.options = options;
    }

    /** Arguments: the project's directory, then the options of {@code ./lab demo}. */
    public static void main(String[] arguments) throws IOException {
        LabProgram.run(out -> {
            List<String> words = Arrays.asList(arguments).subList(1, arguments.length);
            DemoOptions options = DemoOptions.parse(words);
            return new Demo(out, Boolean.getBoolean("lab.terminal"), Path.of(arguments[0]), options).run();
        });
    }

    private boolean run() throws IOException {
        during("Building the guest's disk and kernel (once; some minutes)", () -> {
            Lab.build(project);
            return null;
        });
        try (Lab lab = during("Starting hosts hA and hB", () -> Lab.up(project, "hA", "hB"))) {
            try {
                run(lab);
            } catch (LabException e) {
                throw lab.withLogs(e);
            }
        }
        out.println();
        compare();
        Path json = project.resolve("target/demo.json");
        write(json);
        out.println("The figures are in " + json + ".");
        return results.values().stream().allMatch(Migration.Result::intact);
    }

    private void run(Lab lab) {
        Set<DemoCase> cases = options.cases();
        boolean withHde = !cases.equals(EnumSet.of(DemoCase.PLAIN));
        LabHost a = lab.host("hA");
        LabHost b = lab.host("hB");
        if (withHde) {
            a.agent().start();
            b.agent().start();
        }
        Guest guest = lab.start(a, GuestSpec.real("debian").with("lab.rewrite_kib", REWRITE_KIB));
        Guest sibling = cases.contains(DemoCase.SIBLING)
                ? lab.start(
                        a,
                        GuestSpec.real("sibling").with("lab.keys", SIBLING_KEYS).with("lab.rewrite_kib", REWRITE_KIB))
                : null;
        during("Booting the guests, filling redis, warming up the agents", () -> {
            guest.awaitReady(BOOT);
            if (sibling != null) {
                sibling.awaitReady(BOOT);
                // It shall not take the processor from the others until its turn comes.
                sibling.suspend();
            }
            if (withHde) {
                a.agent().awaitReady();
                b.agent().awaitReady();
            }
            return null;
        });
        lab.shape(options.rate());
        out.println("A VM of 1 GiB, redis with 40,000 keys, 1000 writes a second; link: " + options.rate());
        out.println();
        out.println(DemoTable.header());

        if (cases.contains(DemoCase.PLAIN)) {
            migrate(DemoCase.PLAIN, guest, a, b);
            lab.shape("unshaped");
            during("Taking the VM back to hA", () -> new Migration(guest, b, a, Migration.Way.PLAIN).run());
            lab.shape(options.rate());
        }
        if (cases.contains(DemoCase.FIRST)) {
            migrate(DemoCase.FIRST, guest, a, b);
        }
        if (cases.contains(DemoCase.RETURN)) {
            migrate(DemoCase.RETURN, guest, b, a);
        }
        if (cases.contains(DemoCase.AGAIN)) {
            guest.load(WRITES_PER_SECOND, true);
            guest.awaitRounds(SETTLE_ROUNDS, SETTLE);
            migrate(DemoCase.AGAIN, guest, a, b);
        }
        if (sibling != null) {
            if (!cases.contains(DemoCase.AGAIN) && cases.contains(DemoCase.RETURN)) {
                during("Taking the VM to hB", () -> new Migration(guest, a, b, Migration.Way.HDE).run());
            }
            guest.load(0, false);
            sibling.resume();
            sibling.awaitRounds(SETTLE_ROUNDS, SETTLE);
            migrate(DemoCase.SIBLING, sibling, a, b);
            sibling.suspend();
        }
        if (cases.contains(DemoCase.SEEDED)) {
            seeded(guest, a, b);
        }
    }

    /** The memory is sent while the guest runs on; then it migrates. */
    private void seeded(Guest guest, LabHost a, LabHost b) {
        LabHost from = guest.onlyHost();
        LabHost to = from == a ? b : a;
        a.agent().forgetBaselines();
        b.agent().forgetBaselines();
        guest.load(WRITES_PER_SECOND, false);
        long before = from.wireBytes();
        String seeded = during("Seeding the VM to " + to, () -> from.agent().seed(guest, to));
        out.printf("         %s; %.1f MiB on the wire%n", seeded, (from.wireBytes() - before) / 1048576.0);
        migrate(DemoCase.SEEDED, guest, from, to);
    }

    private void migrate(DemoCase each, Guest guest, LabHost from, LabHost to) {
        Migration.Way way = each == DemoCase.PLAIN ? Migration.Way.PLAIN : Migration.Way.HDE;
        if (way == Migration.Way.HDE) {
            from.agent().awaitSocket(to, guest);
        }
        long before = from.wireBytes();
        CompletableFuture<Void> relief = CompletableFuture.runAsync(
                () -> from.virsh("migrate-setmaxdowntime", guest.name(), Long.toString(LONGER_DOWNTIME.toMillis())),
                CompletableFuture.delayedExecutor(PATIENCE.toMillis(), TimeUnit.MILLISECONDS));
        Migration.Result result = whileShowing(
                millis -> DemoTable.progress(each, from.wireBytes() - before, millis),
                () -> new Migration(guest, from, to, way).run());
        out.println(DemoTable.line(each, result));
        if (!relief.cancel(false)) {
            out.printf(
                    "         had not converged after %d s and was allowed a downtime of %d s%n",
                    PATIENCE.toSeconds(), LONGER_DOWNTIME.toSeconds());
        }
        for (String doubt : result.doubts()) {
            out.println("         not intact: " + doubt);
        }
        results.put(each, result);
    }

    private void compare() {
        Migration.Result plain = results.get(DemoCase.PLAIN);
        if (plain == null) {
            return;
        }
        results.forEach((each, result) -> {
            if (each != DemoCase.PLAIN) {
                out.printf(
                        "%-8s 1/%.0f of plain's bytes, 1/%.1f of its time%n",
                        each.word(),
                        (double) plain.wireBytes() / result.wireBytes(),
                        (double) plain.totalMs() / Math.max(1, result.totalMs()));
            }
        });
    }

    private void write(Path json) throws IOException {
        List<DemoResult> list = new ArrayList<>();
        results.forEach((each, result) -> list.add(DemoResult.of(each, result)));
        Files.createDirectories(json.getParent());
        new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT).writeValue(json.toFile(), list);
    }

    /** Says what is being done, with the time it has taken so far, and that it is done. */
    private <T> T during(String what, Supplier<T> work) {
        if (!terminal) {
            out.println(what);
        }
        return whileShowing(millis -> what + " … " + Duration.ofMillis(millis).toSeconds() + " s", work);
    }

    private <T> T whileShowing(LongFunction<String> line, Supplier<T> work) {
        Progress progress = new Progress(out, terminal, line);
        try {
            return work.get();
        } finally {
            progress.stop();
        }
    }
}
