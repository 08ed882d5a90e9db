package io.novacron.hde.lab;

import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.control.StatusReport;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * One migration through HDE during which something may go wrong, and what became of the VM.
 *
 * <p>QEMU is allowed a long downtime, so that the switch-over lasts long enough for a fault to fall into it; where a later
 * round is wanted, next to none until then, so that there are such rounds.
 */
final class FaultyMigration {
    /** What became of the VM. */
    enum Fate {
        /** virsh says that it was migrated, and it runs on the destination. */
        ARRIVED,
        /** virsh says that it was not, and it runs on the source. */
        STAYED,
        /** It runs on one host, and virsh says otherwise. */
        MISREPORTED,
        /** It runs nowhere, or twice, or does nothing. */
        LOST,
        /** It runs, and something in its memory or in the stream was wrong. */
        WRONG
    }

    /**
     * How it ended.
     *
     * @param downtimeMs from the VM's stop on the source to its start on the destination; empty if it did not arrive
     * @param virsh the first line of what virsh said, empty if it said nothing
     * @param doubts what speaks against the VM being well; empty if nothing does
     */
    record Result(Fate fate, OptionalLong downtimeMs, String virsh, List<String> doubts) {
        Result {
            doubts = List.copyOf(doubts);
        }
    }

    private static final long LONG_DOWNTIME_MS = 1500;
    private static final long NO_DOWNTIME_MS = 1;
    private static final long POLL_MILLIS = 5;
    private static final long STATUS_MILLIS = 20;

    /** From QEMU's first word until the agent has made a connection. */
    private static final long CONNECTING_MILLIS = 50;

    private static final Duration SETTLED = Duration.ofMinutes(1);
    private static final Duration RECORDS = Duration.ofSeconds(15);
    private static final int ROUNDS_AFTER = 2;

    private static final Pattern TIMESTAMP = Pattern.compile("\\d{4}-\\d\\d-\\d\\dT\\S+Z ");

    private final Guest guest;
    private final LabHost from;
    private final LabHost to;
    private final QemuEvents source;
    private final QemuEvents destination;
    private final String migrationBefore;
    private volatile double opened = Double.MAX_VALUE;
    private volatile double ended = Double.MAX_VALUE;
    private volatile Output virsh;

    /** Waits until the agents would take it. */
    FaultyMigration(Guest guest, LabHost from, LabHost to) {
        this.guest = guest;
        this.from = from;
        this.to = to;
        from.agent().awaitSocket(to, guest);
        this.source = QemuEvents.from(from);
        this.destination = QemuEvents.from(to);
        this.migrationBefore = newest(from, ChannelReport.Direction.SEND)
                .map(ChannelReport::migration)
                .orElse("");
    }

    LabHost from() {
        return from;
    }

    LabHost to() {
        return to;
    }

    Guest guest() {
        return guest;
    }

    /**
     * Migrates; returns when virsh has and the fault, if it lasts, is over.
     *
     * @param fault null if nothing shall go wrong
     * @return when the fault came about, in milliseconds since 1970; empty if it did not
     */
    OptionalDouble run(Fault fault) {
        FaultPhase phase = fault == null ? null : fault.phase();
        downtime(phase == FaultPhase.LATER_ROUND ? NO_DOWNTIME_MS : LONG_DOWNTIME_MS);
        if (phase == FaultPhase.GREETING) {
            from.silence(LabHost.Silence.DATA);
        }
        CompletableFuture<Output> attempt = CompletableFuture.supplyAsync(
                        () -> new Migration(guest, from, to, Migration.Way.HDE).attempt())
                .whenComplete((output, failure) -> ended = System.currentTimeMillis());
        CompletableFuture<Void> watch = CompletableFuture.runAsync(() -> watchOpening(attempt));
        OptionalDouble at = OptionalDouble.empty();
        try {
            if (fault != null && reached(phase, attempt)) {
                at = OptionalDouble.of(cause(fault.kind()));
            }
        } finally {
            if (phase == FaultPhase.GREETING && (at.isEmpty() || !fault.kind().lasts())) {
                from.endSilence();
            }
            if (phase == FaultPhase.LATER_ROUND) {
                downtime(LONG_DOWNTIME_MS);
            }
            if (at.isPresent() && fault.kind().lasts()) {
                Waiting.sleep(fault.lasting().toMillis());
                from.endSilence();
            }
        }
        watch.join();
        virsh = attempt.join();
        return at;
    }

    private void downtime(long millis) {
        // fails if the migration is over
        from.tryRun(
                "virsh", "-q", "-c", "qemu:///system", "migrate-setmaxdowntime", guest.name(), Long.toString(millis));
    }

    private void watchOpening(CompletableFuture<Output> attempt) {
        while (!attempt.isDone()) {
            if (from.agent().report().stream()
                    .flatMap(report -> report.channels().stream())
                    .anyMatch(this::isOurs)) {
                opened = System.currentTimeMillis();
                return;
            }
            Waiting.sleep(STATUS_MILLIS);
        }
    }

    private boolean isOurs(ChannelReport report) {
        return report.vm().equals(guest.name()) && report.direction() == ChannelReport.Direction.SEND;
    }

