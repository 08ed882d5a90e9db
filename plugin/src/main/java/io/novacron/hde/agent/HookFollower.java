package io.novacron.hde.agent;

import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.libvirt.HookEvent;
import java.io.IOException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What libvirt's hook says about VMs that arrive. Before QEMU binds its socket its directory is put right once more:
 * somebody may have tidied up under /run since the agent started. Sockets themselves are never touched here: by the time
 * an event is read, the next QEMU may have bound one of the same name.
 */
final class HookFollower {
    private static final Logger LOG = LoggerFactory.getLogger(HookFollower.class);

    private final HdeConfig config;
    private final SocketDirectories directories;

    HookFollower(HdeConfig config, SocketDirectories directories) {
        this.config = config;
        this.directories = directories;
    }

    void event(HookEvent event) {
        switch (event.operation()) {
            case MIGRATE -> LOG.info("{} is about to arrive", event.guest());
            case PREPARE -> {
                try {
                    directories.prepare(config);
                } catch (IOException e) {
                    LOG.error("{} cannot arrive through HDE: {}", event.guest(), e.getMessage());
                }
            }
            case RELEASE -> LOG.info("{} has ended here", event.guest());
        }
    }
}
