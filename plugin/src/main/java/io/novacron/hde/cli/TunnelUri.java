package io.novacron.hde.cli;

import io.novacron.hde.config.HdeConfig;
import java.nio.charset.StandardCharsets;

/** The URIs by which a VM goes to a peer; they follow from names alone. */
final class TunnelUri {
    private static final String UNRESERVED = "-._~/";

    private TunnelUri() {}

    /**
     * Where QEMU sends the memory.
     *
     * @throws IllegalArgumentException when no socket can be called so, with the reason
     */
    static String ofMemory(HdeConfig config, HdeConfig.Peer peer, String vm) {
        return unix(config.sockets().of(peer.name(), vm).toString());
    }

    /**
     * Where QEMU copies the disks to.
     *
     * @throws IllegalArgumentException when no socket can be called so, with the reason
     */
    static String ofDisks(HdeConfig config, HdeConfig.Peer peer, String vm) {
        return unix(config.sockets().ofDisks(peer.name(), vm).toString());
    }

    /** The peer's libvirt, over ssh. */
    static String ofLibvirt(HdeConfig.Peer peer) {
        String host = peer.address().host();
        return "qemu+ssh://" + (host.contains(":") ? "[" + host + "]" : host) + "/system";
    }

    private static String unix(String path) {
        return "unix://" + percentEncoded(path);
    }

    /** libvirt decodes the path of a URI (RFC 3986), so what is not plain in a VM's name must be encoded. */
    private static String percentEncoded(String path) {
        StringBuilder encoded = new StringBuilder();
        for (byte b : path.getBytes(StandardCharsets.UTF_8)) {
            char c = (char) (b & 0xff);
            boolean plain = (c >= 'a' && c <= 'z')
                    || (c >= 'A' && c <= 'Z')
                    || (c >= '0' && c <= '9')
                    || UNRESERVED.indexOf(c) >= 0;
            if (plain) {
                encoded.append(c);
            } else {
                encoded.append('%')
                        .append(Character.toUpperCase(Character.forDigit(c >> 4, 16)))
                        .append(Character.toUpperCase(Character.forDigit(c & 15, 16)));
            }
        }
        return encoded.toString();
    }
}
