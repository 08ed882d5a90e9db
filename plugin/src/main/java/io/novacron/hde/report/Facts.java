package io.novacron.hde.report;

import io.novacron.hde.control.ChannelReport;
import java.util.Locale;

/** Everything that the record says in words and numbers. */
final class Facts {
    private static final int DIGITS = 16;

    private Facts() {}

    static String of(ChannelReport report) {
        StringBuilder html = new StringBuilder("<table class=\"facts\">\n");
        row(html, "migration", report.migration(), report.migration());
        row(html, "kind", report.kind().name().toLowerCase(Locale.ROOT).replace('_', '-'), null);
        row(html, "result", report.outcome().name().toLowerCase(Locale.ROOT), null);
        if (report.reason() != null) {
            row(html, "reason", report.reason(), null);
        }
        if (report.passThroughReason() != null) {
            row(html, "passed through because", report.passThroughReason(), null);
        }
        row(html, "began", report.started().toString(), null);
        if (report.finished() != null) {
            row(html, "ended", report.finished().toString(), null);
        }
        row(html, "QEMU wrote", Units.count(report.streamBytes()) + " bytes", Long.toString(report.streamBytes()));
        row(html, "crossed the network", Units.count(report.wireBytes()) + " bytes", Long.toString(report.wireBytes()));
        row(html, "rounds", Units.count(report.rounds()), Integer.toString(report.rounds()));
        row(html, "asked for again", Units.count(report.naks()), Long.toString(report.naks()));
        row(html, "connections resumed", Units.count(report.resumptions()), Long.toString(report.resumptions()));
        row(
                html,
                "built on baseline",
                shortened(report.baselineUsed(), "none: the other host knew nothing of this VM"),
                null);
        row(html, "became baseline", shortened(report.baselineCommitted(), "none"), null);
        if (report.streamSha256() != null) {
            row(html, "SHA-256 of the stream", report.streamSha256(), null);
        }
        return html.append("</table>\n").toString();
    }

    private static String shortened(String root, String none) {
        return root == null ? none : root.length() > DIGITS ? root.substring(0, DIGITS) + "…" : root;
    }

    private static void row(StringBuilder html, String name, String value, String figure) {
        html.append("<tr><th>")
                .append(name)
                .append("</th><td")
                .append(
                        figure == null
                                ? ""
                                : " id=\"" + name.replace(' ', '-').toLowerCase(Locale.ROOT) + "\" data-value=\""
                                        + Html.text(figure) + "\"")
                .append('>')
                .append(Html.text(value))
                .append("</td></tr>\n");
    }
}
