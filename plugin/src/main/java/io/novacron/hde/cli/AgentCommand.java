package io.novacron.hde.cli;

import io.novacron.hde.config.HdeConfig;
import java.util.Locale;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/** {@code hde agent}. */
@Command(
        name = "agent",
        mixinStandardHelpOptions = true,
        description = "Run the agent in the foreground, until SIGTERM or SIGINT.")
final class AgentCommand implements Callable<Integer> {
    /** slf4j-simple reads it when the first logger is made: none may be before the configuration is read. */
    private static final String LOG_LEVEL = "org.slf4j.simpleLogger.defaultLogLevel";

    private final AgentRunner runner;

    @Mixin
    private ConfigOption config;

    AgentCommand(AgentRunner runner) {
        this.runner = runner;
    }

    @Override
    public Integer call() throws Exception {
        HdeConfig loaded = config.load();
        if (System.getProperty(LOG_LEVEL) == null) {
            System.setProperty(LOG_LEVEL, loaded.log().level().name().toLowerCase(Locale.ROOT));
        }
        return runner.run(loaded);
    }
}
