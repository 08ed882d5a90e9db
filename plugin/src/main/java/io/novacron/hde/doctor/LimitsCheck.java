package io.novacron.hde.doctor;

import io.novacron.hde.config.HdeConfig;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The agent has memory and descriptors enough. */
final class LimitsCheck implements Check {
    /** What an agent takes while VMs migrate, all of it counted, with some room. MiB. */
    private static final long LEAST_MIB = 384;

    /** What it has open apart from sockets of VMs and channels. */
    private static final long OWN_FILES = 256;

    /** Sockets, to QEMU and to the peer, and what waits on them. */
    private static final int FILES_A_CHANNEL = 8;

    private static final Pattern FILES = Pattern.compile("Max open files\\s+([0-9]+)\\s.*");
    private static final Pattern AVAILABLE = Pattern.compile("MemAvailable:\\s+([0-9]+) kB");
    private static final Pattern NUMBER = Pattern.compile("[0-9]+");
    private static final Pattern CGROUP = Pattern.compile("0::(/.*)");

    private final HdeConfig config;
    private final SystemFiles system;

    LimitsCheck(HdeConfig config, SystemFiles system) {
        this.config = config;
        this.system = system;
    }

    @Override
    public String name() {
        return "limits";
    }

    @Override
    public void run(Findings findings) throws IOException {
        number("/proc/meminfo", AVAILABLE).ifPresent(available -> {
            if (available >> 10 < LEAST_MIB) {
                findings.warning(
                        "only " + (available >> 10) + " MiB of this host's memory are available; an agent takes up to "
                                + LEAST_MIB + " MiB while VMs migrate",
                        "give this host more memory, or run fewer VMs on it");
            }
        });
        Optional<String> agent = agent();
        if (agent.isEmpty()) {
            findings.notChecked("the agent's own limits: none runs");
            return;
        }
        long vms = vms();
        long wanted = OWN_FILES
                + 2 * vms * config.peers().size()
                + (long) FILES_A_CHANNEL * config.tunnel().maxChannels();
        number(agent.get() + "/limits", FILES).ifPresent(files -> {
            if (files < wanted) {
                findings.warning(
                        "the agent may open " + files + " files; with " + vms + " VMs, "
                                + config.peers().size()
                                + " peers and tunnel.max-channels "
                                + config.tunnel().maxChannels() + " it can need "
                                + wanted,
                        "systemctl edit hde: [Service] LimitNOFILE=65536; then systemctl restart hde");
            }
        });
        memory(agent.get(), findings);
    }

    private void memory(String agent, Findings findings) throws IOException {
        for (String line : system.lines(agent + "/cgroup")) {
            Matcher matcher = CGROUP.matcher(line);
            if (matcher.matches()) {
                number("/sys/fs/cgroup" + matcher.group(1) + "/memory.max", NUMBER)
                        .ifPresent(bytes -> {
                            if (bytes >> 20 < LEAST_MIB) {
                                findings.warning(
                                        "the agent may take " + (bytes >> 20)
                                                + " MiB of memory; while VMs migrate it can need " + LEAST_MIB
                                                + " MiB, and is killed before",
                                        "systemctl edit hde: [Service] MemoryMax=" + LEAST_MIB + "M or more");
                            }
                        });
            }
        }
    }

    /** The directory of the agent's process below /proc. */
    private Optional<String> agent() throws IOException {
        try (DirectoryStream<Path> processes = Files.newDirectoryStream(system.at("/proc"), "[0-9]*")) {
            for (Path process : processes) {
                List<String> arguments;
                try {
                    arguments = List.of(Files.readString(process.resolve("cmdline"), StandardCharsets.ISO_8859_1)
                            .split("\0", -1));
                } catch (IOException e) {
                    // it has ended meanwhile
                    continue;
                }
                if (arguments.contains("agent") && arguments.stream().anyMatch(each -> each.endsWith("hde.jar"))) {
                    return Optional.of("/proc/" + process.getFileName());
                }
            }
        }
        return Optional.empty();
    }

    private long vms() throws IOException {
        String running = "/run/libvirt/qemu";
        if (!system.has(running)) {
            return 0;
        }
        long count = 0;
        try (DirectoryStream<Path> files = Files.newDirectoryStream(system.at(running), "*.xml")) {
            for (Path file : files) {
                count += file.toString().isEmpty() ? 0 : 1;
            }
        }
        return count;
    }

    private Optional<Long> number(String file, Pattern pattern) throws IOException {
        for (String line : system.lines(file)) {
            Matcher matcher = pattern.matcher(line);
            if (matcher.matches()) {
                return Optional.of(Long.parseLong(matcher.groupCount() == 0 ? line : matcher.group(1)));
            }
        }
        return Optional.empty();
    }
}
