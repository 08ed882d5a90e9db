package io.novacron.hde.lab;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.novacron.hde.control.ControlClient;
import io.novacron.hde.control.ControlException;
import io.novacron.hde.control.ControlJson;
import io.novacron.hde.control.StatusReport;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** The HDE agent of one host, as a user would run it: the packaged program, its configuration, its log, its command. */
public final class Agent {
    private static final Duration COMMAND = Duration.ofSeconds(90);
    private static final ObjectMapper JSON = new ObjectMapper();

    private final LabScripts scripts;
    private final LabHost host;

    Agent(LabScripts scripts, LabHost host) {
        this.scripts = scripts;
        this.host = host;
    }

    /** Starts it, with the lab's configuration unless {@link #configure} gave another, and does not wait for it. */
    public void start() {
        scripts.ctl(COMMAND, "agent-start", host.name());
    }

    /** Waits until it is ready, its warm-up included. */
    public void awaitReady() {
        // the command would take the processor from the warm-up that is waited for
        Waiting.until(
                "the agent on " + host,
                COMMAND,
                () -> report().filter(StatusReport::ready).isPresent(),
                this::log);
    }

    /** Asks it to end and waits until it has; running migrations finish first. */
    public void stop() {
        scripts.ctl(COMMAND, "agent-stop", host.name());
    }

    /**
     * Ends it at once, with no chance to tidy up.
     *
     * @return when, in milliseconds since 1970
     */
    public double kill() {
        return 1000 * Double.parseDouble(scripts.ctl(COMMAND, "agent-kill", host.name()));
    }

    /** Whether its process is there. */
    public boolean runs() {
        return host.tryRun("sh", "-c", "kill -0 \"$(cat /run/hde-agent.pid)\"").ok();
    }

    /** Whether it answers and has warmed up. */
    public boolean ready() {
        Output output = host.tryRun("hde", "status", "--json");
        return output.ok() && parse(output.out()).path("ready").asBoolean();
    }

    /** What {@code hde status --json} prints. */
    public JsonNode status() {
        return parse(host.run("hde", "status", "--json"));
    }

    /** Its configuration; there is one once it has been started. */
    public String configuration() {
        try {
            return Files.readString(configurationFile());
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Its configuration, from the next start on. */
    public void configure(String yaml) {
        try {
            Files.writeString(configurationFile(), yaml);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    private Path configurationFile() {
        return host.directory("/etc/hde").resolve("hde.yaml");
    }

    /** All it has logged since the host came up. */
    public String log() {
        Path log = host.directory("/var/log/hde").resolve("agent.log");
        try {
            return Files.exists(log) ? Files.readString(log, StandardCharsets.UTF_8) : "";
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits for the socket on which a VM of this host can be migrated to a peer. */
    public void awaitSocket(LabHost peer, Guest guest) {
        String socket = socket(peer, guest);
        Waiting.until(
                socket + " on " + host,
                COMMAND,
                () -> host.tryRun("test", "-S", socket).ok(),
                this::log);
    }

    static String socket(LabHost peer, Guest guest) {
        return "/run/hde/" + peer.name() + "/" + guest.name() + ".sock";
    }

    /** Sends a running guest's memory to a peer; returns when the peer has it, with what the command printed. */
    public String seed(Guest guest, LabHost peer, String... options) {
        List<String> command = new ArrayList<>(List.of("hde", "seed", guest.name(), peer.name()));
        command.addAll(List.of(options));
        return host.run(command.toArray(String[]::new));
    }

    /** Deletes all baselines. */
    public void forgetBaselines() {
        parse(host.run("hde", "baseline", "list", "--json")).findValuesAsText("vm").stream()
                .distinct()
                .forEach(vm -> host.run("hde", "baseline", "drop", vm));
    }

    /** Anonymous memory that it holds at the moment, in KiB. */
    public long residentAnonymousKib() {
        return Long.parseLong(
                host.run("sh", "-c", "awk '/^RssAnon:/ {print $2}' /proc/$(cat /run/hde-agent.pid)/status"));
    }

    /** What it holds at the moment. */
    AgentFigures figures() {
        return AgentFigures.parse(scripts.ctl(COMMAND, "agent-figures", host.name()));
    }

    /** The same as {@link #status}, without the time that the command takes; empty if no agent answers. */
    JsonNode statusFromHere() {
        return report().<JsonNode>map(ControlJson.mapper()::valueToTree).orElseGet(JSON::createObjectNode);
    }

    /** What {@code hde status} tells, without the time that the command takes; empty if no agent answers. */
    Optional<StatusReport> report() {
        try {
            return Optional.of(new ControlClient(host.seenFromHere("/run/hde/control.sock")).status());
        } catch (ControlException e) {
            return Optional.empty();
        }
    }

    private static JsonNode parse(String json) {
        try {
            return JSON.readTree(json);
        } catch (JsonProcessingException e) {
            throw new LabException("hde status --json printed no JSON: " + json, e);
        }
    }
}
