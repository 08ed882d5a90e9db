package io.novacron.hde.cli;

import io.novacron.hde.cli.Evacuation.Progress;
import io.novacron.hde.cli.Evacuation.State;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.control.ControlClient;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.EstimateReport;
import io.novacron.hde.evacuation.EvacuationPlan;
import io.novacron.hde.evacuation.Sketch;
import io.novacron.hde.libvirt.LibvirtHost;
import io.novacron.hde.libvirt.LibvirtHost.ActiveDomain;
import io.novacron.hde.libvirt.LiveMigration;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.Callable;
import java.util.concurrent.ConcurrentHashMap;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hde evacuate}. */
@Command(
        name = "evacuate",
        mixinStandardHelpOptions = true,
        description = "Migrate all running VMs of this host to peers.",
        footer = {
            "",
            "Each VM's migration is estimated ('hde estimate') and all are planned: VMs that share most of their memory go to "
                    + "the same peer, the others are spread, as far as the peers have free memory. To each peer goes one VM "
                    + "after the other. After a failure no other migration begins, and the VM that failed runs on on this host.",
            "Interrupted, it aborts what runs. Exit status: 0 when no VM that ran is left on this host."
        })
final class EvacuateCommand implements Callable<Integer> {
    private static final long ABORT_MILLIS = 30_000;

    /** What a QEMU needs beside the VM's memory. */
    private static final long QEMU_BYTES = 64 << 20;

    /** For a VM of which there is no estimate, if there are some of others. */
    private static final double ASSUMED_BYTES_PER_SECOND = 100e6;

    @Spec
    private CommandSpec spec;

    @Mixin
    private ConfigOption config;

    @Mixin
    private MigrationOptions options;

    @Parameters(arity = "1..*", paramLabel = "PEER", description = "Names of peers in the configuration.")
    private List<String> peers;

    @Option(names = "--dry-run", description = "Only show the plan.")
    private boolean dryRun;

    @Option(names = "--keep-going", description = "Go on with the others when one has failed.")
    private boolean keepGoing;

    @Option(
            names = "--desturi",
            paramLabel = "PEER=URI",
            description = "A peer's libvirt; without it, qemu+ssh://HOST/system with the host of the peer's address.")
    private Map<String, String> libvirts = Map.of();

    private final Set<LiveMigration> running = ConcurrentHashMap.newKeySet();

    @Override
    public Integer call() throws Exception {
        HdeConfig loaded = config.load();
        Map<String, HdeConfig.Peer> to = new LinkedHashMap<>();
        for (String peer : peers) {
            to.put(peer, Peers.receiver(spec, loaded, peer));
        }
        for (String named : libvirts.keySet()) {
            if (!to.containsKey(named)) {
                throw new ParameterException(
                        spec.commandLine(), "--desturi names " + named + ", which is none of the peers");
            }
        }
        ControlClient client = new ControlClient(loaded.sockets().control());
        client.status();
        Map<String, String> staying = new LinkedHashMap<>();
        List<ActiveDomain> domains = new ArrayList<>();
        for (ActiveDomain domain : LibvirtHost.domains(loaded.libvirt().uri())) {
            if (domain.running()) {
                domains.add(domain);
            } else {
                staying.put(domain.name(), "it does not run");
            }
        }
        EvacuationPlan planned = plan(client, to, domains);
        staying.putAll(planned.staying());
        EvacuationPlan plan = new EvacuationPlan(planned.steps(), staying);
        out().print(EvacuationText.plan(plan));
        out().flush();
        return dryRun ? 0 : carryOut(loaded, client, to, plan);
    }

    // ---- plan -------------------------------------------------------------------------------------------------------

    private EvacuationPlan plan(ControlClient client, Map<String, HdeConfig.Peer> to, List<ActiveDomain> domains)
            throws ControlException, LibvirtHost.UnreachableException {
        List<EvacuationPlan.Peer> targets = new ArrayList<>();
        for (HdeConfig.Peer peer : to.values()) {
            targets.add(new EvacuationPlan.Peer(
                    peer.name(), LibvirtHost.availableMemory(libvirt(peer)).orElse(Long.MAX_VALUE)));
        }
        Map<String, Map<String, EstimateReport>> estimates = estimates(client, to, domains);
        Set<String> answering = new HashSet<>();
        estimates.values().forEach(byPeer -> answering.addAll(byPeer.keySet()));
        List<EvacuationPlan.Vm> vms = new ArrayList<>();
        for (ActiveDomain domain : domains) {
            Map<String, EvacuationPlan.Cost> costs = new HashMap<>();
            for (String peer : answering) {
                EstimateReport estimate = estimates.get(domain.name()).get(peer);
                costs.put(peer, estimate == null ? assumed(domain) : cost(estimate));
            }
            vms.add(new EvacuationPlan.Vm(
                    domain.name(), domain.memoryBytes() + QEMU_BYTES, costs, shares(domain.name(), estimates)));
        }
        return EvacuationPlan.of(vms, targets);
    }

    /** By VM and peer. */
    private Map<String, Map<String, EstimateReport>> estimates(
            ControlClient client, Map<String, HdeConfig.Peer> to, List<ActiveDomain> domains) throws ControlException {
        boolean terminal = Terminal.isOutput();
        Map<String, Map<String, EstimateReport>> estimates = new LinkedHashMap<>();
        Map<String, String> failures = new LinkedHashMap<>();
        for (ActiveDomain domain : domains) {
            Map<String, EstimateReport> byPeer = new HashMap<>();
            for (String peer : to.keySet()) {
                if (terminal) {
                    out().print("\restimating " + domain.name() + " to " + peer + "\033[K");
                    out().flush();
                }
                try {
                    byPeer.put(peer, client.estimate(domain.name(), peer));
                } catch (ControlException e) {
                    failures.put(domain.name() + " to " + peer, e.getMessage());
                }
            }
            estimates.put(domain.name(), byPeer);
        }
        out().print(terminal ? "\r\033[K" : "");
        failures.forEach((what, why) -> out().println("no estimate of " + what + ": " + why));
        if (!domains.isEmpty() && estimates.values().stream().allMatch(Map::isEmpty)) {
            throw new ControlException("no VM can be estimated, and so nothing is planned");
        }
        return estimates;
    }

