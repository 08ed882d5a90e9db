package io.novacron.hde.cli;

import io.novacron.hde.config.HdeConfig;

/** In the place of the agent where this build has none. */
final class NoAgent implements AgentRunner {
    @Override
    public int run(HdeConfig config) {
        throw new UnsupportedOperationException("this build has no agent");
    }
}
