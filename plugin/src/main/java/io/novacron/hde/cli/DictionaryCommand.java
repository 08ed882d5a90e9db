package io.novacron.hde.cli;

import com.fasterxml.jackson.core.JsonProcessingException;
import io.novacron.hde.config.ConfigException;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.ControlJson;
import io.novacron.hde.control.DictionarySummary;
import io.novacron.hde.control.DictionaryTraining;
import java.io.PrintWriter;
import java.util.List;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code hde dictionary}. */
@Command(
        name = "dictionary",
        mixinStandardHelpOptions = true,
        synopsisSubcommandLabel = "COMMAND",
        description = "Look at the dictionaries of this host, and train new ones.")
final class DictionaryCommand implements Runnable {
    @Spec
    private CommandSpec spec;

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing: train, list or show");
    }

    @Command(
            mixinStandardHelpOptions = true,
            description = "Train on the pages that crossed last; a dictionary that does not help is not kept.")
    void train(
            @Mixin ConfigOption config,
            @Option(names = "--type", paramLabel = "TYPE", description = "Only for vm-memory, vm-disk or vm-network.")
                    String type,
            @Option(names = "--json", description = "Print JSON.") boolean json)
            throws ConfigException, ControlException, JsonProcessingException {
        List<DictionaryTraining> results = config.client().trainDictionaries(type);
        if (json) {
            printJson(results);
            return;
        }
        Table table = new Table("TYPE", "SCOPE", "VM", "RESULT");
        results.forEach(result -> table.row(result.type(), result.scope(), result.vm(), result.result()));
        out().print(table);
    }

    @Command(mixinStandardHelpOptions = true, description = "List all dictionaries.")
    void list(@Mixin ConfigOption config, @Option(names = "--json", description = "Print JSON.") boolean json)
            throws ConfigException, ControlException, JsonProcessingException {
        List<DictionarySummary> dictionaries = config.client().dictionaries();
        if (json) {
            printJson(dictionaries);
        } else {
            out().print(
                            dictionaries.isEmpty()
                                    ? "no dictionaries\n"
                                    : table(dictionaries).toString());
        }
    }

    @Command(mixinStandardHelpOptions = true, description = "Show one dictionary.")
    void show(
            @Mixin ConfigOption config,
            @Parameters(paramLabel = "ID", description = "The beginning of its id.") String id,
            @Option(names = "--json", description = "Print JSON.") boolean json)
            throws ConfigException, ControlException, JsonProcessingException {
        DictionarySummary dictionary = config.client().dictionary(id);
        if (json) {
            printJson(dictionary);
            return;
        }
        Table vms = new Table("VMS");
        dictionary.vms().forEach(vms::row);
        out().print("id " + dictionary.digest() + "\nversion " + dictionary.version() + "\n\n"
                + table(List.of(dictionary)) + (vms.isEmpty() ? "" : "\n" + vms));
    }

    private static Table table(List<DictionarySummary> dictionaries) {
        Table table = new Table("ID", "TYPE", "SCOPE", "VM", "PEER", ">SIZE", "MADE", ">SAMPLES", ">SAVES");
        for (DictionarySummary dictionary : dictionaries) {
            table.row(
                    StatusText.root(dictionary.digest()),
                    dictionary.type(),
                    dictionary.scope(),
                    dictionary.vm(),
                    dictionary.peer(),
                    Amounts.bytes(dictionary.bytes()),
                    dictionary.made(),
                    dictionary.samples(),
                    Amounts.saved(dictionary.plainBytes(), dictionary.packedBytes()));
        }
        return table;
    }

    private void printJson(Object report) throws JsonProcessingException {
        out().println(ControlJson.mapper().writeValueAsString(report));
    }

    private PrintWriter out() {
        return spec.commandLine().getOut();
    }
}
