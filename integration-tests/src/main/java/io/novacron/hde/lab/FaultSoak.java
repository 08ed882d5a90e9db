package io.novacron.hde.lab;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.concurrent.CompletableFuture;
import java.util.function.Consumer;

/**
 * Two VMs that migrate at once in opposite directions, back and forth, while things go wrong. After each round the VMs are
 * looked at, one that stayed is migrated once more with nothing in the way, and the agents are measured.
 */
final class FaultSoak {
    private static final Duration BOOT = Duration.ofMinutes(3);

    /** A last round of a megabyte and more takes a second: long enough to be hit. */
    static final String RATE = "20mbit";

    private static final int CHECK_MIB = 32;
    private static final int REWRITE_KIB = 2048;

    private final Lab lab;
    private final List<Guest> guests;
    private final List<AgentGrowth> growth;
    private final FaultTally tally = new FaultTally();
    private final Consumer<String> out;
    private boolean over;

    private FaultSoak(Lab lab, List<Guest> guests, Consumer<String> out) {
        this.lab = lab;
        this.guests = guests;
        this.growth =
                lab.hosts().stream().map(host -> new AgentGrowth(host.name())).toList();
        this.out = out;
    }

    /** The guest of the soak: what it writes makes later rounds and a switch-over that last. */
    static GuestSpec guest(String name) {
        return GuestSpec.tiny(name)
                .with("lab.check_mib", CHECK_MIB)
                .with("lab.rewrite_kib", REWRITE_KIB)
                .with("lab.random_percent", 100);
    }

    /**
     * Starts a guest on each of a lab's two hosts, whose agents run, and has them change places, so that both hosts know
     * them. The link must be fast, and is slow from then on.
     *
     * @param out takes a line for each migration
     */
    static FaultSoak start(Lab lab, Consumer<String> out) {
        List<Guest> guests = new ArrayList<>();
        for (LabHost host : lab.hosts()) {
            guests.add(lab.start(host, guest("vm" + (guests.size() + 1))));
        }
        guests.forEach(guest -> guest.awaitReady(BOOT));
        lab.hosts().forEach(host -> host.agent().awaitReady());
        lab.hosts().forEach(LabHost::changeTunnelAddress);
        FaultSoak soak = new FaultSoak(lab, guests, out);
        for (Guest guest : guests) {
            FaultyMigration migration = soak.migration(guest);
            migration.run(null);
            FaultyMigration.Result result = migration.result(true);
            if (result.fate() != FaultyMigration.Fate.ARRIVED) {
                throw new LabException("lab: " + guest + " does not even migrate with nothing in the way: " + result);
            }
        }
        lab.shape(RATE);
        return soak;
    }

    private FaultyMigration migration(Guest guest) {
        LabHost from = guest.onlyHost();
        LabHost to = lab.hosts().stream()
                .filter(host -> !host.equals(from))
                .findFirst()
                .orElseThrow();
        return new FaultyMigration(guest, from, to);
    }

    /** Both migrate, and the faults come. */
    void round(FaultDraws.Draw draw) {
        List<FaultyMigration> migrations = guests.stream().map(this::migration).toList();
        List<CompletableFuture<OptionalDouble>> running = new ArrayList<>();
        for (int i = 0; i < migrations.size(); i++) {
            FaultyMigration migration = migrations.get(i);
            Fault fault = draw.faults().get(i);
            running.add(CompletableFuture.supplyAsync(() -> migration.run(fault)));
        }
        List<OptionalDouble> at = running.stream().map(CompletableFuture::join).toList();
        restartKilled();
        for (int i = 0; i < migrations.size(); i++) {
            judge(migrations.get(i), hit(draw, at, i));
        }
        if (draw.restart() >= 0 && !over) {
            restart(lab.hosts().get(draw.restart()));
        }
        if (!over) {
            for (int i = 0; i < growth.size(); i++) {
                growth.get(i).add(lab.hosts().get(i).agent().figures());
            }
        }
    }

    /** What hit a migration, and when. */
    private record Hit(FaultKind kind, double at) {}

    /** The fault aimed at this migration, or one aimed at the other that hits both. */
    private static Optional<Hit> hit(FaultDraws.Draw draw, List<OptionalDouble> at, int migration) {
        for (int aimed = 0; aimed < at.size(); aimed++) {
            Fault fault = draw.faults().get(aimed);
            if (fault != null && at.get(aimed).isPresent()) {
                double when = at.get(aimed).getAsDouble();
                if (aimed == migration) {
                    return Optional.of(new Hit(fault.kind(), when));
                }
                if (fault.kind().bothWays()) {
                    return Optional.of(new Hit(fault.kind().fromTheOtherSide(), when));
                }
            }
        }
        return Optional.empty();
    }

    private void judge(FaultyMigration migration, Optional<Hit> hit) {
        Optional<FaultPhase> phase = hit.flatMap(h -> migration.phaseAt(h.at));
        FaultyMigration.Result result = migration.result(hit.isEmpty());
        say(
                migration,
                hit.map(h -> h.kind.word()).orElse(""),
                phase.map(FaultPhase::word).orElse(""),
                result);
        over |= ends(result);
        boolean nextWorked = false;
        if (result.fate() == FaultyMigration.Fate.STAYED && !over) {
            FaultyMigration next = migration(migration.guest());
            next.run(null);
            FaultyMigration.Result after = next.result(true);
            say(next, "", "", after);
            tally.unhit(after);
            nextWorked = after.fate() == FaultyMigration.Fate.ARRIVED;
            over |= ends(after) || !nextWorked;
        }
        if (phase.isPresent()) {
            tally.hit(hit.orElseThrow().kind, phase.get(), result, nextWorked);
        } else {
            if (hit.isPresent()) {
                tally.missed();
            }
            tally.unhit(result);
        }
    }

    private static boolean ends(FaultyMigration.Result result) {
        return switch (result.fate()) {
            case ARRIVED, STAYED, MISREPORTED -> false;
            case LOST, WRONG -> true;
        };
    }

    private void say(FaultyMigration migration, String kind, String phase, FaultyMigration.Result result) {
        out.accept(FaultTable.migration(migration, kind, phase, result));
        result.doubts().forEach(doubt -> out.accept("    " + doubt));
    }

    private void restartKilled() {
        List<LabHost> killed =
                lab.hosts().stream().filter(host -> !host.agent().runs()).toList();
        killed.forEach(host -> host.agent().start());
        killed.forEach(host -> host.agent().awaitReady());
    }

    private void restart(LabHost host) {
        out.accept("    agent on " + host + " restarts");
        host.agent().stop();
        host.agent().start();
        host.agent().awaitReady();
    }

    /** Takes the processors back that its guests use. */
    void removeGuests() {
        guests.forEach(Guest::remove);
    }

    /** Whether something happened after which it makes no sense to go on. */
    boolean over() {
        return over;
    }

    FaultTally tally() {
        return tally;
    }

    /** How the agents' figures went, of both. */
    List<AgentGrowth.Line> growth() {
        return growth.stream().flatMap(each -> each.lines().stream()).toList();
    }
}
