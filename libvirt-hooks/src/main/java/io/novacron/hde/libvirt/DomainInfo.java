package io.novacron.hde.libvirt;

import java.util.Objects;

/**
 * A libvirt domain.
 *
 * @param name its name, unique on its host; libvirt allows anything but '/' and line breaks
 * @param uuid its UUID as 36 lower-case characters, the same on every host it migrates to
 */
public record DomainInfo(String name, String uuid) {
    public DomainInfo {
        Objects.requireNonNull(name, "name");
        Objects.requireNonNull(uuid, "uuid");
    }
}
