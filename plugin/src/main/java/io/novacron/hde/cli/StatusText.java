package io.novacron.hde.cli;

import io.novacron.hde.control.ChannelReport;
import io.novacron.hde.control.PagesByTier;
import io.novacron.hde.control.PeerReport;
import io.novacron.hde.control.StatusReport;
import java.time.Instant;
import java.util.List;

/** A status report as tables. */
final class StatusText {
    private StatusText() {}

    static String of(StatusReport status, Instant now) {
        StringBuilder text = new StringBuilder();
        text.append(status.host())
                .append(": HDE ")
                .append(status.version())
                .append(status.ready() ? ", ready\n" : ", warming up\n");
        Table peers = new Table("PEER", "ADDRESS", ">SENDING", ">RECEIVING", "LAST ERROR");
        for (PeerReport peer : status.peers()) {
            peers.row(peer.name(), peer.address(), peer.sending(), peer.receiving(), peer.lastError());
        }
        append(text, peers, "", "no peers: the configuration lists none");
        append(text, channels(status.channels(), now), "", "no channels");
        if (!status.channels().isEmpty()) {
            append(text, pages(status.channels()), "", "");
        }
        append(text, channels(status.recent(), now), "recent:\n", "");
        if (!status.recent().isEmpty()) {
            append(text, pages(status.recent()), "", "");
        }
        notes(text, status);
        return text.toString();
    }

    private static void append(StringBuilder text, Table table, String title, String ifEmpty) {
        if (!table.isEmpty()) {
            text.append('\n').append(title).append(table);
        } else if (!ifEmpty.isEmpty()) {
            text.append('\n').append(ifEmpty).append('\n');
        }
    }

    private static Table channels(List<ChannelReport> channels, Instant now) {
        Table table = new Table(
                "VM", "WAY", "KIND", "STATE", ">TIME", ">ROUND", ">STREAM", ">WIRE", ">SAVED", ">LINK", ">BUFFERED");
        for (ChannelReport channel : channels) {
            boolean running = channel.outcome() == ChannelReport.Outcome.RUNNING;
            table.row(
                    channel.vm(),
                    way(channel),
                    kind(channel),
                    state(channel),
                    Amounts.time(channel.started(), channel.finished() == null ? now : channel.finished()),
                    channel.rounds(),
                    Amounts.bytes(channel.streamBytes()),
                    Amounts.bytes(channel.wireBytes()),
                    Amounts.saved(channel.streamBytes(), channel.wireBytes()),
                    running ? Amounts.bits(channel.linkBytesPerSecond()) : null,
                    running ? Amounts.bytes(channel.bufferedBytes()) : null);
        }
        return table;
    }

    static String way(ChannelReport channel) {
        return (channel.direction() == ChannelReport.Direction.SEND ? "to " : "from ") + channel.peer();
    }

    static String kind(ChannelReport channel) {
        return switch (channel.kind()) {
            case MEMORY -> "memory";
            case DISK -> "disk";
            case PASS_THROUGH -> "pass-through";
            case CONTROL -> "control";
            case SEED -> "seed";
        };
    }

    private static String state(ChannelReport channel) {
        return switch (channel.outcome()) {
            case RUNNING -> channel.state();
            case COMPLETED -> "completed";
            case FAILED -> "failed";
        };
    }

    private static Table pages(List<ChannelReport> channels) {
        Table table = new Table(
                "PAGES OF", ">ZERO", ">KEPT", ">KNOWN", ">DELTA", ">NEW", ">RAW", ">NAKS", "BASELINE USED", "MADE");
        for (ChannelReport channel : channels) {
            if (channel.kind() != ChannelReport.Kind.CONTROL && channel.kind() != ChannelReport.Kind.PASS_THROUGH) {
                PagesByTier pages = channel.pagesByTier();
                table.row(
                        channel.vm(),
                        pages.zero(),
                        pages.kept(),
                        pages.known(),
                        pages.delta(),
                        pages.newPages(),
                        pages.raw(),
                        channel.naks(),
                        root(channel.baselineUsed()),
                        root(channel.baselineCommitted()));
            }
        }
        return table;
    }

    /** As many digits as tell baselines apart for people. */
    static String root(String root) {
        return root == null || root.length() <= 12 ? root : root.substring(0, 12);
    }

    private static void notes(StringBuilder text, StatusReport status) {
        StringBuilder notes = new StringBuilder();
        for (List<ChannelReport> channels : List.of(status.channels(), status.recent())) {
            for (ChannelReport channel : channels) {
                note(notes, channel, "", remaining(channel));
                note(notes, channel, "", resumptions(channel));
                note(notes, channel, "switched over in ", switchover(channel.switchover()));
                note(notes, channel, "", channel.reason());
                note(notes, channel, "passed through unchanged: ", channel.passThroughReason());
                note(notes, channel, "SHA-256 of the stream: ", channel.streamSha256());
            }
        }
        if (notes.length() > 0) {
            text.append('\n').append(notes);
        }
    }

    /** Null where it is not known. */
    static String switchover(ChannelReport.Switchover times) {
        return times == null
                ? null
                : times.lastRoundMs() + " ms for the last round of memory, " + times.deviceStateMs()
                        + " ms for the device state, " + times.deliveryMs() + " ms until all was delivered, "
                        + times.loadingMs() + " ms to load it";
    }

    /** Null where there was none. */
    private static String resumptions(ChannelReport channel) {
        return switch ((int) Math.min(channel.resumptions(), 2)) {
            case 0 -> null;
            case 1 -> "went on over a new connection once";
            default -> "went on over a new connection " + channel.resumptions() + " times";
        };
    }

    /** Null where it is not known. */
    static String remaining(ChannelReport channel) {
        if (channel.converges() == null) {
            return null;
        }
        if (!channel.converges()) {
            return "does not converge at this rate";
        }
        String error =
                channel.remainingError() == null ? "" : " (±" + Math.round(100 * channel.remainingError()) + " %)";
        return "about " + Amounts.bytes(channel.remainingBytes()) + " and " + Amounts.seconds(channel.remainingMs())
                + " to go" + error;
    }

    private static void note(StringBuilder notes, ChannelReport channel, String what, String words) {
        if (words != null) {
            notes.append((channel.vm() + ": " + what + words).replaceAll("\\p{Cntrl}", "?"))
                    .append('\n');
        }
    }
}
