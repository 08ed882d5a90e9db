package io.novacron.hde.report;

import io.novacron.hde.control.PagesByTier;

/** One bar of all pages that QEMU wrote, by how they crossed, with its legend. */
final class TierShare {
    private static final int WIDTH = 960;
    private static final int HEIGHT = 34;
    private static final int PAGE = 4096;

    private TierShare() {}

    static String of(PagesByTier pages) {
        long all = 0;
        for (TierLook tier : TierLook.values()) {
            all += tier.pages(pages);
        }
        if (all == 0) {
            return "<p class=\"quiet\">No page of memory was understood.</p>\n";
        }
        StringBuilder html = new StringBuilder();
        html.append("<svg class=\"share\" viewBox=\"0 0 ")
                .append(WIDTH)
                .append(' ')
                .append(HEIGHT)
                .append("\" preserveAspectRatio=\"none\" role=\"img\" aria-label=\"Pages by tier\">");
        double left = 0;
        for (TierLook tier : TierLook.values()) {
            double width = (double) WIDTH * tier.pages(pages) / all;
            html.append(
                    width == 0
                            ? ""
                            : "<rect class=\"" + tier.word() + "\" x=\"" + Html.number(left) + "\" width=\""
                                    + Html.number(width) + "\" height=\"" + HEIGHT + "\"><title>" + tier.word() + ": "
                                    + Units.count(tier.pages(pages)) + " pages</title></rect>");
            left += width;
        }
        html.append("</svg>\n<table class=\"legend\">\n");
        for (TierLook tier : TierLook.values()) {
            long count = tier.pages(pages);
            html.append("<tr><td><span class=\"swatch ")
                    .append(tier.word())
                    .append("\"></span><b>")
                    .append(tier.word())
                    .append("</b></td><td class=\"n\" id=\"pages-")
                    .append(tier.word())
                    .append("\" data-value=\"")
                    .append(count)
                    .append("\">")
                    .append(Units.count(count))
                    .append(" pages</td><td class=\"n\">")
                    .append(Units.bytes((double) count * PAGE))
                    .append("</td><td class=\"n\">")
                    .append(Units.percent(count, all))
                    .append("</td><td><i>")
                    .append(tier.plain())
                    .append(".</i> ")
                    .append(tier.explanation())
                    .append("</td></tr>\n");
        }
        return html.append("</table>\n").toString();
    }
}
