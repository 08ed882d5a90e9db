package io.novacron.hde.report;

import io.novacron.hde.control.ChannelCourse;
import io.novacron.hde.control.ChannelReport;
import java.util.ArrayList;
import java.util.List;
import java.util.function.DoubleFunction;
import java.util.function.ToDoubleFunction;

/** How it went: memory by tier, what crossed, and the level, one above the other over the same time. */
final class CourseChart {
    private static final int WIDTH = 960;
    private static final int LEFT = 78;
    private static final int RIGHT = 12;
    private static final int PANEL = 150;
    private static final int LOW_PANEL = 64;
    private static final int GAP = 44;
    private static final int PAGE = 4096;
    private static final double MOST_BEYOND_USED = 3;
    /** No more columns than can be told apart. */
    private static final int MOST_COLUMNS = 96;

    private final ChannelReport report;
    private final List<ChannelCourse.Point> points;
    private final Axis time;
    private final StringBuilder svg = new StringBuilder();
    private int top = 22;

    private CourseChart(ChannelCourse course) {
        this.report = course.report();
        this.points = course.points();
        this.time = new Axis((double) points.get(points.size() - 1).millis(), WIDTH - LEFT - RIGHT);
    }

    static String of(ChannelCourse course) {
        if (course.points().size() < 2
                || course.points().get(course.points().size() - 1).millis() <= 0) {
            return "<p class=\"quiet\">It was over too soon for a course to be seen.</p>\n";
        }
        return new CourseChart(course).draw();
    }

    /** What came between two moments, in bytes a second. */
    private record Column(ChannelCourse.Point from, ChannelCourse.Point to) {
        double seconds() {
            return (to.millis() - from.millis()) / 1000.0;
        }

        double rate(ToDoubleFunction<ChannelCourse.Point> bytes) {
            return Math.max(0, bytes.applyAsDouble(to) - bytes.applyAsDouble(from)) / seconds();
        }
    }

    private List<Column> columns() {
        List<Column> columns = new ArrayList<>();
        double least = time.most() / MOST_COLUMNS;
        ChannelCourse.Point from = points.get(0);
        for (int i = 0; i < points.size(); i++) {
            ChannelCourse.Point point = points.get(i);
            boolean last = i == points.size() - 1;
            if (point.millis() > from.millis() && (last || point.millis() - from.millis() >= least)) {
                columns.add(new Column(from, point));
                from = point;
            }
        }
        return columns;
    }

    private String draw() {
        List<Column> columns = columns();
        memory(columns);
        wire(columns);
        if (!report.levels().isEmpty()) {
            levels();
        }
        times();
        int height = top + 8;
        return "<svg class=\"chart\" viewBox=\"0 0 " + WIDTH + " " + height + "\" role=\"img\" aria-label=\"Course\">\n"
                + svg
                + "</svg>\n<p class=\"quiet\">Dotted lines: QEMU begins to go through the memory once more, because the guest has"
                + " written to it meanwhile. On the network: <span class=\"swatch delta\"></span>differences"
                + " <span class=\"swatch new\"></span>compressed pages <span class=\"swatch raw\"></span>pages as they are"
                + " <span class=\"swatch rest\"></span>all else: which page goes where, and the devices' state.</p>\n";
    }

    private void memory(List<Column> columns) {
        double most = 0;
        for (Column column : columns) {
            double sum = 0;
            for (TierLook tier : TierLook.values()) {
                sum += column.rate(point -> (double) tier.pages(point) * PAGE);
            }
            most = Math.max(most, sum);
        }
        Axis axis = new Axis(most, PANEL);
        title("Guest memory handed over, by how it crossed");
        frame(axis, Units.byteUnit(most), value -> Units.bytes(value) + "/s");
        for (Column column : columns) {
            double bottom = 0;
            StringBuilder words = new StringBuilder();
            StringBuilder bars = new StringBuilder();
            for (TierLook tier : TierLook.values()) {
                double rate = column.rate(point -> (double) tier.pages(point) * PAGE);
                if (rate > 0) {
                    double height = axis.at(rate);
                    bars.append(bar(column, tier.word(), PANEL - bottom - height, height));
                    words.append('\n')
                            .append(tier.word())
                            .append(": ")
                            .append(Units.bytes(rate))
                            .append("/s");
                    bottom += height;
                }
            }
            svg.append(group(column, words.toString(), bars.toString()));
        }
        rounds(PANEL);
        top += PANEL + GAP;
    }

    private void wire(List<Column> columns) {
        double used = 0;
        double link = 0;
        for (Column column : columns) {
            used = Math.max(used, column.rate(point -> (double) point.wireBytes()));
            link = Math.max(link, (double) column.to.linkBytesPerSecond());
        }
        // where little of a fast link was used, a line for it would leave no room for the rest
        boolean lined = link > 0 && link <= used * MOST_BEYOND_USED;
        Axis axis = new Axis(lined ? Math.max(used, link) : used, PANEL);
        title("What crossed the network"
                + (lined
                        ? ", and what the link took (line)"
                        : link > 0 ? " (the link took up to " + Units.bits(link) + ")" : ""));
        frame(axis, 1e6 / 8, Units::bits);
        StringBuilder line = new StringBuilder();
        for (Column column : columns) {
            double all = column.rate(point -> (double) point.wireBytes());
            double delta = Math.min(all, column.rate(point -> (double) point.deltaBytes()));
            double fresh = Math.min(all - delta, column.rate(point -> (double) point.newBytes()));
            double raw = Math.min(all - delta - fresh, column.rate(point -> (double) point.rawBytes()));
            double rest = all - delta - fresh - raw;
            double[] heights = {axis.at(rest), axis.at(delta), axis.at(fresh), axis.at(raw)};
            String[] looks = {"rest", "delta", "new", "raw"};
            double bottom = 0;
            StringBuilder bars = new StringBuilder();
            for (int i = 0; i < looks.length; i++) {
                double height = Math.min(heights[i], PANEL - bottom);
                bars.append(height <= 0 ? "" : bar(column, looks[i], PANEL - bottom - height, height));
                bottom += height;
            }
            svg.append(group(
                    column,
                    "\n" + Units.bits(all) + " on the wire\nlink: about " + Units.bits(column.to.linkBytesPerSecond()),
                    bars.toString()));
            if (lined && column.to.linkBytesPerSecond() > 0) {
                double y = top + PANEL - axis.at(column.to.linkBytesPerSecond());
                line.append(line.length() == 0 ? 'M' : 'L')
                        .append(x(column.from.millis()))
                        .append(' ')
                        .append(Html.number(y))
                        .append('H')
                        .append(x(column.to.millis()));
            }
        }
        svg.append("<path class=\"link\" d=\"").append(line).append("\"/>\n");
        rounds(PANEL);
        top += PANEL + GAP;
    }

