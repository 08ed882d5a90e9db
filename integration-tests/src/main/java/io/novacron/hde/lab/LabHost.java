package io.novacron.hde.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** A host of the lab: namespaces with a libvirtd, a link, directories of their own, and perhaps an agent. */
public final class LabHost {
    private static final Duration COMMAND = Duration.ofMinutes(5);

    private final LabScripts scripts;
    private final String name;
    private final Agent agent;

    LabHost(LabScripts scripts, String name) {
        this.scripts = scripts;
        this.name = name;
        this.agent = new Agent(scripts, this);
    }

    /** Its name, which the other hosts can resolve. */
    public String name() {
        return name;
    }

    /** Its agent, running or not. */
    public Agent agent() {
        return agent;
    }

    /** Runs a command on this host, as root, whatever comes of it. */
    public Output tryRun(String... command) {
        List<String> arguments = new ArrayList<>(List.of("exec", name));
        arguments.addAll(List.of(command));
        return scripts.tryCtl(COMMAND, arguments);
    }

    /** Runs a command on this host, as root, and returns what it prints; its failure is an exception. */
    public String run(String... command) {
        Output output = tryRun(command);
        if (!output.ok()) {
            throw new LabException(name + ": " + String.join(" ", command) + ": " + output.err());
        }
        return output.out();
    }

    /** Runs virsh on this host's libvirtd. */
    public String virsh(String... arguments) {
        List<String> command = new ArrayList<>(List.of("virsh", "-q", "-c", "qemu:///system"));
        command.addAll(List.of(arguments));
        return run(command.toArray(String[]::new));
    }

    /** Starts libvirtd anew if it has ended; its VMs run on meanwhile. */
    void ensureLibvirt() {
        run("sh", "-c", "pidof libvirtd >/dev/null || libvirtd -d -l");
    }

    /** The state of a VM in virsh's words, or {@code undefined}. */
    public String state(String vm) {
        Output output = tryRun("virsh", "-q", "-c", "qemu:///system", "domstate", vm);
        if (!output.ok() && !output.err().contains("failed to get domain")) {
            throw new LabException(name + ": virsh domstate " + vm + ": " + output.err());
        }
        return output.ok() ? output.out() : "undefined";
    }

    /** Whether a VM's processors run here. */
    public boolean runs(String vm) {
        return state(vm).equals("running");
    }

    /**
     * Where this machine has a directory that the host has to itself: /etc/libvirt, /etc/hde, /etc/pki, /var/lib/libvirt,
     * /var/lib/hde, /var/cache/libvirt, /var/log/libvirt or /var/log/hde, or something below.
     */
    public Path directory(String absolute) {
        return state().resolve(absolute.substring(1));
    }

    /** What a silence takes from a host's link. */
    enum Silence {
        /** Every packet of the tunnels that the host's agent has opened. */
        TUNNEL,
        /** Those of them that carry something, so that a connection can be made and no more. */
        DATA,
        /** All packets. */
        ALL
    }

    /**
     * Resets the tunnels that this host's agent has opened.
     *
     * @return when, in milliseconds since 1970; so do the other faults
     */
    double resetTunnels() {
        return fault("fault-reset", name);
    }

    /** Takes packets from the link until {@link #endSilence}; instead of what was taken before. */
    double silence(Silence silence) {
        return fault("fault-silence", name, silence.name().toLowerCase(Locale.ROOT));
    }

    /** Ends a silence, if there is one. */
    double endSilence() {
        return fault("fault-heal", name);
    }

    /**
     * Has the agent's tunnels come from another address and takes the one away from which they came. The first time only
     * gives them an address of their own.
     */
    double changeTunnelAddress() {
        return fault("fault-address", name);
    }

    private double fault(String... command) {
        return 1000 * Double.parseDouble(scripts.ctl(COMMAND, command));
    }

    /** Where this machine has a path of the host, whatever is mounted there. */
    Path seenFromHere(String absolute) {
        try {
            return Path.of("/proc", firstProcess(), "root", absolute.substring(1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Bytes that the network interface has sent and received since the host came up. */
    public long wireBytes() {
        return NetDev.bytes(netDev());
    }

    /** Bytes that the network interface has sent since the host came up. */
    long sentBytes() {
        return NetDev.sent(netDev());
    }

    /** The file shows the links of the process' own network namespace. */
    private String netDev() {
        try {
            return Files.readString(Path.of("/proc", firstProcess(), "net/dev"), StandardCharsets.US_ASCII);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private String firstProcess() throws IOException {
        return Files.readString(state().resolve("pid"), StandardCharsets.US_ASCII)
                .split(" ", 2)[0];
    }

    private Path state() {
        return scripts.runDirectory().resolve("hosts").resolve(name);
    }

    @Override
    public String toString() {
        return name;
    }
}
