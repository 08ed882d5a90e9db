package io.novacron.hde.cli;

import io.novacron.hde.config.HdeConfig;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;

/** A peer that the command line names. */
final class Peers {
    private Peers() {}

    /**
     * The peer of that name.
     *
     * @throws ParameterException when there is none, or no VM may migrate there
     */
    static HdeConfig.Peer receiver(CommandSpec spec, HdeConfig config, String name) {
        HdeConfig.Peer peer = config.peers().get(name);
        if (peer == null) {
            throw new ParameterException(spec.commandLine(), "no peer is called \"" + name + "\"; " + known(config));
        }
        if (!peer.mayReceive()) {
            throw new ParameterException(
                    spec.commandLine(),
                    "peer " + name + " may not receive VMs from this host: peers." + name
                            + ".may-receive is false, and no socket leads to it");
        }
        return peer;
    }

    private static String known(HdeConfig config) {
        return config.peers().isEmpty()
                ? "the configuration has no peers"
                : "there are " + String.join(", ", config.peers().keySet());
    }
}
