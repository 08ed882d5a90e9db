package io.novacron.hde.cli;

import io.novacron.hde.config.HdeConfig;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;

/**
 * {@code hde rehearse}, which only the launcher runs, with the agent's arguments. It has no {@code --help}: status 0 says
 * that everything was used.
 */
@Command(name = "rehearse", hidden = true, description = "Use the agent's classes once and end.")
final class RehearseCommand implements Callable<Integer> {
    private final AgentRunner rehearsal;

    @Mixin
    private ConfigOption config;

    RehearseCommand(AgentRunner rehearsal) {
        this.rehearsal = rehearsal;
    }

    @Override
    public Integer call() throws Exception {
        HdeConfig loaded = config.load();
        return rehearsal.run(loaded);
    }
}
