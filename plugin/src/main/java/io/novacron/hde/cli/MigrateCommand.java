package io.novacron.hde.cli;

import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.control.ControlClient;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.EstimateReport;
import io.novacron.hde.libvirt.LiveMigration;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** {@code hde migrate}: what {@code virsh migrate} does with what {@code hde uri} prints, for a person who looks on. */
@Command(
        name = "migrate",
        mixinStandardHelpOptions = true,
        description = "Migrate a running VM to a peer, and show how it goes.",
        footer = {
            "",
            "First it shows what the migration is expected to cost ('hde estimate'), and decides from that whether to send the "
                    + "VM's memory before, while nothing waits for it ('hde seed'): where the migration would not converge "
                    + "otherwise, or take much longer or stop the VM for much longer.",
            "Interrupted, it aborts the migration, and the VM runs on on this host."
        })
final class MigrateCommand implements Callable<Integer> {
    private static final long ABORT_SECONDS = 30;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Mixin
    private MigrationOptions options;

    @Mixin
    private Destination destination;

    @Option(
            names = "--seed",
            negatable = true,
            description =
                    "First send the VM's memory while nothing waits for it, or do not, whatever the estimate says.")
    private Boolean seed;

    @Override
    public Integer call() throws Exception {
        HdeConfig loaded = config.load();
        HdeConfig.Peer to = Peers.receiver(spec, loaded, destination.peer());
        ControlClient client = new ControlClient(loaded.sockets().control());
        LiveMigration.Way way = way(loaded, to);
        // before anything begins: that there is an agent, and that it listens for this VM
        client.status();
        Path socket = loaded.sockets().of(to.name(), destination.vm());
        try (LiveMigration migration =
                LiveMigration.of(destination.vm(), loaded.libvirt().uri(), destination.libvirt(to))) {
            if (Files.notExists(socket)) {
                throw new ControlException("the agent does not listen for " + destination.vm() + " on " + socket
                        + ": its log says why (journalctl -u hde)");
            }
            if (seeds(client)) {
                new SeedWatch(out(), client).await(client.seed(destination.vm(), destination.peer(), null, null));
            }
            return migrate(client, migration, way);
        }
    }

    /** Shows the estimate, and says whether to seed. */
    private boolean seeds(ControlClient client) {
        SeedDecision decision;
        try {
            EstimateReport estimate = client.estimate(destination.vm(), destination.peer());
            out().print(EstimateText.of(estimate));
            decision = SeedDecision.of(estimate);
        } catch (ControlException e) {
            out().println("no estimate: " + e.getMessage());
            decision = new SeedDecision(false, "there is no estimate");
        }
        boolean seeds = seed == null ? decision.seed() : seed;
        String why = seed == null ? decision.why() : seed ? "--seed" : "--no-seed";
        out().println((seeds ? "seeding first: " : "migrating without a seed: ") + why);
        out().flush();
        return seeds;
    }

    private LiveMigration.Way way(HdeConfig loaded, HdeConfig.Peer to) {
        try {
            return options.way(loaded, to, destination.vm());
        } catch (IllegalArgumentException e) {
            throw new ParameterException(spec.commandLine(), "VM \"" + destination.vm() + "\": " + e.getMessage(), e);
        }
    }

    private int migrate(ControlClient client, LiveMigration migration, LiveMigration.Way way) throws Exception {
        Instant began = Instant.now();
        MigrationRecords records = new MigrationRecords(client, destination.vm(), destination.peer(), began);
        CompletableFuture<Void> done = new CompletableFuture<>();
        Thread runner = new Thread(
                () -> {
                    try {
                        migration.run(way);
                        done.complete(null);
                    } catch (LiveMigration.FailedException | RuntimeException e) {
                        done.completeExceptionally(e);
                    }
                },
                "migrate");
        Thread abort = new Thread(() -> abort(migration, done), "abort");
        Runtime.getRuntime().addShutdownHook(abort);
        runner.start();
        try {
            watch(records, done);
            done.get();
        } catch (ExecutionException e) {
            if (e.getCause() instanceof Exception cause) {
                throw cause;
            }
            throw e;
        } finally {
            runner.join();
            try {
                Runtime.getRuntime().removeShutdownHook(abort);
            } catch (IllegalStateException e) {
                // it is what has ended the migration
            }
        }
        out().println(summary(records.ended(), began));
        return 0;
    }

    private void abort(LiveMigration migration, CompletableFuture<Void> done) {
        migration.abort();
        try {
            done.get(ABORT_SECONDS, TimeUnit.SECONDS);
            out().println("\n" + destination.vm() + " runs on " + destination.peer()
                    + ": the migration could not be aborted any more");
        } catch (ExecutionException e) {
            out().println("\n" + e.getCause().getMessage());
        } catch (TimeoutException e) {
            out().println("\nlibvirt does not say that the migration has ended: see 'virsh domjobinfo "
                    + destination.vm() + "'");
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
        out().flush();
    }

    private void watch(MigrationRecords records, CompletableFuture<Void> done) throws InterruptedException {
        boolean terminal = Terminal.isOutput();
        while (!done.isDone()) {
            try {
                done.get(MigrationRecords.LOOK_MILLIS, TimeUnit.MILLISECONDS);
            } catch (ExecutionException | TimeoutException e) {
                // the caller asks again
            }
            if (terminal) {
                String line = line(records.latest(), Instant.now());
                out().print("\r" + line + "\033[K");
                out().flush();
            }
        }
        out().print(terminal ? "\r\033[K" : "");
    }

    private String line(Optional<ChannelReport> report, Instant now) {
        return report.map(channel -> destination.vm() + " to " + destination.peer() + ": " + channel.state() + ", "
                        + Amounts.bytes(channel.streamBytes()) + " as " + Amounts.bytes(channel.wireBytes()) + " ("
                        + Amounts.saved(channel.streamBytes(), channel.wireBytes()) + " saved), "
                        + Amounts.time(channel.started(), now)
                        + Optional.ofNullable(StatusText.remaining(channel))
                                .map(words -> ", " + words)
                                .orElse(""))
                .orElse(destination.vm() + " to " + destination.peer() + ": beginning");
    }

    private String summary(Optional<ChannelReport> report, Instant began) {
        String arrived =
                destination.vm() + " runs on " + destination.peer() + " after " + Amounts.time(began, Instant.now());
        return report.map(channel -> arrived + ": " + Amounts.bytes(channel.streamBytes()) + " of memory as "
                        + Amounts.bytes(channel.wireBytes()) + " on the wire ("
                        + Amounts.saved(channel.streamBytes(), channel.wireBytes()) + " saved), "
                        + channel.rounds() + (channel.rounds() == 1 ? " round" : " rounds")
                        + Optional.ofNullable(StatusText.switchover(channel.switchover()))
                                .map(words -> "; switched over in " + words)
                                .orElse(""))
                .orElse(arrived + "; the agent has no record of it");
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
