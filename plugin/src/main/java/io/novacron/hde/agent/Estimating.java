package io.novacron.hde.agent;

import io.novacron.hde.baseline.MemoryTable;
import io.novacron.hde.channel.LikelyEffort;
import io.novacron.hde.channel.SpareProcessors;
import io.novacron.hde.codec.Effort;
import io.novacron.hde.codec.Estimate;
import io.novacron.hde.codec.PackOptions;
import io.novacron.hde.codec.Rewrites;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.EstimateReport;
import io.novacron.hde.estimate.MigrationModel;
import io.novacron.hde.estimate.Survey;
import io.novacron.hde.estimate.TouchedPages;
import io.novacron.hde.estimate.WriteWatch;
import io.novacron.hde.libvirt.DomainInfo;
import io.novacron.hde.page.Page;
import io.novacron.hde.seed.GuestPages;
import io.novacron.hde.seed.SeedStream;
import io.novacron.hde.store.PageStore;
import io.novacron.hde.tunnel.Peer;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Estimates what a running VM's migration would cost, one at a time. Thread-safe. */
final class Estimating {
    private static final Logger LOG = LoggerFactory.getLogger(Estimating.class);

    /** Resembling pages of baselines are looked for that long at the most; a migration does it while the link is busy. */
    private static final long LEARNING_NANOS = TimeUnit.MILLISECONDS.toNanos(1500);

    /** As {@link io.novacron.hde.codec.SourceEncoder#wantsBaselines}. */
    private static final double LEAST_NEW_PAGES = 512;

    private static final double MOST_OTHERS_FOR_NEW = 4;

    private final HdeConfig config;
    private final Map<String, Peer> peers;
    private final Seeding seeding;
    private final Seeding.Guests guests;
    private final PeerQuestion question;
    private final PageStore store;
    private final Channels channels;
    private final SpareProcessors spareProcessors;
    private final ReentrantLock one = new ReentrantLock();

    /** @param seeding knows which VMs run here */
    Estimating(
            HdeConfig config,
            Map<String, Peer> peers,
            Seeding seeding,
            Seeding.Guests guests,
            PeerQuestion question,
            PageStore store,
            Channels channels) {
        this.config = config;
        this.peers = Map.copyOf(peers);
        this.seeding = seeding;
        this.guests = guests;
        this.question = question;
        this.store = store;
        this.channels = channels;
        this.spareProcessors = new SpareProcessors(config.codec().maxCpuUtilization());
    }

    /**
     * Estimates; takes some seconds, in which the VM is watched.
     *
     * @throws ControlException when there is no such VM or peer, the peer cannot be asked, or the memory cannot be read
     */
    EstimateReport estimate(String vm, String peer) throws ControlException {
        DomainInfo domain = seeding.domain(vm);
        if (!seeding.peer(peer).mayReceive()) {
            throw new ControlException(
                    "peer " + peer + " may not receive VMs from this host: peers." + peer + ".may-receive is false");
        }
        if (!one.tryLock()) {
            throw new ControlException("another estimate is being made; try again in some seconds");
        }
        try {
            PeerQuestion.Answer answer = question.ask(peers.get(peer), domain);
            try (GuestPages guest = guests.open(domain)) {
                return report(domain, peer, answer, guest);
            }
        } catch (IOException e) {
            LOG.debug("no estimate of {} to {}", vm, peer, e);
            throw new ControlException(e.getMessage(), e);
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new ControlException("the agent is stopping", e);
        } finally {
            one.unlock();
            // what the samples took lies outside the heap
            channels.collect();
        }
    }

    private EstimateReport report(DomainInfo domain, String peer, PeerQuestion.Answer answer, GuestPages guest)
            throws IOException, InterruptedException {
        List<MemoryTable> agreed = new ArrayList<>(answer.agreed().values());
        MemoryTable base = new MemoryTable(SeedStream.layout(guest.blocks()));
        if (!agreed.isEmpty()) {
            base = agreed.get(0).adapt(base.layout(), MemoryTable.DEFAULT_MAX_CHUNKS);
            agreed.set(0, base);
        }
        TouchedPages touched = TouchedPages.of(guest);
        WriteWatch.Writes writes = WriteWatch.watch(guest, touched, base);
        Survey survey = Survey.of(guest, touched, agreed, new Random(1));

        double link = answer.linkRate();
        PackOptions options = Agent.packOptions(config);
        Effort effort = LikelyEffort.of(config.codec().compressionLevel(), spareProcessors, link);
        Packed packed = packed(survey, agreed, options, effort);
        double rewriteBytes = packed.bytesAPage();
        WriteWatch.Rewritten rewritten = writes.rewritten();
        if (rewritten.pages() > 0) {
            long bytes =
                    Rewrites.bytes(rewritten.before(), rewritten.after(), rewritten.pages(), store, options, effort);
            rewriteBytes = (double) bytes / rewritten.pages();
        }
        EstimatedWays ways = new EstimatedWays(survey, writes, packed, rewriteBytes, link);
        MigrationModel.Prediction hde = ways.hde();
        double seedSeconds = ways.seedSeconds(config.seed());
        return new EstimateReport(
                domain.name(),
                domain.uuid(),
                peer,
                Instant.now(),
                new EstimateReport.Pages(
                        Math.round(survey.zero()),
                        Math.round(survey.kept()),
                        Math.round(survey.known()),
                        Math.round(survey.packed())),
                packed.sampled(),
                answer.agreed().keySet().stream().findFirst().orElse(null),
                Math.round(writes.written().rate() * Page.SIZE),
                writes.fromKernel(),
                Math.round(link),
                way(ways.plain(), null),
                way(hde, packed.error()),
                way(ways.seeded(seedSeconds), null),
                Math.round(ways.hdeFirstBytes()),
                Math.round(1000 * seedSeconds),
                survey.least());
    }

    /**
     * What the pages that have to be packed come to.
     *
     * @param error of the bytes; null where it is not known
     * @param nanosAPage processor time
     */
    record Packed(double bytes, Long error, int sampled, double pages, double nanosAPage) {
        /** Zero where there are no pages. */
        double bytesAPage() {
            return pages == 0 ? 0 : bytes / pages;
        }
    }

    private Packed packed(Survey survey, List<MemoryTable> agreed, PackOptions options, Effort effort) {
        int sampled = survey.sample().count();
        if (sampled == 0) {
            return new Packed(0, null, 0, 0, 0);
        }
        boolean learns = survey.packed() > LEAST_NEW_PAGES
                && survey.packed() > (survey.kept() + survey.known()) / MOST_OTHERS_FOR_NEW;
        long end = System.nanoTime() + LEARNING_NANOS;
        Estimate estimate =
                Estimate.of(survey.sample(), agreed, store, options, effort, () -> !learns || System.nanoTime() > end);
        double error = estimate.bytes().error();
        return new Packed(
                estimate.bytes().value(),
                Double.isFinite(error) ? Math.round(error) : null,
                sampled,
                survey.packed(),
                (double) estimate.nanos() / sampled);
    }

    private static EstimateReport.Way way(MigrationModel.Prediction prediction, Long error) {
        return new EstimateReport.Way(
                Math.round(prediction.bytes()),
                error,
                Math.round(1000 * prediction.seconds()),
                Math.round(1000 * prediction.downtimeSeconds()),
                prediction.rounds(),
                prediction.converges());
    }
}
