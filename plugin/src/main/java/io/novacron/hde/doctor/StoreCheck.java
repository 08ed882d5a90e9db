package io.novacron.hde.doctor;

import io.novacron.hde.config.HdeConfig;
import io.novacron.hde.config.StoreEncryption;
import io.novacron.hde.store.StoreException;
import io.novacron.hde.store.StoreKey;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.stream.Stream;

/** What crosses can be kept: without that, nothing is ever known, and little is saved. */
final class StoreCheck implements Check {
    private static final Set<String> IN_MEMORY = Set.of("tmpfs", "ramfs");
    private static final long MIB = 1 << 20;

    private final HdeConfig.Store store;
    private final Disk.Look disk;

    StoreCheck(HdeConfig config, Disk.Look disk) {
        this.store = config.store();
        this.disk = disk;
    }

    @Override
    public String name() {
        return "store";
    }

    @Override
    public void run(Findings findings) throws IOException {
        key(findings);
        Path directory = store.directory();
        Path present = directory;
        while (Files.notExists(present) && present.getParent() != null) {
            present = present.getParent();
        }
        long used = 0;
        if (present.equals(directory)) {
            Access access = Access.of(directory);
            if (!access.isForOwnerAlone()) {
                findings.error(
                        "store.directory: " + directory + " has mode " + access.modeText()
                                + ": others than root can reach guests' memory in it",
                        "chmod 700 " + directory);
            }
            used = size(directory);
        }
        space(findings, disk.at(present), used);
    }

    private void key(Findings findings) {
        if (store.encryption() == StoreEncryption.NONE) {
            return;
        }
        try {
            StoreKey.read(store.keyFile());
        } catch (StoreException e) {
            findings.error(
                    "store.key-file: " + e.getMessage(), "do what it says about the key, then systemctl restart hde");
        }
    }

    private void space(Findings findings, Disk present, long used) {
        String directory = "store.directory: " + store.directory();
        if (present.readOnly()) {
            findings.error(
                    directory + " lies in a file system that can only be read: nothing is kept",
                    "mount it for writing (dmesg may say why it is not), or set another store.directory");
        } else if (present.free() < store.minFree()) {
            findings.error(
                    directory + ": " + present.free() / MIB + " MiB are free, and " + store.minFree() / MIB
                            + " MiB are to stay free (store.min-free): nothing more is kept",
                    "make room, set a smaller store.min-free, or another store.directory");
        } else if (used + present.free() - store.minFree() < store.maxSize()) {
            findings.warning(
                    directory + ": with " + present.free() / MIB + " MiB free, " + store.minFree() / MIB
                            + " MiB of which are to stay free (store.min-free), the store cannot grow to "
                            + store.maxSize() / MIB
                            + " MiB (store.max-size); before that it keeps nothing new, instead of"
                            + " dropping what is old",
                    "set store.max-size to less than " + (used + present.free() - store.minFree()) / MIB
                            + "MiB, or make room");
        }
        if (IN_MEMORY.contains(present.type())) {
            findings.warning(
                    directory + " lies in memory (" + present.type() + "): all baselines are gone after a reboot",
                    "set a store.directory on a disk");
        }
    }

    private static long size(Path directory) throws IOException {
        try (Stream<Path> files = Files.list(directory)) {
            long sum = 0;
            for (Path file : files.toList()) {
                sum += Files.isRegularFile(file) ? Files.size(file) : 0;
            }
            return sum;
        }
    }
}
