package io.novacron.hde.agent;

import io.novacron.hde.config.HdeConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermission;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.EnumSet;
import java.util.Set;

/**
 * The directories of the sockets, with the owners and modes that let QEMU's unprivileged user bind under this host's own
 * name and connect under a peer's, and nobody else: {@code /run/hde} 0711, {@code /run/hde/PEER} 0770 root:libvirt-qemu.
 */
final class SocketDirectories {
    private static final int PASSABLE = 0711;
    private static final int GROUP_WRITES = 0020;
    private static final int ROOT_ONLY = 0600;

    private final HdeConfig.Sockets sockets;
    private final GroupPrincipal group;

    SocketDirectories(HdeConfig.Sockets sockets) throws IOException {
        this.sockets = sockets;
        try {
            group = sockets.directory()
                    .getFileSystem()
                    .getUserPrincipalLookupService()
                    .lookupPrincipalByGroupName(sockets.group());
        } catch (UserPrincipalNotFoundException e) {
            throw new IOException(
                    "sockets.group: there is no group " + sockets.group() + " on this host; name QEMU's group", e);
        }
    }

    /** Makes what is missing and puts right what is there. */
    void prepare(HdeConfig config) throws IOException {
        make(sockets.directory(), PASSABLE);
        shared(sockets.of(config.host().name()), sockets.mode());
        for (HdeConfig.Peer peer : config.peers().values()) {
            // whoever may write there could put a socket of its own in the place of the one that root's libvirt trusts
            shared(sockets.of(peer.name()), peer.libvirtSocket() ? sockets.mode() & ~GROUP_WRITES : sockets.mode());
        }
    }

    private void shared(Path directory, int mode) throws IOException {
        make(directory, mode);
        grant(directory);
    }

    private static void make(Path directory, int mode) throws IOException {
        try {
            Files.createDirectories(directory);
            Files.setPosixFilePermissions(directory, permissions(mode));
        } catch (IOException e) {
            throw new IOException("sockets.directory: cannot prepare " + directory + ": " + e, e);
        }
    }

    /** Lets QEMU's group connect to a socket that the agent has bound. */
    void share(Path socket) throws IOException {
        Files.setPosixFilePermissions(socket, permissions(sockets.mode() & 0666));
        grant(socket);
    }

    /** Lets root alone connect to a socket that the agent has bound. */
    static void keepForRoot(Path socket) throws IOException {
        Files.setPosixFilePermissions(socket, permissions(ROOT_ONLY));
    }

    private void grant(Path path) throws IOException {
        Files.getFileAttributeView(path, PosixFileAttributeView.class).setGroup(group);
    }

    private static Set<PosixFilePermission> permissions(int mode) {
        Set<PosixFilePermission> permissions = EnumSet.noneOf(PosixFilePermission.class);
        PosixFilePermission[] all = PosixFilePermission.values();
        for (int bit = 0; bit < 9; bit++) {
            if ((mode >> (8 - bit) & 1) != 0) {
                permissions.add(all[bit]);
            }
        }
        return permissions;
    }
}
