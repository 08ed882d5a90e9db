package io.novacron.hde.report;

import io.novacron.hde.control.ChannelReport;

/** Where the time went in which the guest stood still. */
final class DowntimeBar {
    private static final int WIDTH = 960;
    private static final int HEIGHT = 34;

    private record Phase(String id, String name, String explanation, long millis) {}

    private DowntimeBar() {}

    static long sum(ChannelReport.Switchover times) {
        return times.lastRoundMs() + times.deviceStateMs() + times.deliveryMs() + times.loadingMs();
    }

    static String of(ChannelReport.Switchover times) {
        Phase[] phases = {
            new Phase(
                    "last-round",
                    "last round",
                    "the pages that were still to come when the guest was stopped",
                    times.lastRoundMs()),
            new Phase(
                    "device-state",
                    "device state",
                    "processors, disks and network cards of the VM",
                    times.deviceStateMs()),
            new Phase("delivery", "delivery", "until the last byte had reached the other QEMU", times.deliveryMs()),
            new Phase("loading", "loading", "until that QEMU said that it has everything", times.loadingMs())
        };
        long all = sum(times);
        StringBuilder html = new StringBuilder("<svg class=\"share\" viewBox=\"0 0 " + WIDTH + " " + HEIGHT
                + "\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Downtime by phase\">");
        double left = 0;
        for (int i = 0; i < phases.length && all > 0; i++) {
            double width = (double) WIDTH * phases[i].millis / all;
            html.append(
                    width == 0
                            ? ""
                            : "<rect class=\"phase" + i + "\" x=\"" + Html.number(left) + "\" width=\""
                                    + Html.number(width) + "\" height=\"" + HEIGHT + "\"><title>" + phases[i].name
                                    + ": "
                                    + phases[i].millis + " ms</title></rect>");
            left += width;
        }
        html.append("</svg>\n<table class=\"legend\">\n");
        for (int i = 0; i < phases.length; i++) {
            html.append("<tr><td><span class=\"swatch phase")
                    .append(i)
                    .append("\"></span><b>")
                    .append(phases[i].name)
                    .append("</b></td><td class=\"n\" id=\"downtime-")
                    .append(phases[i].id)
                    .append("\" data-value=\"")
                    .append(phases[i].millis)
                    .append("\">")
                    .append(Units.count(phases[i].millis))
                    .append(" ms</td><td><i>")
                    .append(phases[i].explanation)
                    .append("</i></td></tr>\n");
        }
        return html.append("</table>\n").toString();
    }
}
