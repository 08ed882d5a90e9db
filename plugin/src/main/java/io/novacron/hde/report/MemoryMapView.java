package io.novacron.hde.report;

import io.novacron.hde.control.ChannelCourse;

/** The guest's memory as a picture: a square for each region, coloured by how it crossed. */
final class MemoryMapView {
    private static final int COLUMNS = 128;
    private static final int CELL = 7;
    private static final int PAGE = 4096;
    private static final int TITLE = 22;
    /** Blocks with fewer regions say nothing in a picture. */
    private static final int LEAST_CELLS = 16;

    private static final String[] LOOKS = {"zero", "kept", "known", "delta", "new", "raw"};

    private MemoryMapView() {}

    static String of(ChannelCourse.Map map) {
        StringBuilder svg = new StringBuilder();
        int first = 0;
        int top = 0;
        int small = 0;
        for (ChannelCourse.Block block : map.blocks()) {
            int end = Math.min(map.tiers().length(), first + block.cells());
            if (block.cells() >= LEAST_CELLS || map.blocks().size() == 1) {
                svg.append("<text class=\"title\" x=\"0\" y=\"")
                        .append(top + TITLE - 8)
                        .append("\">")
                        .append(Html.text(block.name()))
                        .append(", ")
                        .append(Units.bytes(block.bytes()))
                        .append("</text>\n");
                top += TITLE;
                draw(map.tiers().substring(first, end), map.times().substring(first, end), top, svg);
                top += (end - first + COLUMNS - 1) / COLUMNS * CELL + 10;
            } else {
                small++;
            }
            first = end;
        }
        String note = small == 0
                ? ""
                : small + (small == 1 ? " small block" : " small blocks")
                        + " (firmware, video memory and the like) left out. ";
        StringBuilder legend = new StringBuilder("<p class=\"quiet\">");
        for (TierLook tier : TierLook.values()) {
            legend.append("<span class=\"swatch ")
                    .append(tier.word())
                    .append("\"></span>")
                    .append(tier.word())
                    .append(' ');
        }
        legend.append("<span class=\"swatch none\"></span>never crossed</p>\n");
        return "<svg class=\"map\" viewBox=\"0 0 " + COLUMNS * CELL + " " + top
                + "\" role=\"img\" aria-label=\"Map of the memory\">\n" + svg + "</svg>\n" + legend
                + "<p class=\"quiet\">" + note
                + "Addresses grow from left to right and from top to bottom; a square is "
                + Units.bytes((double) map.pagesPerCell() * PAGE)
                + " and has the colour of the tier by which most of its pages crossed. A dot: its pages crossed more than once"
                + " on average, because the guest wrote to them meanwhile. Whether new pages compress shows later:"
                + " some of those that are new here may have crossed as they are.</p>\n";
    }

    /** A path for each colour, with neighbours of one colour as one piece: thousands of squares would be slow. */
    private static void draw(String tiers, String times, int top, StringBuilder svg) {
        for (int tier = -1; tier < LOOKS.length; tier++) {
            char wanted = tier < 0 ? '.' : (char) ('0' + tier);
            StringBuilder path = new StringBuilder();
            int cell = 0;
            while (cell < tiers.length()) {
                int run = 1;
                if (tiers.charAt(cell) == wanted) {
                    while (cell + run < tiers.length()
                            && (cell + run) % COLUMNS != 0
                            && tiers.charAt(cell + run) == wanted) {
                        run++;
                    }
                    path.append('M')
                            .append(cell % COLUMNS * CELL)
                            .append(' ')
                            .append(top + cell / COLUMNS * CELL)
                            .append('h')
                            .append(run * CELL)
                            .append('v')
                            .append(CELL)
                            .append('h')
                            .append(-run * CELL)
                            .append('z');
                }
                cell += run;
            }
            if (path.length() > 0) {
                svg.append("<path class=\"")
                        .append(tier < 0 ? "none" : LOOKS[tier])
                        .append("\" d=\"")
                        .append(path)
                        .append("\"/>\n");
            }
        }
        StringBuilder dots = new StringBuilder();
        for (int cell = 0; cell < times.length(); cell++) {
            if (times.charAt(cell) >= '2') {
                dots.append('M')
                        .append(cell % COLUMNS * CELL + 2)
                        .append(' ')
                        .append(top + cell / COLUMNS * CELL + 2)
                        .append("h3v3h-3z");
            }
        }
        // the squares' borders, over the runs
        int rows = (tiers.length() + COLUMNS - 1) / COLUMNS;
        int width = Math.min(tiers.length(), COLUMNS) * CELL;
        StringBuilder lines = new StringBuilder();
        for (int row = 0; row <= rows; row++) {
            lines.append("M0 ").append(top + row * CELL).append('h').append(width);
        }
        for (int x = 0; x <= width; x += CELL) {
            lines.append('M').append(x).append(' ').append(top).append('v').append(rows * CELL);
        }
        svg.append("<path class=\"cells\" d=\"").append(lines).append("\"/>\n");
        if (dots.length() > 0) {
            svg.append("<path class=\"again\" d=\"").append(dots).append("\"/>\n");
        }
    }
}
