package io.novacron.hde.cli;

import io.novacron.hde.config.HdeConfig;

/** Runs the agent in this process. */
public interface AgentRunner {
    /**
     * Returns when the agent has ended.
     *
     * @return the exit status
     * @throws Exception when it cannot start; the message is shown to the user as one line
     */
    int run(HdeConfig config) throws Exception;
}
