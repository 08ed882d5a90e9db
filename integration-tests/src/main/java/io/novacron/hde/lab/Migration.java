package io.novacron.hde.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * One live migration by {@code virsh migrate}, typed on the source host as a user would.
 *
 * @param guest which VM
 * @param from where it runs
 * @param to where it shall run
 * @param through how its memory travels
 * @param flags more flags for virsh
 */
public record Migration(Guest guest, LabHost from, LabHost to, Way through, List<String> flags) {
    /** How the memory travels. */
    public enum Way {
        /** QEMU to QEMU over TCP. */
        PLAIN,
        /** Through the agents, by the tunnel URI. */
        HDE,
        /** The same, and libvirt's own conversation too. */
        TUNNEL_ONLY,
        /** Through the agents, of which virsh is told nothing. */
        UNTOLD
    }

    /** As many as the hosts' libvirtd waits for, five seconds apart. */
    private static final String KEEPALIVES = "23";

    private static final long TRAILING_MILLIS = 1000;
    private static final int ROUNDS_AFTER = 2;

    public Migration {
        flags = List.copyOf(flags);
    }

    /** Without further flags. */
    public Migration(Guest guest, LabHost from, LabHost to, Way through) {
        this(guest, from, to, through, List.of());
    }

    /**
     * What a migration cost, and whether all arrived.
     *
     * @param wireBytes bytes that the source host's network interface sent and received, from before virsh until a second
     *     after it; libvirt's own traffic is part of it
     * @param totalMs QEMU's total time
     * @param downtimeMs QEMU's downtime
     * @param wallMs what the user waited for virsh
     * @param rounds of memory
     * @param pages by tier
     * @param channels connections that QEMU made through the agents
     * @param passedThrough why channels, or the rest of them, passed through the agents unchanged
     * @param doubts what speaks against the VM having arrived intact; empty if nothing does
     */
    public record Result(
            long wireBytes,
            long totalMs,
            long downtimeMs,
            long wallMs,
            long rounds,
            PageCounts pages,
            int channels,
            List<String> passedThrough,
            List<String> doubts) {
        public Result {
            passedThrough = List.copyOf(passedThrough);
            doubts = List.copyOf(doubts);
        }

        /** Whether both proofs hold and the VM runs on exactly one host, the right one. */
        public boolean intact() {
            return doubts.isEmpty();
        }
    }

    /** Runs virsh, whatever comes of it, and looks at nothing else. */
    public Output attempt() {
        List<String> command = new ArrayList<>(List.of(
                "virsh",
                "-q",
                "-c",
                "qemu:///system",
                "-K",
                KEEPALIVES,
                "migrate",
                "--live",
                "--persistent",
                "--undefinesource",
                "--unsafe"));
        command.addAll(flags);
        command.add(guest.name());
        if (through == Way.TUNNEL_ONLY) {
            command.add("--p2p");
            command.add("qemu+unix:///system?socket=/run/hde/" + to.name() + "/libvirt.sock");
        } else {
            command.add("qemu+tcp://" + to.name() + "/system");
        }
        if (through == Way.HDE || through == Way.TUNNEL_ONLY) {
            command.add("--migrateuri");
            command.add("unix://" + Agent.socket(to, guest));
        }
        return from.tryRun(command.toArray(String[]::new));
    }

    /** Migrates, measures and checks; a migration that virsh reports as failed is an exception. */
    public Result run() {
        MigrationRecords records = new MigrationRecords(from, to, guest.name());
        String recordBefore = through != Way.PLAIN ? records.newest() : "";
        long logBefore = libvirtLogSize();
        Console consoleBefore = guest.console();
        long bytesBefore = from.wireBytes();
        long start = System.nanoTime();
        Output virsh = attempt();
        long wallMs = Duration.ofNanos(System.nanoTime() - start).toMillis();
        if (!virsh.ok()) {
            throw new LabException("migration of " + guest + " from " + from + " to " + to + " failed: " + virsh.err());
        }
        Waiting.sleep(TRAILING_MILLIS);
        long wireBytes = from.wireBytes() - bytesBefore;
        QemuReport qemu = QemuReport.lastIn(libvirtLogFrom(logBefore));

        List<String> doubts = new ArrayList<>();
        MigrationRecords.Compared compared = through != Way.PLAIN
                ? records.compare(recordBefore, doubts)
                : new MigrationRecords.Compared(PageCounts.of(qemu), 0, List.of());
        checkPlace(doubts);
        checkConsole(consoleBefore, doubts);
        return new Result(
                wireBytes,
                qemu.totalMs(),
                qemu.downtimeMs(),
                wallMs,
                qemu.rounds(),
                compared.pages(),
                compared.channels(),
                compared.passedThrough(),
                doubts);
    }

    private void checkPlace(List<String> doubts) {
        List<LabHost> hosts = guest.hosts();
        if (!hosts.equals(List.of(to))) {
            doubts.add("it runs on " + hosts + ", not on " + to + " alone");
        }
    }

    private void checkConsole(Console before, List<String> doubts) {
        Console after = guest.awaitRounds(ROUNDS_AFTER, Duration.ofMinutes(1));
        if (!after.clean()) {
            doubts.add("its console says: " + after.complaints().get(0));
        } else if (after.rounds() <= before.rounds()) {
            doubts.add("it stopped checking its memory");
        }
    }

    private Path libvirtLog() {
        return from.directory("/var/log/libvirt").resolve("libvirtd.log");
    }

    private long libvirtLogSize() {
        try {
            return Files.size(libvirtLog());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String libvirtLogFrom(long offset) {
        try (var log = Files.newByteChannel(libvirtLog())) {
            byte[] bytes = new byte[Math.toIntExact(log.size() - offset)];
            log.position(offset);
            ByteBuffer buffer = ByteBuffer.wrap(bytes);
            while (buffer.hasRemaining() && log.read(buffer) >= 0) {
                // reads on
            }
            return new String(bytes, 0, buffer.position(), StandardCharsets.UTF_8);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }
}
