package io.novacron.hde.agent;

import io.novacron.hde.baseline.Baseline;
import io.novacron.hde.baseline.BaselineCatalog;
import io.novacron.hde.baseline.BlockLayout;
import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.BaselineDetail;
import io.novacron.hde.control.BaselineSummary;
import io.novacron.hde.control.ChannelCourse;
import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.ControlHandler;
import io.novacron.hde.control.DictionarySummary;
import io.novacron.hde.control.DictionaryTraining;
import io.novacron.hde.control.EstimateReport;
import io.novacron.hde.control.PeerReport;
import io.novacron.hde.control.Release;
import io.novacron.hde.control.SeedReport;
import io.novacron.hde.control.StatusReport;
import io.novacron.hde.control.TransparentReport;
import io.novacron.hde.page.PageId;
import java.io.IOException;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.function.BooleanSupplier;

/** Answers the command line. */
final class AgentControl implements ControlHandler {
    private final HdeConfig config;
    private final Channels channels;
    private final SourceMigrations source;
    private final BaselineCatalog catalog;
    private final DictionaryKeeper dictionaries;
    private final ChannelReports reports;
    private final MigrationHistory history;
    private final TransparentMode transparent;
    private final Seeding seeding;
    private final Estimating estimating;
    private final BooleanSupplier ready;

    AgentControl(
            HdeConfig config,
            Channels channels,
            SourceMigrations source,
            BaselineCatalog catalog,
            DictionaryKeeper dictionaries,
            ChannelReports reports,
            MigrationHistory history,
            TransparentMode transparent,
            Seeding seeding,
            Estimating estimating,
            BooleanSupplier ready) {
        this.config = config;
        this.channels = channels;
        this.source = source;
        this.catalog = catalog;
        this.dictionaries = dictionaries;
        this.reports = reports;
        this.history = history;
        this.transparent = transparent;
        this.seeding = seeding;
        this.estimating = estimating;
        this.ready = ready;
    }

    @Override
    public StatusReport status() {
        List<ChannelProgress> running = channels.running();
        List<PeerReport> peers = new ArrayList<>();
        for (HdeConfig.Peer peer : config.peers().values()) {
            peers.add(new PeerReport(
                    peer.name(),
                    peer.address().toString(),
                    count(running, peer.name(), true),
                    count(running, peer.name(), false),
                    source.lastError(peer.name())));
        }
        return new StatusReport(
                config.host().name(),
                Release.name(),
                ready.getAsBoolean(),
                peers,
                running.stream().map(reports::of).toList(),
                channels.recent().stream().map(reports::of).toList());
    }

    private static int count(List<ChannelProgress> running, String peer, boolean sending) {
        return (int) running.stream()
                .filter(progress ->
                        progress.id().peer().equals(peer) && progress.id().sending() == sending)
                .count();
    }

    @Override
    public List<BaselineSummary> baselines() {
        return catalog.list().stream().map(this::summary).toList();
    }

    private BaselineSummary summary(Baseline baseline) {
        return new BaselineSummary(
                baseline.vmName(),
                baseline.vm().toString(),
                baseline.isDisk() ? baseline.disk() : null,
                baseline.root().toString(),
                baseline.peer(),
                baseline.generation(),
                Instant.ofEpochMilli(baseline.capturedAt()),
                baseline.layout().stream()
                        .mapToLong(block -> block.usedLength())
                        .sum(),
                baseline.presentPages(),
                channels.running(baseline.vm().toString()));
    }

    @Override
    public BaselineDetail baseline(String rootPrefixOrVm) throws ControlException {
        List<Baseline> matching = matching(rootPrefixOrVm);
        Baseline newest = matching.get(0);
        for (Baseline baseline : matching) {
            newest = baseline.capturedAt() > newest.capturedAt() ? baseline : newest;
        }
        MemoryTable table = catalog.load(newest.root())
                .orElseThrow(() -> new ControlException("this baseline is damaged and has been forgotten"));
        long[] pages = new long[table.layout().size()];
        table.forEachPresent((block, page, high, low) -> {
            pages[block] += high == PageId.ZERO_PAGE.high() ? 0 : 1;
            return true;
        });
        List<BaselineDetail.Block> blocks = new ArrayList<>();
        for (int block = 0; block < pages.length; block++) {
            BlockLayout layout = table.layout().get(block);
            blocks.add(new BaselineDetail.Block(layout.name(), layout.usedLength(), pages[block]));
        }
        return new BaselineDetail(summary(newest), blocks);
    }

    @Override
    public int dropBaselines(String vmOrRootPrefix) throws ControlException {
        int dropped = 0;
        for (Baseline baseline : matching(vmOrRootPrefix)) {
            if (channels.running(baseline.vm().toString())) {
                throw new ControlException("a migration of " + baseline.vmName() + " is running; try again after it");
            }
            dropped += catalog.drop(baseline.root()) ? 1 : 0;
        }
        return dropped;
    }

    @Override
    public List<DictionarySummary> dictionaries() {
        return dictionaries.list();
    }

    @Override
    public DictionarySummary dictionary(String digestPrefix) throws ControlException {
        return dictionaries.show(digestPrefix);
    }

    @Override
    public List<DictionaryTraining> trainDictionaries(String type) throws ControlException {
        return dictionaries.train(type);
    }

    @Override
    public TransparentReport transparent() {
        return transparent.report();
    }

    @Override
    public TransparentReport switchTransparent(boolean on) throws ControlException {
        try {
            if (on) {
                transparent.on();
            } else {
                transparent.off();
            }
            return transparent.report();
        } catch (IOException e) {
            throw new ControlException(e.getMessage(), e);
        }
    }

    @Override
    public List<ChannelReport> history() {
        return history.list();
    }

    @Override
    public List<ChannelCourse> courses(String migration) {
        return history.courses(migration);
    }

    @Override
    public List<SeedReport> seeds() {
        return seeding.reports();
    }

    @Override
    public SeedReport seed(String vm, String peer, Long keepFreshSeconds, Long maxBandwidth) throws ControlException {
        return seeding.seed(
                vm,
                peer,
                Optional.ofNullable(keepFreshSeconds).map(Duration::ofSeconds),
                maxBandwidth == null ? OptionalLong.empty() : OptionalLong.of(maxBandwidth));
    }

    @Override
    public SeedReport stopSeed(String vm, String peer) throws ControlException {
        return seeding.stop(vm, peer);
    }

    @Override
    public EstimateReport estimate(String vm, String peer) throws ControlException {
        return estimating.estimate(vm, peer);
    }

    private List<Baseline> matching(String rootPrefixOrVm) throws ControlException {
        List<Baseline> matching = catalog.list().stream()
                .filter(baseline -> baseline.vmName().equals(rootPrefixOrVm)
                        || baseline.vm().toString().equals(rootPrefixOrVm)
                        || (rootPrefixOrVm.length() >= 4
                                && baseline.root().toString().startsWith(rootPrefixOrVm)))
                .toList();
        if (matching.isEmpty()) {
            throw new ControlException("there is no baseline of a VM " + rootPrefixOrVm
                    + ", and none whose root begins so; see hde baseline list");
        }
        return matching;
    }
}
