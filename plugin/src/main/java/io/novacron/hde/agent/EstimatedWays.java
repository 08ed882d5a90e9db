package io.novacron.hde.agent;

import io.novacron.hde.codec.Segment;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.estimate.MigrationModel;
import io.novacron.hde.estimate.MigrationModel.Prediction;
import io.novacron.hde.estimate.Survey;
import io.novacron.hde.estimate.WriteWatch.Writes;

/** The ways in which a VM could migrate, as the model wants them: what was measured, and what is the same for all VMs. */
final class EstimatedWays {
    /** Between an estimate and QEMU's first page: libvirt's conversation, and a person. Seconds. */
    private static final double UNTIL_IT_BEGINS = 2;

    /** How much longer than reading and hashing a page it takes QEMU to write it to its socket. */
    private static final double QEMU_PAGE = 2;

    /** The same for the agents to take it from there and write it to the other QEMU's. */
    private static final double AGENT_PAGE = 3;

    /** The same for QEMU to find that a page is zero. */
    private static final double ZERO_PAGE = 0.2;

    /** Encoding and packing are done side by side. */
    private static final double PROCESSORS = 2;

    /** A batch that stands for nothing but pages that the peer has, and what is said about it. Bytes. */
    private static final double BATCH_BYTES = 70;

    private static final double KNOWN_BYTES = 3;
    private static final double SAME_BYTES = 0.5;

    /** Devices, ROMs, the description of the VM, and the conversation around a channel. Bytes. */
    private static final double HDE_OTHER_BYTES = 12_000;

    private static final double PLAIN_OTHER_BYTES = 500_000;

    /** Devices are saved, loaded, and the guest is started. Seconds. */
    private static final double SWITCH_SECONDS = 0.15;

    private final Survey survey;
    private final Writes writes;
    private final Estimating.Packed packed;
    private final double rewriteBytes;
    private final double link;

    /** @param rewriteBytes what a page costs that was written since it crossed */
    EstimatedWays(Survey survey, Writes writes, Estimating.Packed packed, double rewriteBytes, double link) {
        this.survey = survey;
        this.writes = writes;
        this.packed = packed;
        this.rewriteBytes = rewriteBytes;
        this.link = link;
    }

    private double streamBytes() {
        return survey.filled() * MigrationModel.PAGE_RECORD + survey.zero() * MigrationModel.ZERO_RECORD;
    }

    Prediction plain() {
        return predict(new MigrationModel.Way(
                streamBytes(),
                streamBytes(),
                pagesSeconds(QEMU_PAGE),
                MigrationModel.PAGE_RECORD,
                MigrationModel.PAGE_RECORD,
                QEMU_PAGE * survey.pageSeconds(),
                PLAIN_OTHER_BYTES,
                SWITCH_SECONDS));
    }

    Prediction hde() {
        double time = Math.max(hdeFirstBytes() / link, firstSeconds(packed.pages()));
        return hde(hdeFirstBytes() + lost(UNTIL_IT_BEGINS + time / 2) * rewriteBytes, packed.pages());
    }

    /** What the peer does not hold at this moment. */
    double hdeFirstBytes() {
        return packed.bytes() + survey.known() * KNOWN_BYTES + batches() * BATCH_BYTES;
    }

    private double batches() {
        return streamBytes() / Segment.CAPACITY;
    }

    /** Pages that are as the peer has them and will not be any more after so many seconds. */
    private double lost(double seconds) {
        return Math.min(survey.kept(), writes.keptLost() * seconds / writes.seconds());
    }

    /** The peer has then what the guest held while it was seeded. */
    Prediction seeded(double seedSeconds) {
        double changed = writes.changed().pagesAfterReading(seedSeconds + UNTIL_IT_BEGINS);
        return hde(changed * rewriteBytes + batches() * BATCH_BYTES, changed);
    }

    private Prediction hde(double firstBytes, double packedPages) {
        return predict(new MigrationModel.Way(
                streamBytes(),
                firstBytes,
                firstSeconds(packedPages),
                rewriteBytes,
                SAME_BYTES,
                (QEMU_PAGE + AGENT_PAGE) * survey.pageSeconds() + packingSeconds() / PROCESSORS,
                HDE_OTHER_BYTES,
                SWITCH_SECONDS));
    }

    private double firstSeconds(double packedPages) {
        return pagesSeconds(QEMU_PAGE + AGENT_PAGE) + packedPages * packingSeconds() / PROCESSORS;
    }

    private double pagesSeconds(double each) {
        return survey.pageSeconds() * (survey.filled() * each + survey.zero() * ZERO_PAGE);
    }

    private double packingSeconds() {
        return packed.nanosAPage() / 1e9;
    }

    private Prediction predict(MigrationModel.Way way) {
        return MigrationModel.predict(way, writes.written(), writes.changed(), link);
    }

    /** How long a seed would take at the limits that are configured. */
    double seedSeconds(HdeConfig.Seed limits) {
        double rate = limits.maxBandwidth().isPresent()
                ? Math.min(link, (double) limits.maxBandwidth().getAsLong())
                : link;
        double processing = survey.filled() * survey.pageSeconds() + packed.pages() * packingSeconds();
        return Math.max(hdeFirstBytes() / rate, processing / limits.maxProcessors());
    }
}
