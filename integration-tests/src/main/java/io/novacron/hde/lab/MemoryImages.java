package io.novacron.hde.lab;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;

/**
 * The memory of real guests in files: a guest, the same 45 s before, and another VM of the same image that holds a
 * quarter of the keys. The guests are those of {@link Demo}.
 */
final class MemoryImages {
    static final String GUEST = "guest.img";
    static final String SNAPSHOT = "snapshot.img";
    static final String SIBLING = "sibling.img";

    private static final Duration BOOT = Duration.ofMinutes(10);
    /** Redis saves its data a minute after the first writes: the file it makes then is new, later ones much less. */
    private static final Duration SETTLE = Duration.ofMinutes(2);

    private static final Duration BETWEEN = Duration.ofSeconds(45);
    private static final int SIBLING_KEYS = 10_000;
    private static final int REWRITE_KIB = 256;

    private final Path project;
    private final Lab lab;
    private final Path directory;

    private MemoryImages(Path project, Lab lab, Path directory) {
        this.project = project;
        this.lab = lab;
        this.directory = directory;
    }

    /** Makes them in a directory that there is; takes some minutes. */
    static void make(Path project, Lab lab, Path directory) throws IOException {
        new MemoryImages(project, lab, directory).make();
    }

    /** Fails if one is missing. */
    static void check(Path directory) {
        for (String name : List.of(GUEST, SNAPSHOT, SIBLING)) {
            if (!Files.isRegularFile(directory.resolve(name))) {
                throw new LabException("lab: " + directory.resolve(name) + ": there is no such image");
            }
        }
    }

    private void make() throws IOException {
        LabHost host = lab.hosts().get(0);
        Guest guest = lab.start(host, GuestSpec.real("debian").with("lab.rewrite_kib", REWRITE_KIB));
        GuestSpec other =
                GuestSpec.real("sibling").with("lab.keys", SIBLING_KEYS).with("lab.rewrite_kib", REWRITE_KIB);
        Guest sibling = lab.start(host, other);
        guest.awaitReady(BOOT);
        sibling.awaitReady(BOOT);
        pause(SETTLE);
        save(host, sibling, other, SIBLING);
        // It shall not take the processor from the guest.
        sibling.suspend();
        save(host, guest, GuestSpec.real("debian"), SNAPSHOT);
        pause(BETWEEN);
        save(host, guest, GuestSpec.real("debian"), GUEST);
    }

    private void save(LabHost host, Guest guest, GuestSpec spec, String name) throws IOException {
        long bytes = (long) spec.memoryMib() << 20;
        String there = "/srv/lab/run/guests/" + guest.name() + "/" + name;
        String said =
                host.virsh("qemu-monitor-command", guest.name(), "--hmp", "pmemsave 0 " + bytes + " \"" + there + "\"");
        Path saved = project.resolve(".lab/run/guests").resolve(guest.name()).resolve(name);
        if (!Files.exists(saved) || Files.size(saved) != bytes) {
            throw new LabException("lab: QEMU did not save the memory of " + guest + ": " + said.strip());
        }
        Files.move(saved, directory.resolve(name));
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new LabException("lab: interrupted", e);
        }
    }
}
