package io.novacron.hde.report;

import java.util.Locale;

/** Pieces of HTML. */
final class Html {
    private Html() {}

    /** Text that is shown as it is, in an element or in an attribute's double quotes; control characters are not. */
    static String text(String any) {
        StringBuilder escaped = new StringBuilder();
        any.codePoints().forEach(c -> {
            switch (c) {
                case '&' -> escaped.append("&amp;");
                case '<' -> escaped.append("&lt;");
                case '>' -> escaped.append("&gt;");
                case '"' -> escaped.append("&quot;");
                case '\'' -> escaped.append("&#39;");
                default -> escaped.appendCodePoint(Character.isISOControl(c) || isInvisible(c) ? '?' : c);
            }
        });
        return escaped.toString();
    }

    /** What turns the direction of writing, so that a name could show as another, and what is no character. */
    private static boolean isInvisible(int c) {
        return Character.getType(c) == Character.FORMAT || Character.getType(c) == Character.SURROGATE;
    }

    /** A number for SVG, with at most two places. */
    static String number(double value) {
        String text = String.format(Locale.ROOT, "%.2f", value);
        return text.replaceFirst("\\.?0+$", "");
    }
}