    /** Waits until the migration is in this phase, or further; false if it has ended before. */
    private boolean reached(FaultPhase wanted, CompletableFuture<Output> attempt) {
        while (!attempt.isDone()) {
            FaultPhase now = source.phaseAt(Double.MAX_VALUE).orElse(null);
            if (now == null) {
                return false;
            }
            switch (wanted) {
                case GREETING -> {
                    if (now != FaultPhase.GREETING) {
                        Waiting.sleep(CONNECTING_MILLIS);
                        return true;
                    }
                }
                case FIRST_ROUND -> {
                    if (opened != Double.MAX_VALUE) {
                        return true;
                    }
                }
                default -> {
                    if (now.compareTo(wanted) >= 0) {
                        return true;
                    }
                }
            }
            Waiting.sleep(POLL_MILLIS);
        }
        return false;
    }

    private double cause(FaultKind kind) {
        return switch (kind) {
            case RESET -> from.resetTunnels();
            case SILENCE -> from.silence(LabHost.Silence.TUNNEL);
            case SILENCE_ALL -> from.silence(LabHost.Silence.ALL);
            case ADDRESS -> from.changeTunnelAddress();
            case KILL_SOURCE -> from.agent().kill();
            case KILL_DESTINATION -> to.agent().kill();
        };
    }

    /** In which phase this migration was at a moment; empty if it was over. */
    Optional<FaultPhase> phaseAt(double millis) {
        if (millis > ended) {
            return Optional.empty();
        }
        return source.phaseAt(millis)
                .map(phase -> phase == FaultPhase.FIRST_ROUND && millis < opened ? FaultPhase.GREETING : phase);
    }

    /**
     * Looks at what became of the VM, after {@link #run}.
     *
     * @param undisturbed whether nothing went wrong with the agents, so that both must have a record of it
     */
    Result result(boolean undisturbed) {
        List<String> doubts = new ArrayList<>();
        Fate fate = fate(undisturbed, doubts);
        OptionalLong stopped = source.stopped();
        OptionalLong resumed = destination.resumed();
        OptionalLong downtime = fate == Fate.ARRIVED && stopped.isPresent() && resumed.isPresent()
                ? OptionalLong.of(resumed.getAsLong() - stopped.getAsLong())
                : OptionalLong.empty();
        return new Result(fate, downtime, inShort(virsh.err()), doubts);
    }

    /** The first line, without QEMU's clock. */
    static String inShort(String virsh) {
        return TIMESTAMP.matcher(virsh.strip().lines().findFirst().orElse("")).replaceAll("");
    }

    private Fate fate(boolean undisturbed, List<String> doubts) {
        try {
            Waiting.until(
                    "it to run on one host",
                    SETTLED,
                    () -> guest.hosts().size() == 1,
                    () -> from + " " + from.state(guest.name()) + ", " + to + " " + to.state(guest.name()));
            Console console = guest.awaitRounds(ROUNDS_AFTER, SETTLED);
            if (!console.clean()) {
                doubts.add("its console says: " + console.complaints().get(0));
                return Fate.WRONG;
            }
        } catch (LabException e) {
            doubts.add(e.getMessage());
            return Fate.LOST;
        }
        LabHost where = guest.onlyHost();
        if (!where.equals(virsh.ok() ? to : from)) {
            doubts.add("it runs on " + where + ", but virsh says: "
                    + (virsh.ok() ? "migrated" : virsh.err().strip()));
            return Fate.MISREPORTED;
        }
        if (!virsh.ok()) {
            return Fate.STAYED;
        }
        return sumsAgree(undisturbed, doubts) ? Fate.ARRIVED : Fate.WRONG;
    }

    /** Both agents' sums over the stream are equal, where both have one. */
    private boolean sumsAgree(boolean undisturbed, List<String> doubts) {
        try {
            Waiting.until(
                    "both agents' records of the migration of " + guest,
                    RECORDS,
                    () -> sent().isPresent() && received().isPresent(),
                    () -> from + ": " + newest(from, ChannelReport.Direction.SEND) + ", " + to + ": "
                            + newest(to, ChannelReport.Direction.RECEIVE));
        } catch (LabException e) {
            if (undisturbed) {
                doubts.add(e.getMessage());
            }
            return true;
        }
        String read = sent().orElseThrow().streamSha256();
        String written = received().orElseThrow().streamSha256();
        if (read == null || !read.equals(written)) {
            doubts.add("the agents' sums differ: " + read + " read on " + from + ", " + written + " written on " + to);
            return false;
        }
        return true;
    }

    private Optional<ChannelReport> sent() {
        return newest(from, ChannelReport.Direction.SEND)
                .filter(report -> !report.migration().equals(migrationBefore))
                .filter(report -> report.outcome() == ChannelReport.Outcome.COMPLETED);
    }

    private Optional<ChannelReport> received() {
        String migration = sent().map(ChannelReport::migration).orElse("");
        return newest(to, ChannelReport.Direction.RECEIVE)
                .filter(report -> report.migration().equals(migration))
                .filter(report -> report.outcome() == ChannelReport.Outcome.COMPLETED);
    }

    /** The newest record of this VM in this direction, of open channels and closed ones. */
    private Optional<ChannelReport> newest(LabHost host, ChannelReport.Direction direction) {
        return host.agent().report().stream()
                .flatMap(FaultyMigration::all)
                .filter(report -> report.vm().equals(guest.name()) && report.direction() == direction)
                .findFirst();
    }

    private static Stream<ChannelReport> all(StatusReport report) {
        return Stream.concat(report.channels().stream(), report.recent().stream());
    }
}
