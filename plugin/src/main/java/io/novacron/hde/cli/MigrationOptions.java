package io.novacron.hde.cli;

import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.libvirt.LiveMigration;
import java.util.Optional;
import picocli.CommandLine.Option;

/** How a VM is to migrate, for the commands that do it. */
final class MigrationOptions {
    @Option(
            names = "--copy-storage-all",
            description =
                    "Copy the disks too, for hosts that do not share them; at the destination, files of the same names "
                            + "and sizes must be there.")
    private boolean disks;

    @Option(
            names = "--unsafe",
            description = "Migrate even where libvirt does not know whether the disks' caches agree.")
    private boolean unsafe;

    /** @throws IllegalArgumentException when the VM's name cannot be in a URI; the message says why */
    LiveMigration.Way way(HdeConfig config, HdeConfig.Peer peer, String vm) {
        return new LiveMigration.Way(
                TunnelUri.ofMemory(config, peer, vm),
                disks ? Optional.of(TunnelUri.ofDisks(config, peer, vm)) : Optional.empty(),
                unsafe);
    }
}
