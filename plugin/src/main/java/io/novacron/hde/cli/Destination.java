package io.novacron.hde.cli;

import io.novacron.hde.config.HdeConfig;
import java.util.Optional;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which VM goes where, for the commands that migrate one. */
final class Destination {
    @Parameters(index = "0", paramLabel = "VM", description = "The domain's name.")
    private String vm;

    @Parameters(index = "1", paramLabel = "PEER", description = "A peer's name in the configuration.")
    private String peer;

    @Option(
            names = "--desturi",
            paramLabel = "URI",
            description = "The destination's libvirt; without it, qemu+ssh://HOST/system with the host of the peer's "
                    + "address.")
    private Optional<String> libvirt = Optional.empty();

    String vm() {
        return vm;
    }

    String peer() {
        return peer;
    }

    /** The URI of the destination's libvirt. */
    String libvirt(HdeConfig.Peer to) {
        return libvirt.orElse(TunnelUri.ofLibvirt(to));
    }
}
