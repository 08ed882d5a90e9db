package io.novacron.hde.config;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Changes single options in the text of a configuration file and leaves all else as it is, comments too. It knows the form
 * in which such files are written, sections by indentation; whoever uses it has the result checked.
 */
public final class ConfigEdit {
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9/][A-Za-z0-9_./-]*(:[0-9]+)?");
    private static final Pattern COMMENT_OR_EMPTY = Pattern.compile("\\s*(#.*)?");
    private static final String INDENT = "  ";

    private final List<String> lines;

    /** @param text of the file; may be empty */
    public ConfigEdit(String text) {
        lines = new ArrayList<>(text.isEmpty() ? List.of() : Arrays.asList(text.split("\n", -1)));
        if (!lines.isEmpty() && lines.get(lines.size() - 1).isEmpty()) {
            lines.remove(lines.size() - 1);
        }
    }

    /**
     * Sets an option of a section.
     *
     * @throws IllegalArgumentException where the section is not written by indentation
     */
    public void set(String section, String key, String value) {
        int head = section(section);
        String indent = indent(head);
        Pattern given = Pattern.compile(indent + Pattern.quote(key) + ":(\\s+[^#]*?)?(\\s+#.*)?");
        for (int i = head + 1; i < end(head); i++) {
            Matcher matcher = given.matcher(lines.get(i));
            if (matcher.matches()) {
                String comment = matcher.group(2) == null ? "" : matcher.group(2);
                lines.set(i, indent + key + ": " + quoted(value) + comment);
                return;
            }
        }
        lines.add(head + 1, indent + key + ": " + quoted(value));
    }

    /**
     * Adds a peer; there must be none of that name.
     *
     * @throws IllegalArgumentException where the peers are not written by indentation
     */
    public void addPeer(String name, String address) {
        int head = section("peers");
        String indent = indent(head);
        // behind the peers that are there, but before comments and empty lines that belong to what follows
        int place = head + 1;
        for (int i = head + 1; i < end(head); i++) {
            place = COMMENT_OR_EMPTY.matcher(lines.get(i)).matches() ? place : i + 1;
        }
        lines.addAll(place, List.of(indent + quoted(name) + ":", indent + INDENT + "address: " + quoted(address)));
    }

    /** The line at which a section begins; a new one at the end of the file where there is none. */
    private int section(String name) {
        for (int i = 0; i < lines.size(); i++) {
            String line = lines.get(i);
            if (line.matches(Pattern.quote(name) + ":\\s*(#.*)?")) {
                return i;
            } else if (line.startsWith(name + ":")) {
                throw new IllegalArgumentException("line " + (i + 1) + ": " + name
                        + " is written in one line; write it with each option in a line of its own below it");
            }
        }
        if (!lines.isEmpty()) {
            lines.add("");
        }
        lines.add(name + ":");
        return lines.size() - 1;
    }

    /** The line behind a section. */
    private int end(int head) {
        int i = head + 1;
        while (i < lines.size()
                && (lines.get(i).startsWith(" ")
                        || COMMENT_OR_EMPTY.matcher(lines.get(i)).matches())) {
            i++;
        }
        return i;
    }

    /** That of the first option in it. */
    private String indent(int head) {
        for (int i = head + 1; i < end(head); i++) {
            String line = lines.get(i);
            if (!COMMENT_OR_EMPTY.matcher(line).matches()) {
                return line.substring(0, line.length() - line.stripLeading().length());
            }
        }
        return INDENT;
    }

    private static String quoted(String value) {
        return PLAIN.matcher(value).matches()
                ? value
                : "\"" + value.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /** The text as it is now. */
    public String text() {
        return lines.isEmpty() ? "" : String.join("\n", lines) + "\n";
    }
}
