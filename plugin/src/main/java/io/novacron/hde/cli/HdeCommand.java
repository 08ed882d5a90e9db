package io.novacron.hde.cli;

import io.novacron.hde.config.ConfigException;
import java.io.PrintWriter;
import java.util.Objects;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;

/** The command itself, and what all subcommands have in common: how they are run and how they fail. */
@Command(
        name = "hde",
        mixinStandardHelpOptions = true,
        versionProvider = Version.class,
        synopsisSubcommandLabel = "COMMAND",
        description = "Live migration that sends only what the destination does not already have.",
        footer = {"", "Exit status: 0; 1 when the command failed; 2 for a wrong command line or configuration."})
public final class HdeCommand implements Runnable {
    private final AgentRunner runner;
    private final AgentRunner rehearsal;

    @Spec
    private CommandSpec spec;

    /**
     * Makes the command.
     *
     * @param runner what {@code hde agent} runs
     * @param rehearsal what {@code hde rehearse} runs
     */
    public HdeCommand(AgentRunner runner, AgentRunner rehearsal) {
        this.runner = Objects.requireNonNull(runner, "runner");
        this.rehearsal = Objects.requireNonNull(rehearsal, "rehearsal");
    }

    /**
     * Runs one command line.
     *
     * @return the exit status
     */
    public int execute(PrintWriter out, PrintWriter err, String... arguments) {
        CommandLine line = commandLine().setOut(out).setErr(err);
        int status = line.execute(arguments);
        out.flush();
        err.flush();
        return status;
    }

    /** The command with all of its subcommands, for what is made of them: the manual and the completion. */
    public CommandLine commandLine() {
        return new CommandLine(this)
                .addSubcommand(new AgentCommand(runner))
                .addSubcommand(new RehearseCommand(rehearsal))
                .addSubcommand(new StatusCommand())
                .addSubcommand(new HistoryCommand())
                .addSubcommand(new BaselineCommand())
                .addSubcommand(new DictionaryCommand())
                .addSubcommand(new UriCommand())
                .addSubcommand(new MigrateCommand())
                .addSubcommand(new SeedCommand())
                .addSubcommand(new EstimateCommand())
                .addSubcommand(new EvacuateCommand())
                .addSubcommand(new TransparentCommand())
                .addSubcommand(new ConfigCommand())
                .addSubcommand(new BenchCommand())
                .addSubcommand(new DoctorCommand())
                .addSubcommand(new ReportCommand())
                .addSubcommand(new SetupCommand())
                .setParameterExceptionHandler(HdeCommand::wrongCommandLine)
                .setExecutionExceptionHandler(HdeCommand::failed);
    }

    @Override
    public void run() {
        throw new ParameterException(spec.commandLine(), "a command is missing");
    }

    private static int wrongCommandLine(ParameterException e, String[] arguments) {
        CommandLine line = e.getCommandLine();
        String name = line.getCommandSpec().qualifiedName();
        line.getErr().println("hde: " + oneLine(e) + "; see '" + name + " --help'");
        return 2;
    }

    private static int failed(Exception e, CommandLine line, ParseResult result) {
        if (e instanceof ConfigException wrong) {
            wrong.problems().forEach(problem -> line.getErr().println("hde: " + problem));
            return 2;
        }
        line.getErr().println("hde: " + oneLine(e));
        return 1;
    }

    private static String oneLine(Exception e) {
        String message = e.getMessage() == null || e.getMessage().isBlank()
                ? e.getClass().getSimpleName()
                : e.getMessage().strip();
        String line = message.replaceAll("\\s*\\R\\s*", "; ").replaceAll("\\p{Cntrl}", "?");
        return line.endsWith(".") ? line.substring(0, line.length() - 1) : line;
    }
}
