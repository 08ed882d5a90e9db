package io.novacron.hde.report;

import io.novacron.hde.control.ChannelCourse;
import io.novacron.hde.control.ChannelReport;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.List;
import java.util.Locale;

/** One migration as one HTML page that needs nothing else. */
public final class ReportPage {
    private static final DateTimeFormatter TIME = DateTimeFormatter.ofPattern(
                    "d MMMM yyyy, HH:mm:ss 'UTC'", Locale.ROOT)
            .withZone(ZoneOffset.UTC);

    private ReportPage() {}

    /**
     * Makes the page.
     *
     * @param host this host's name
     * @param channels the migration's, in their order; at least one. Those of which no course is known have no points
     */
    public static String of(String host, List<ChannelCourse> channels) {
        ChannelReport first = channels.get(0).report();
        boolean sends = first.direction() == ChannelReport.Direction.SEND;
        String from = Html.text(sends ? host : first.peer());
        String to = Html.text(sends ? first.peer() : host);
        String vm = Html.text(first.vm());
        StringBuilder html = new StringBuilder();
        html.append("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n")
                .append("<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n")
                .append(
                        "<meta http-equiv=\"Content-Security-Policy\" content=\"default-src 'none'; style-src 'unsafe-inline'\">\n")
                .append("<title>")
                .append(vm)
                .append(": ")
                .append(from)
                .append(" to ")
                .append(to)
                .append("</title>\n<style>\n")
                .append(style())
                .append("</style>\n</head>\n<body>\n<header>\n<p class=\"kicker\">HDE migration report</p>\n<h1>")
                .append(vm)
                .append(" <span class=\"way\">")
                .append(from)
                .append(" → ")
                .append(to)
                .append("</span></h1>\n");
        summary(html, channels);
        html.append("</header>\n");
        for (int i = 0; i < channels.size(); i++) {
            if (channels.size() > 1) {
                html.append("<h2 class=\"channel\">Channel ")
                        .append(i + 1)
                        .append(" of ")
                        .append(channels.size())
                        .append("</h2>\n");
            }
            channel(html, channels.get(i));
        }
        return html.append(
                        "<footer><p>HDE sends of a migrating virtual machine only what the other host does not already have:")
                .append(
                        " what lies there from an earlier migration, or from another VM like it, crosses as a reference or a")
                .append(
                        " difference, and the rest compressed. Every page is checked against its hash before the VM gets it.")
                .append("</p></footer>\n</body>\n</html>\n")
                .toString();
    }

    private static void summary(StringBuilder html, List<ChannelCourse> channels) {
        ChannelReport first = channels.get(0).report();
        long stream =
                channels.stream().mapToLong(each -> each.report().streamBytes()).sum();
        long wire =
                channels.stream().mapToLong(each -> each.report().wireBytes()).sum();
        String outcome = first.outcome().name().toLowerCase(Locale.ROOT);
        html.append("<p class=\"when\"><span class=\"badge ")
                .append(outcome)
                .append("\">")
                .append(outcome)
                .append("</span> ")
                .append(TIME.format(first.started()))
                .append("</p>\n");
        if (first.reason() != null) {
            html.append("<p class=\"reason\">")
                    .append(Html.text(first.reason()))
                    .append("</p>\n");
        }
        html.append("<div class=\"cards\">\n");
        card(
                html,
                "crossed",
                Units.bytes(wire),
                "crossed the network, of " + Units.bytes(stream) + " that QEMU wrote",
                wire);
        card(html, "saved", Units.percent(stream - wire, stream), "did not have to cross", stream - wire);
        if (first.finished() != null) {
            long millis = Duration.between(first.started(), first.finished()).toMillis();
            card(html, "took", Units.time(millis), "from begin to end", millis);
        }
        if (first.switchover() != null) {
            long down = DowntimeBar.sum(first.switchover());
            card(html, "stood-still", Units.time(down), "the VM stood still, as far as the agents can see", down);
        }
        if (first.rounds() > 0) {
            card(
                    html,
                    "went-through",
                    Units.count(first.rounds()),
                    first.rounds() == 1 ? "round through the memory" : "rounds through the memory",
                    first.rounds());
        }
        html.append("</div>\n");
        double times = wire > 0 ? (double) stream / wire : 0;
        if (times >= 1.1) {
            html.append(
                            "<div class=\"bars\"><div class=\"bar whole\" title=\"what QEMU wrote\"></div><div class=\"bar part\"")
                    .append(" style=\"width:")
                    .append(Html.number(100.0 * wire / stream))
                    .append("%\"></div><p>")
                    .append(Html.number(Math.round(times * 10) / 10.0))
                    .append(" times less than QEMU wrote</p></div>\n");
        }
    }

    private static void card(StringBuilder html, String id, String figure, String words, long value) {
        html.append("<div class=\"card\"><b id=\"")
                .append(id)
                .append("\" data-value=\"")
                .append(value)
                .append("\">")
                .append(figure)
                .append("</b><span>")
                .append(words)
                .append("</span></div>\n");
    }

    private static void channel(StringBuilder html, ChannelCourse course) {
        ChannelReport report = course.report();
        section(html, "How the memory crossed", TierShare.of(report.pagesByTier()));
        if (!course.points().isEmpty()) {
            section(html, "The course", CourseChart.of(course));
        }
        if (report.switchover() != null) {
            section(html, "While the VM stood still", DowntimeBar.of(report.switchover()));
        }
        if (course.map() != null) {
            String title = report.kind() == ChannelReport.Kind.DISK ? "The disk" : "The VM's memory";
            section(html, title, MemoryMapView.of(course.map()));
        } else if (report.direction() == ChannelReport.Direction.RECEIVE) {
            html.append("<p class=\"quiet\">A map of the memory has the report on the host that sent the VM.</p>\n");
        }
        section(html, "The record", Facts.of(report));
    }

    private static void section(StringBuilder html, String title, String content) {
        html.append("<section>\n<h2>")
                .append(title)
                .append("</h2>\n")
                .append(content)
                .append("</section>\n");
    }

    private static String style() {
        try (InputStream in = ReportPage.class.getResourceAsStream("report.css")) {
            if (in == null) {
                throw new IllegalStateException("report.css is missing from the jar");
            }
            return new String(in.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
