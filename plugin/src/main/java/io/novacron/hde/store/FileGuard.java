package io.novacron.hde.store;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.LinkOption;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Map;

/** Whose a file is and who may use it, as the system says. */
record FileGuard(boolean regularFile, boolean directory, int uid, int mode) {
    private static final int PERMISSIONS = 07777;

    /** Of a path itself, even if it is a symbolic link. */
    static FileGuard of(Path path) throws IOException {
        return read(path, LinkOption.NOFOLLOW_LINKS);
    }

    /** Of what a path leads to. */
    static FileGuard ofTarget(Path path) throws IOException {
        return read(path);
    }

    /** Whether it belongs to root or to the user of this process. */
    boolean isTrusted() throws IOException {
        return uid == 0 || uid == ofTarget(Path.of("/proc/self")).uid;
    }

    /** Whether somebody has a permission that is not among these. */
    boolean allowsMoreThan(int permissions) {
        return (mode & ~permissions) != 0;
    }

    /** As chmod takes it. */
    String modeText() {
        return String.format(Locale.ROOT, "%04o", mode);
    }

    private static FileGuard read(Path path, LinkOption... options) throws IOException {
        Map<String, Object> values = Files.readAttributes(path, "unix:isRegularFile,isDirectory,uid,mode", options);
        return new FileGuard(
                (Boolean) values.get("isRegularFile"),
                (Boolean) values.get("isDirectory"),
                (Integer) values.get("uid"),
                (Integer) values.get("mode") & PERMISSIONS);
    }
}
