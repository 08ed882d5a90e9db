package io.novacron.hde.lab;

import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;

/**
 * A lab that is up. Only one can be up for each checkout; whatever an earlier one left is removed first. Closing it ends
 * its hosts with all that runs in them; should this process die instead, a watcher does so.
 */
public final class Lab implements AutoCloseable {
    private static final Duration UP = Duration.ofMinutes(2);
    private static final Duration BUILD = Duration.ofMinutes(30);

    private final LabScripts scripts;
    private final List<LabHost> hosts;

    private Lab(LabScripts scripts, List<LabHost> hosts) {
        this.scripts = scripts;
        this.hosts = hosts;
    }

    /** The checkout whose lab it is, from the system property {@code lab.project}, else the working directory. */
    public static Path project() {
        return Path.of(System.getProperty("lab.project", ""));
    }

    /**
     * Brings up hosts, on a link that is not shaped, without agents.
     *
     * @param names of the hosts, each with {@code :newer} behind it if it shall be of a newer release of Debian
     */
    public static Lab up(Path project, String... names) {
        LabScripts scripts = new LabScripts(project);
        List<String> command = new ArrayList<>(List.of("up"));
        command.addAll(List.of(names));
        scripts.ctl(UP, command.toArray(String[]::new));
        List<LabHost> hosts = new ArrayList<>();
        for (String name : names) {
            hosts.add(new LabHost(scripts, name.replaceFirst(":newer$", "")));
        }
        return new Lab(scripts, List.copyOf(hosts));
    }

    /** Builds what the guests are made of, if that has not been done; the first time takes minutes. */
    public static void build(Path project) {
        new LabScripts(project).ctl(BUILD, "build");
    }

    /** All hosts, in the order in which they were named. */
    public List<LabHost> hosts() {
        return hosts;
    }

    /** The host of this name. */
    public LabHost host(String name) {
        for (LabHost host : hosts) {
            if (host.name().equals(name)) {
                return host;
            }
        }
        throw new LabException("lab: there is no host " + name);
    }

    /** Holds every host's link, in each direction, to this rate: as {@code tc} takes it, or {@code unshaped}. */
    public void shape(String rate) {
        scripts.ctl(UP, "shape", rate);
    }

    /** Whether nothing but the agents' tunnels passes between the hosts. */
    public void onlyTunnels(boolean only) {
        scripts.ctl(UP, "only-tunnels", only ? "on" : "off");
    }

    /** Defines a guest on {@code host} and starts it; a guest of that name is removed first, wherever it is. */
    public Guest start(LabHost host, GuestSpec spec) {
        List<String> command = new ArrayList<>(List.of(
                "guest-start", host.name(), spec.name(), spec.kind().word(), Integer.toString(spec.memoryMib())));
        spec.options().forEach((name, value) -> command.add(name + "=" + value));
        scripts.ctl(BUILD, command.toArray(String[]::new));
        return new Guest(scripts, this, spec.name());
    }

    /** Where the hosts see a file of the lab's own directory. */
    String mount(String file) {
        return "/srv/lab/" + file;
    }

    /** What belongs to this run, as this process sees it. */
    Path runDirectory() {
        return scripts.runDirectory();
    }

    /** What a QEMU without libvirt needs to run the tiny guest of 128 MiB, whose console goes to the end of a file. */
    List<String> tinyMachine(String console) {
        return scripts.ctl(UP, "tiny-machine", console).lines().toList();
    }

    /** The root of a newer Debian release with its QEMU, as the hosts see it; made the first time. */
    String newerRoot() {
        return scripts.ctl(BUILD, "newer-root");
    }

    /**
     * Makes certificates of a host that is none of the lab's.
     *
     * @param trusted whether the lab's own authority signs them, or another
     * @return the directory as the hosts see it, laid out as /etc/pki
     */
    public String strangersCertificates(boolean trusted) {
        return scripts.ctl(UP, "stranger", trusted ? "own" : "other");
    }

    /** Copies what agents, libvirtd, QEMU and the guests' consoles wrote to a directory, which is emptied first. */
    public void saveLogs(Path directory) {
        scripts.ctl(UP, "save-logs", directory.toAbsolutePath().toString());
    }

    /** The same to the place where the lab's programs leave it, which is returned. */
    Path saveLogs() {
        Path logs = scripts.project().resolve("target/lab-logs");
        saveLogs(logs);
        return logs;
    }

    /** The same failure, saying where the logs are, which this saves. */
    LabException withLogs(LabException failure) {
        return new LabException(
                failure.getMessage() + System.lineSeparator() + "The logs are in " + saveLogs() + ".", failure);
    }

    /** Ends all hosts, and with them guests and agents. */
    @Override
    public void close() {
        scripts.ctl(UP, "down");
    }
}
