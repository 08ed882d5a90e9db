package io.novacron.hde.control;

import java.io.IOException;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.GroupPrincipal;
import java.nio.file.attribute.PosixFileAttributeView;
import java.nio.file.attribute.PosixFilePermissions;
import java.nio.file.attribute.UserPrincipal;
import java.nio.file.attribute.UserPrincipalLookupService;
import java.nio.file.attribute.UserPrincipalNotFoundException;
import java.util.Optional;

/**
 * Who may use the control socket. The file's mode lets in root and the members of a group; what somebody who is in may ask
 * for follows from the user that the kernel says the connection is from.
 */
public final class ControlAccess {
    private static final UserPrincipalLookupService LOOKUP =
            FileSystems.getDefault().getUserPrincipalLookupService();

    private final Optional<GroupPrincipal> group;

    private ControlAccess(Optional<GroupPrincipal> group) {
        this.group = group;
    }

    /** Root, and the user that the agent runs as, and nobody else. */
    public static ControlAccess rootOnly() {
        return new ControlAccess(Optional.empty());
    }

    /**
     * As {@link #rootOnly}, but members of a group may ask for what changes nothing.
     *
     * @throws IOException if the system has no such group
     */
    public static ControlAccess ofGroup(String name) throws IOException {
        try {
            return new ControlAccess(Optional.of(LOOKUP.lookupPrincipalByGroupName(name)));
        } catch (UserPrincipalNotFoundException e) {
            throw new IOException(
                    "control.group: there is no group " + name + " on this host; make it, or leave the option out", e);
        }
    }

    /** Sets a socket's group and mode: 0600, or 0660 where there is a group. */
    void apply(Path socket) throws IOException {
        if (group.isPresent()) {
            Files.getFileAttributeView(socket, PosixFileAttributeView.class).setGroup(group.get());
        }
        Files.setPosixFilePermissions(
                socket, PosixFilePermissions.fromString(group.isPresent() ? "rw-rw----" : "rw-------"));
    }

    /**
     * Refuses what a user may not ask for.
     *
     * @param user who asks, as the kernel says
     * @param agent the user that the agent runs as
     * @throws ControlException saying who may
     */
    void check(UserPrincipal user, UserPrincipal agent, ControlRequest request) throws ControlException {
        if (user.equals(agent) || isRoot(user)) {
            return;
        }
        if (group.isEmpty()) {
            throw new ControlException("only root may ask the agent (control.group is none)");
        }
        if (request.rootOnly()) {
            throw new ControlException("only root may do this; members of group "
                    + group.get().getName() + " may ask for the status and the lists");
        }
    }

    private static boolean isRoot(UserPrincipal user) {
        try {
            // by number, whatever it is called
            return user.equals(LOOKUP.lookupPrincipalByName("root"));
        } catch (IOException e) {
            return false;
        }
    }
}
