package io.novacron.hde.agent;

import io.novacron.hde.channel.ChannelProgress;
import io.novacron.hde.codec.CrossingMap;
import io.novacron.hde.codec.Tier;
import io.novacron.hde.control.ChannelCourse;
import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.control.PagesByTier;
import io.novacron.hde.forecast.Forecast;
import io.novacron.hde.forecast.ForecastHistory;
import io.novacron.hde.wire.ChannelType;
import java.time.Instant;
import java.util.Map;
import java.util.OptionalDouble;

/** What is told of a channel, while it runs and afterwards. */
final class ChannelReports {
    private final ForecastHistory forecasts;

    /** @param forecasts say how wrong a forecast may be */
    ChannelReports(ForecastHistory forecasts) {
        this.forecasts = forecasts;
    }

    /** As it is at the moment. */
    ChannelReport of(ChannelProgress progress) {
        Map<Tier, Long> pages = progress.pagesByTier();
        boolean running = progress.outcome() == ChannelProgress.Outcome.RUNNING;
        Forecast forecast = progress.forecast().orElse(null);
        boolean converges = forecast != null && forecast.converges();
        OptionalDouble error = converges ? forecasts.error(progress.id().peer(), forecast) : OptionalDouble.empty();
        return new ChannelReport(
                progress.id().migration(),
                progress.id().vm(),
                progress.id().vmUuid(),
                progress.id().peer(),
                progress.id().sending() ? ChannelReport.Direction.SEND : ChannelReport.Direction.RECEIVE,
                kind(progress),
                state(progress),
                Instant.ofEpochMilli(progress.startedAt()),
                running ? null : Instant.ofEpochMilli(progress.finishedAt()),
                progress.streamBytes(),
                progress.wireBytes(),
                new PagesByTier(
                        pages.get(Tier.ZERO),
                        pages.get(Tier.KEPT),
                        pages.get(Tier.KNOWN),
                        pages.get(Tier.DELTA),
                        pages.get(Tier.NEW),
                        pages.get(Tier.RAW)),
                progress.rounds(),
                progress.linkBytesPerSecond(),
                progress.bufferedBytes(),
                converges ? forecast.bytes() : null,
                converges ? forecast.millis() : null,
                error.isPresent() ? error.getAsDouble() : null,
                forecast == null ? null : forecast.converges(),
                progress.naks(),
                progress.resumptions(),
                progress.switchover()
                        .map(times -> new ChannelReport.Switchover(
                                times.lastRound(), times.deviceState(), times.delivery(), times.loading()))
                        .orElse(null),
                progress.baselineUsed(),
                progress.baselineCommitted(),
                switch (progress.outcome()) {
                    case RUNNING -> ChannelReport.Outcome.RUNNING;
                    case COMPLETED -> ChannelReport.Outcome.COMPLETED;
                    case FAILED -> ChannelReport.Outcome.FAILED;
                },
                progress.reason(),
                progress.streamSha256(),
                progress.passThroughReason(),
                progress.levels().stream()
                        .map(change -> new ChannelReport.Level(
                                change.millis(), change.level(), change.references(), change.linkBytesPerSecond()))
                        .toList());
    }

    /** How a channel that has ended came to its figures. */
    ChannelCourse courseOf(ChannelProgress ended) {
        return new ChannelCourse(
                of(ended),
                ended.id().number(),
                ended.points().stream().map(ChannelReports::point).toList(),
                ended.crossings().map(ChannelReports::map).orElse(null));
    }

    private static ChannelCourse.Point point(ChannelProgress.Point point) {
        Map<Tier, Long> pages = point.pages();
        return new ChannelCourse.Point(
                point.millis(),
                point.streamBytes(),
                point.wireBytes(),
                pages.get(Tier.ZERO),
                pages.get(Tier.KEPT),
                pages.get(Tier.KNOWN),
                pages.get(Tier.DELTA),
                pages.get(Tier.NEW),
                pages.get(Tier.RAW),
                point.frames().delta(),
                point.frames().compressed(),
                point.frames().stored(),
                point.rounds(),
                point.linkBytesPerSecond());
    }

    private static ChannelCourse.Map map(CrossingMap.Snapshot crossings) {
        return new ChannelCourse.Map(
                crossings.blocks().stream()
                        .map(block -> new ChannelCourse.Block(block.name(), block.bytes(), block.cells()))
                        .toList(),
                crossings.pagesPerCell(),
                crossings.tiers(),
                crossings.times());
    }

    private static ChannelReport.Kind kind(ChannelProgress progress) {
        if (progress.type() == ChannelType.CONTROL) {
            return ChannelReport.Kind.CONTROL;
        } else if (progress.passThroughReason() != null) {
            return ChannelReport.Kind.PASS_THROUGH;
        }
        return switch (progress.type()) {
            case DISK -> ChannelReport.Kind.DISK;
            case SEED -> ChannelReport.Kind.SEED;
            default -> ChannelReport.Kind.MEMORY;
        };
    }

    private static String state(ChannelProgress progress) {
        if (progress.outcome() != ChannelProgress.Outcome.RUNNING) {
            return "ended";
        } else if (!progress.isConnected()) {
            return "waiting for the peer";
        } else if (progress.type() == ChannelType.CONTROL) {
            return "open";
        } else if (progress.type() == ChannelType.DISK || progress.type() == ChannelType.SEED) {
            return "level " + progress.level();
        }
        return "round " + progress.rounds() + ", level " + progress.level();
    }
}
