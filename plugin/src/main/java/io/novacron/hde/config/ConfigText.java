package io.novacron.hde.config;

import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/** The options and a configuration as text for people. */
public final class ConfigText {
    private static final int WIDTH = 100;
    private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9/.][A-Za-z0-9_./-]*");
    private static final String SAMPLE_PEER = "b";
    private static final String SAMPLE_ADDRESS = "b.example.org:" + HdeConfig.DEFAULT_PORT;

    private ConfigText() {}

    /**
     * The values that hold with this file, as a file that says the same; defaults are marked.
     *
     * @throws ConfigException when the file cannot be used
     */
    public static String effective(Path file) throws ConfigException {
        return effective(new ConfigReader(SystemFacts.ofThisHost()).read(file).values());
    }

    static String effective(Values values) {
        Lines lines = new Lines();
        List<Option<?>> ofPeers = Options.ALL.stream().filter(Option::isOfPeer).collect(Collectors.toList());
        for (Option<?> option : Options.ALL) {
            if (!option.isOfPeer()) {
                lines.place(concrete(option, ""), value(values, option, ""));
            } else if (option.equals(ofPeers.get(0))) {
                for (String peer : values.peers()) {
                    ofPeers.forEach(each -> lines.place(concrete(each, peer), value(values, each, peer)));
                }
            }
        }
        return lines.toString();
    }

    private static String value(Values values, Option<?> option, String peer) {
        return quoted(option.render(values.get(option, peer))) + (values.isGiven(option, peer) ? "" : "  # default");
    }

    /** A file with every option, explained and commented out: as it stands, all defaults hold. */
    public static String sample() {
        Lines lines = new Lines();
        lines.comment(
                "",
                "HDE's configuration, /etc/hde/hde.yaml. Every option stands here with its default; remove the "
                        + "'#' before an option to change it. 'hde config check' checks the file, 'hde config show' prints what "
                        + "holds.");
        for (Option<?> option : Options.ALL) {
            lines.blank();
            String peer = option.isOfPeer() ? SAMPLE_PEER : "";
            lines.explained(concrete(option, peer), option, sampleValue(option, peer));
        }
        return lines.toString();
    }

    private static String sampleValue(Option<?> option, String peer) {
        SystemFacts typical = new SystemFacts("a", 8);
        return option.defaultValue().isEmpty()
                ? SAMPLE_ADDRESS
                : quoted(option.render(option.defaultValue().get().of(typical, peer)));
    }

    /** The content of {@code docs/configuration.md}. */
    public static String reference() {
        StringBuilder text = new StringBuilder();
        text.append("# Configuration\n\n")
                .append("`hde agent` reads `/etc/hde/hde.yaml` (another with `--config FILE`), a YAML file with the ")
                .append("options below. A dot in an option's name stands for a section:\n\n")
                .append("```yaml\npeers:\n  ")
                .append(SAMPLE_PEER)
                .append(":\n    address: ")
                .append(SAMPLE_ADDRESS)
                .append("\nstore:\n  max-size: 32GiB\n```\n\n")
                .append("An option that does not exist, is given twice or cannot be stops the start with a line ")
                .append(
                        "`FILE:LINE: option: reason`. `hde config check` finds all such lines, `hde config show` prints ")
                .append("the values that hold, `hde config sample` a file with every option, explained.\n\n")
                .append("This page is made from the list in the program by `hde config reference`.\n");
        String section = "";
        for (Option<?> option : Options.ALL) {
            String first = option.segments().size() > 1 ? option.segments().get(0) : "Other";
            if (!first.equals(section)) {
                section = first;
                text.append("\n## ").append(section).append('\n');
            }
            text.append("\n### `").append(option.path()).append("`\n\n");
            text.append(option.documentation()).append("\n\n");
            text.append("- Default: ")
                    .append(option.defaultText().isEmpty() ? "none, must be given" : option.defaultText())
                    .append('\n');
            text.append("- Allowed: ").append(option.type().allowed()).append('\n');
        }
        return text.toString();
    }

    /** The option's path with the peer's name, which may hold dots, as one of its segments. */
    private static List<String> concrete(Option<?> option, String peer) {
        List<String> segments = new ArrayList<>();
        for (String segment : option.segments()) {
            segments.add(segment.equals(Options.ANY) ? peer : segment);
        }
        return segments;
    }

    private static String quoted(String text) {
        return PLAIN.matcher(text).matches()
                ? text
                : "\"" + text.replace("\\", "\\\\").replace("\"", "\\\"") + "\"";
    }

    /** Builds a YAML file from options in the order of their sections. */
    private static final class Lines {
        private final StringBuilder text = new StringBuilder();
        private List<String> open = List.of();

        void place(List<String> path, String value) {
            String indent = open(path, "");
            text.append(indent)
                    .append(path.get(path.size() - 1))
                    .append(": ")
                    .append(value)
                    .append('\n');
        }

        void explained(List<String> path, Option<?> option, String value) {
            // A peer's section is commented out with its options: it may not be empty.
            String mark = option.isOfPeer() ? "#" : "";
            String indent = open(path, mark);
            comment(indent, option.documentation());
            comment(indent, "Allowed: " + option.type().allowed() + ".");
            if (option.defaultText().isEmpty()) {
                comment(indent, "Must be given.");
            } else if (!option.defaultText().startsWith("`")) {
                comment(indent, "Default: " + option.defaultText() + ".");
            }
            text.append(indent)
                    .append('#')
                    .append(path.get(path.size() - 1))
                    .append(": ")
                    .append(value)
                    .append('\n');
        }

        /** Opens the sections that are not open yet, and returns the indentation inside them. */
        private String open(List<String> path, String mark) {
            List<String> sections = path.subList(0, path.size() - 1);
            int common = 0;
            while (common < sections.size()
                    && common < open.size()
                    && sections.get(common).equals(open.get(common))) {
                common++;
            }
            for (int depth = common; depth < sections.size(); depth++) {
                text.append("  ".repeat(depth))
                        .append(depth > 0 ? mark : "")
                        .append(sections.get(depth))
                        .append(":\n");
            }
            open = List.copyOf(sections);
            return "  ".repeat(sections.size());
        }

        void comment(String indent, String words) {
            StringBuilder line = new StringBuilder(indent).append('#');
            for (String word : words.split(" ", -1)) {
                if (line.length() + 1 + word.length() > WIDTH) {
                    text.append(line).append('\n');
                    line = new StringBuilder(indent).append('#');
                }
                line.append(' ').append(word);
            }
            text.append(line).append('\n');
        }

        void blank() {
            text.append('\n');
        }

        @Override
        public String toString() {
            return text.toString();
        }
    }
}
