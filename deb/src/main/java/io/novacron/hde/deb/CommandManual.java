package io.novacron.hde.deb;

import java.util.Arrays;
import java.util.Locale;
import java.util.TreeMap;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.Help;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;

/** The manual's page of one command, from what {@code --help} is made from. */
final class CommandManual {
    private static final String EXIT_STATUS = "Exit status: ";

    private CommandManual() {}

    /** As the page is called: the command's words with hyphens. */
    static String name(CommandLine command) {
        return command.getCommandSpec().qualifiedName("-");
    }

    static String of(CommandLine command, String version) {
        CommandSpec spec = command.getCommandSpec();
        String description = joined(spec.usageMessage().description());
        ManualPage page = ManualPage.of(name(command), 1, version, summary(description));
        page.section("Synopsis").paragraph(synopsis(command));
        page.section("Description").paragraph(description);
        if (!spec.options().isEmpty() || !spec.positionalParameters().isEmpty()) {
            page.section("Options");
            spec.positionalParameters().stream()
                    .filter(parameter -> !parameter.hidden())
                    .forEach(parameter -> page.item(label(parameter), words(parameter)));
            spec.options().stream()
                    .filter(option -> !option.hidden())
                    .forEach(option -> page.item(label(option), words(option)));
        }
        if (!command.getSubcommands().isEmpty()) {
            page.section("Commands");
            new TreeMap<>(command.getSubcommands())
                    .forEach((name, subcommand) -> page.item(
                            name + " ",
                            joined(subcommand.getCommandSpec().usageMessage().description()) + " See "
                                    + name(subcommand) + "(1)."));
        }
        footer(page, joined(spec.usageMessage().footer()));
        return page.section("See also").paragraph(seeAlso(command)).text();
    }

    private static void footer(ManualPage page, String footer) {
        int status = footer.indexOf(EXIT_STATUS);
        String before = status < 0 ? footer : footer.substring(0, status).strip();
        if (!before.isEmpty()) {
            page.section("Notes").paragraph(before);
        }
        if (status >= 0) {
            page.section("Exit status").paragraph(footer.substring(status + EXIT_STATUS.length()));
        }
    }

    private static String seeAlso(CommandLine command) {
        CommandLine parent = command.getParent();
        String own = parent == null ? "hde-agent(1)" : name(parent) + "(1)";
        return own + ", hde.yaml(5), virsh(1)";
    }

    private static String synopsis(CommandLine command) {
        return new Help(command.getCommandSpec(), Help.defaultColorScheme(Help.Ansi.OFF))
                .synopsis(0)
                .replaceAll("\\s+", " ")
                .strip();
    }

    private static String label(OptionSpec option) {
        String names = Arrays.stream(option.names()).collect(Collectors.joining(", "));
        return option.arity().max() == 0 ? names : names + "=" + option.paramLabel();
    }

    private static String label(PositionalParamSpec parameter) {
        return parameter.paramLabel();
    }

    private static String words(ArgSpec argument) {
        return joined(argument.description());
    }

    /** The first sentence, without its full stop, as whatis(1) shows it. */
    private static String summary(String description) {
        int end = description.indexOf(". ");
        String sentence = end < 0 ? description : description.substring(0, end);
        String bare = sentence.endsWith(".") ? sentence.substring(0, sentence.length() - 1) : sentence;
        return bare.substring(0, 1).toLowerCase(Locale.ROOT) + bare.substring(1);
    }

    /** As picocli prints it: format specifiers are replaced, and lines run on. */
    private static String joined(String... lines) {
        return Arrays.stream(lines)
                .map(line ->
                        String.format(Locale.ROOT, line).replaceAll("\\s+", " ").strip())
                .filter(line -> !line.isEmpty())
                .collect(Collectors.joining(" "));
    }
}
