package io.novacron.hde.doctor;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Locale;
import java.util.Map;

/**
 * Whose a file is and who may use it.
 *
 * @param mode permission bits
 * @param changed when its mode, owner, name or content last changed, milliseconds since the epoch
 */
record Access(int uid, int gid, int mode, long changed) {
    private static final int PERMISSIONS = 07777;
    private static final int OTHERS = 077;

    /** Of what a path leads to. */
    static Access of(Path path) throws IOException {
        Map<String, Object> values = Files.readAttributes(path, "unix:uid,gid,mode,ctime");
        return new Access(
                (Integer) values.get("uid"),
                (Integer) values.get("gid"),
                (Integer) values.get("mode") & PERMISSIONS,
                ((FileTime) values.get("ctime")).toMillis());
    }

    /** Of the user of this process. */
    static int ownUid() throws IOException {
        return of(Path.of("/proc/self")).uid;
    }

    boolean isForOwnerAlone() {
        return (mode & OTHERS) == 0;
    }

    /** Whether the user has all of these permissions: 4 read, 2 write, 1 pass. */
    boolean allows(QemuUser user, int wanted) {
        int bits = uid == user.uid() ? mode >> 6 : user.gids().contains(gid) ? mode >> 3 : mode;
        return user.uid() == 0 || (bits & wanted) == wanted;
    }

    /** As chmod takes it. */
    String modeText() {
        return String.format(Locale.ROOT, "%04o", mode);
    }
}