    private void levels() {
        int least = report.levels().stream()
                .mapToInt(ChannelReport.Level::level)
                .min()
                .orElse(0);
        int most = report.levels().stream()
                .mapToInt(ChannelReport.Level::level)
                .max()
                .orElse(0);
        double range = Math.max(1, most - least);
        title("Compression level (zstd), chosen by what link and processors could do");
        StringBuilder path = new StringBuilder();
        for (ChannelReport.Level level : report.levels()) {
            double y = top + LOW_PANEL - LOW_PANEL * (level.level() - least) / range;
            path.append(path.length() == 0 ? 'M' : 'H').append(x(level.millis()));
            path.append(path.length() > 0 && path.indexOf("H") > 0 ? "V" : " ").append(Html.number(y));
        }
        path.append('H').append(x((long) time.most()));
        svg.append("<path class=\"axis\" d=\"M")
                .append(LEFT)
                .append(' ')
                .append(top)
                .append('V')
                .append(top + LOW_PANEL)
                .append('H')
                .append(WIDTH - RIGHT)
                .append("\"/>\n");
        label(LEFT - 8, top + LOW_PANEL + 4, "end", Integer.toString(least));
        if (most > least) {
            label(LEFT - 8, top + 6, "end", Integer.toString(most));
        }
        svg.append("<path class=\"level\" d=\"").append(path).append("\"/>\n");
        top += LOW_PANEL + GAP;
    }

    private void title(String words) {
        svg.append("<text class=\"title\" x=\"")
                .append(LEFT)
                .append("\" y=\"")
                .append(top - 8)
                .append("\">")
                .append(words)
                .append("</text>\n");
    }

    private void frame(Axis axis, double unit, DoubleFunction<String> words) {
        for (double tick : axis.ticks(4, unit)) {
            double y = top + PANEL - axis.at(tick);
            svg.append("<path class=\"grid\" d=\"M")
                    .append(LEFT)
                    .append(' ')
                    .append(Html.number(y))
                    .append('H')
                    .append(WIDTH - RIGHT)
                    .append("\"/>\n");
            label(LEFT - 8, y + 4, "end", tick == 0 ? "0" : words.apply(tick));
        }
        svg.append("<path class=\"axis\" d=\"M")
                .append(LEFT)
                .append(' ')
                .append(top)
                .append('V')
                .append(top + PANEL)
                .append('H')
                .append(WIDTH - RIGHT)
                .append("\"/>\n");
    }

    /** Where QEMU began to go through the memory once more. */
    private void rounds(int height) {
        int known = points.get(0).rounds();
        double lastLabel = -100;
        for (ChannelCourse.Point point : points) {
            if (point.rounds() > known) {
                known = point.rounds();
                double x = LEFT + time.at(point.millis());
                svg.append("<path class=\"round\" d=\"M")
                        .append(Html.number(x))
                        .append(' ')
                        .append(top)
                        .append('V')
                        .append(top + height)
                        .append("\"><title>round ")
                        .append(known)
                        .append("</title></path>\n");
                if (x - lastLabel > 18) {
                    label(x + 3, top + 10, "start", Integer.toString(known));
                    lastLabel = x;
                }
            }
        }
    }

    private void times() {
        top -= GAP - 16;
        for (double tick : time.ticks(8, 1)) {
            label(LEFT + time.at(tick), top, "middle", tick == 0 ? "0" : Units.time(tick));
        }
        top += 4;
    }

    private void label(double x, double y, String anchor, String words) {
        svg.append("<text x=\"")
                .append(Html.number(x))
                .append("\" y=\"")
                .append(Html.number(y))
                .append("\" text-anchor=\"")
                .append(anchor)
                .append("\">")
                .append(words)
                .append("</text>\n");
    }

    private String x(long millis) {
        return Html.number(LEFT + time.at(millis));
    }

    private String bar(Column column, String look, double y, double height) {
        double x = LEFT + time.at(column.from.millis());
        double width = LEFT + time.at(column.to.millis()) - x;
        return "<rect class=\"" + look + "\" x=\"" + Html.number(x) + "\" y=\"" + Html.number(top + y) + "\" width=\""
                + Html.number(Math.max(0.5, width - 0.6)) + "\" height=\"" + Html.number(height) + "\"/>";
    }

    private static String group(Column column, String words, String bars) {
        return bars.isEmpty()
                ? ""
                : "<g><title>" + Units.time(column.from.millis()) + " to " + Units.time(column.to.millis()) + words
                        + "</title>" + bars + "</g>\n";
    }
}
