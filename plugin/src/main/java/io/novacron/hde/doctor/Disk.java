package io.novacron.hde.doctor;

import java.io.IOException;
import java.nio.file.FileStore;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * The file system that a directory lies in.
 *
 * @param type as the kernel calls it
 * @param free bytes that can still be written
 */
record Disk(String type, boolean readOnly, long free) {
    /** Looks at a file system. */
    interface Look {
        Disk at(Path directory) throws IOException;
    }

    static Disk of(Path directory) throws IOException {
        FileStore store = Files.getFileStore(directory);
        return new Disk(store.type(), store.isReadOnly(), store.getUsableSpace());
    }
}
