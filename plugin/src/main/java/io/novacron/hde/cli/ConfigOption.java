package io.novacron.hde.cli;

import io.novacron.hde.config.ConfigException;
import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.control.ControlClient;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import picocli.CommandLine.Option;

/** {@code --config}, which every subcommand takes. */
final class ConfigOption {
    @Option(names = "--config", paramLabel = "FILE", description = "The configuration; without it, /etc/hde/hde.yaml.")
    private Optional<Path> given = Optional.empty();

    Path file() {
        return given.orElse(HdeConfig.DEFAULT_PATH);
    }

    HdeConfig load() throws ConfigException {
        return HdeConfig.load(file());
    }

    /** For commands that only look for the agent: where nothing is configured, it is where the defaults say. */
    ControlClient client() throws ConfigException {
        boolean nothing = given.isEmpty() && Files.notExists(HdeConfig.DEFAULT_PATH);
        HdeConfig config = nothing ? HdeConfig.defaults() : load();
        return new ControlClient(config.sockets().control());
    }
}