    private static EvacuationPlan.Cost cost(EstimateReport estimate) {
        EstimateReport.Way way = estimate.hde();
        return new EvacuationPlan.Cost(way.totalMillis() / 1000.0, way.wireBytes());
    }

    private static EvacuationPlan.Cost assumed(ActiveDomain domain) {
        return new EvacuationPlan.Cost(domain.memoryBytes() / ASSUMED_BYTES_PER_SECOND, domain.memoryBytes());
    }

    private static Map<String, Double> shares(String vm, Map<String, Map<String, EstimateReport>> estimates) {
        Map<String, Double> shares = new HashMap<>();
        Optional<Sketch> own = sketch(estimates.get(vm));
        estimates.forEach((other, byPeer) -> {
            Optional<Sketch> others = sketch(byPeer);
            if (!other.equals(vm) && own.isPresent() && others.isPresent()) {
                shares.put(other, own.get().shareOf(others.get()));
            }
        });
        return shares;
    }

    private static Optional<Sketch> sketch(Map<String, EstimateReport> byPeer) {
        return byPeer.values().stream().findFirst().map(estimate -> {
            EstimateReport.Pages pages = estimate.pages();
            return new Sketch(estimate.leastPages(), (double) pages.kept() + pages.known() + pages.packed());
        });
    }

    // ---- carry out --------------------------------------------------------------------------------------------------

    private int carryOut(HdeConfig loaded, ControlClient client, Map<String, HdeConfig.Peer> to, EvacuationPlan plan)
            throws InterruptedException {
        Evacuation evacuation = new Evacuation(plan, (vm, peer) -> move(loaded, client, to.get(peer), vm), keepGoing);
        Thread abort = new Thread(() -> abort(evacuation, plan, loaded, to), "abort");
        Runtime.getRuntime().addShutdownHook(abort);
        evacuation.start();
        boolean terminal = Terminal.isOutput();
        Set<String> told = new HashSet<>();
        boolean ended = false;
        while (!ended) {
            ended = evacuation.awaitEnd(MigrationRecords.LOOK_MILLIS);
            List<Progress> all = evacuation.progress();
            for (Progress each : all) {
                if ((each.state() == State.AWAY || each.state() == State.FAILED)
                        && told.add(each.step().vm())) {
                    out().println((terminal ? "\r\033[K" : "") + EvacuationText.ended(each));
                }
            }
            if (terminal) {
                out().print("\r" + EvacuationText.line(all, System.currentTimeMillis()) + "\033[K");
            }
            out().flush();
        }
        out().print(terminal ? "\r\033[K" : "");
        try {
            Runtime.getRuntime().removeShutdownHook(abort);
        } catch (IllegalStateException e) {
            // it tells what is where
            abort.join();
            return 1;
        }
        out().print(EvacuationText.result(evacuation.progress(), plan.staying(), where(loaded, to)));
        return evacuation.progress().stream().allMatch(each -> each.state() == State.AWAY)
                        && plan.staying().isEmpty()
                ? 0
                : 1;
    }

    private long move(HdeConfig loaded, ControlClient client, HdeConfig.Peer peer, String vm) throws Exception {
        Path socket = loaded.sockets().of(peer.name(), vm);
        if (Files.notExists(socket)) {
            throw new ControlException("the agent does not listen for it on " + socket);
        }
        MigrationRecords records = new MigrationRecords(client, vm, peer.name(), Instant.now());
        try (LiveMigration migration = LiveMigration.of(vm, loaded.libvirt().uri(), libvirt(peer))) {
            running.add(migration);
            try {
                migration.run(options.way(loaded, peer, vm));
            } finally {
                running.remove(migration);
            }
        }
        // what it has left at the peer is what the next one builds on
        return records.ended().map(ChannelReport::wireBytes).orElse(0L);
    }

    private void abort(Evacuation evacuation, EvacuationPlan plan, HdeConfig loaded, Map<String, HdeConfig.Peer> to) {
        evacuation.stop();
        running.forEach(LiveMigration::abort);
        try {
            evacuation.awaitEnd(ABORT_MILLIS);
            out().print("\n" + EvacuationText.result(evacuation.progress(), plan.staying(), where(loaded, to)));
            out().flush();
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
        }
    }

    /** On which hosts each VM runs. */
    private Map<String, String> where(HdeConfig loaded, Map<String, HdeConfig.Peer> to) {
        Map<String, String> libvirtOf = new LinkedHashMap<>();
        libvirtOf.put(loaded.host().name(), loaded.libvirt().uri());
        to.forEach((name, peer) -> libvirtOf.put(name, libvirt(peer)));
        Map<String, String> where = new HashMap<>();
        libvirtOf.forEach((host, uri) -> {
            try {
                for (ActiveDomain domain : LibvirtHost.domains(uri)) {
                    String state = domain.running() ? host : host + " (does not run)";
                    where.merge(domain.name(), state, (one, other) -> one + ", " + other);
                }
            } catch (LibvirtHost.UnreachableException e) {
                out().println("what runs on " + host + " is not known: " + e.getMessage());
            }
        });
        return where;
    }

    private String libvirt(HdeConfig.Peer peer) {
        return libvirts.getOrDefault(peer.name(), TunnelUri.ofLibvirt(peer));
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
