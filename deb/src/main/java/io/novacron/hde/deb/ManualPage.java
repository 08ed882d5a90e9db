package io.novacron.hde.deb;

import java.util.Locale;

/** A page of the manual in man(7)'s macros. */
final class ManualPage {
    private final StringBuilder text = new StringBuilder();

    private ManualPage() {}

    /**
     * Begins a page.
     *
     * @param section of the manual
     * @param summary what it is, in a few words
     */
    static ManualPage of(String name, int section, String version, String summary) {
        ManualPage page = new ManualPage();
        // no hyphenation, and ragged: names of options are to be found
        page.line(".TH \"" + escaped(name.toUpperCase(Locale.ROOT)) + "\" " + section + " \"\" \"hde "
                + escaped(version) + "\" \"HDE\"");
        page.line(".nh").line(".ad l");
        return page.section("Name").paragraph(name + " - " + summary);
    }

    private ManualPage line(String line) {
        text.append(line).append('\n');
        return this;
    }

    ManualPage section(String title) {
        return line(".SH " + escaped(title.toUpperCase(Locale.ROOT)));
    }

    ManualPage paragraph(String words) {
        return line(guarded(escaped(words))).line(".PP");
    }

    /** Something that is named, and what is to be said of it. */
    ManualPage item(String name, String words) {
        return line(".TP").line(".B " + escaped(name)).line(guarded(escaped(words)));
    }

    /** Lines that stay as they are. */
    ManualPage verbatim(String lines) {
        line(".nf");
        lines.lines().forEach(each -> line(guarded(escaped(each))));
        return line(".fi");
    }

    String text() {
        return text.toString();
    }

    private static String escaped(String words) {
        return words.replace("\\", "\\e").replace("-", "\\-").replace("\"", "\\(dq");
    }

    /** A line that begins like a request is text all the same. */
    private static String guarded(String line) {
        return line.startsWith(".") || line.startsWith("'") ? "\\&" + line : line;
    }
}
