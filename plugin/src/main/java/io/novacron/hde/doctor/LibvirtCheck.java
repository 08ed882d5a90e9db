package io.novacron.hde.doctor;

import io.novacron.hde.config.HdeConfig;
import java.io.IOException;
import java.net.UnixDomainSocketAddress;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.List;

/** libvirt takes connections. */
final class LibvirtCheck implements Check {
    private static final String SYSTEM = "qemu:///system";

    private final HdeConfig.Libvirt libvirt;
    private final SystemFiles system;

    LibvirtCheck(HdeConfig config, SystemFiles system) {
        this.libvirt = config.libvirt();
        this.system = system;
    }

    @Override
    public String name() {
        return "libvirt";
    }

    @Override
    public void run(Findings findings) {
        if (!libvirt.uri().equals(SYSTEM)) {
            findings.notChecked("libvirt.uri is not " + SYSTEM);
            return;
        }
        List<Path> sockets = libvirt.socket()
                .map(List::of)
                .orElse(List.of(system.at("/run/libvirt/libvirt-sock"), system.at("/run/libvirt/virtqemud-sock")));
        String last = "";
        for (Path socket : sockets) {
            try (SocketChannel channel = SocketChannel.open(UnixDomainSocketAddress.of(socket))) {
                if (channel.isConnected()) {
                    return;
                }
            } catch (IOException e) {
                last = socket + ": " + e.getMessage();
            }
        }
        findings.error(
                "libvirt takes no connections (" + last + ")",
                "systemctl start libvirtd (with separate daemons: virtqemud.socket); journalctl -u libvirtd says why it"
                        + " ended");
    }
}
