package io.novacron.hde.lab;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** A VM of the lab, wherever it runs at the moment. */
public final class Guest {
    private static final Duration SHORT = Duration.ofSeconds(30);
    private static final Pattern MEASURED = Pattern.compile("measured ([0-9.]+) a second");

    private final LabScripts scripts;
    private final Lab lab;
    private final String name;

    Guest(LabScripts scripts, Lab lab, String name) {
        this.scripts = scripts;
        this.lab = lab;
        this.name = name;
    }

    /** The VM's name. */
    public String name() {
        return name;
    }

    /** Waits until the guest has done all that it does at start. */
    public void awaitReady(Duration limit) {
        scripts.ctl(limit.plusSeconds(5), "guest-ready", name, Long.toString(limit.toSeconds()));
    }

    /**
     * How many keys a second are written to redis in a real guest.
     *
     * @param fresh whether each write brings a new value; otherwise always the same
     */
    public void load(int keysPerSecond, boolean fresh) {
        tell("load " + keysPerSecond + (fresh ? " fresh" : " same"));
    }

    /**
     * How many requests a second redis-benchmark gets from redis in a real guest.
     *
     * @param kind of requests: set or get
     * @param requests how many it makes
     */
    double throughput(String kind, int requests) {
        Matcher answer = MEASURED.matcher(tell("measure " + requests + " " + kind));
        if (!answer.find()) {
            throw new LabException("lab: redis-benchmark in guest " + name + " said no figure");
        }
        return Double.parseDouble(answer.group(1));
    }

    private String tell(String command) {
        return scripts.ctl(SHORT, "guest-tell", onlyHost().name(), name, command);
    }

    /** What its console says now. */
    public Console console() {
        Path log = scripts.runDirectory().resolve("guests").resolve(name).resolve("console.log");
        try {
            return Console.of(Files.readString(log, StandardCharsets.ISO_8859_1));
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** Waits until the guest has checked all of its memory this many times more, or complains. */
    public Console awaitRounds(int more, Duration limit) {
        // The round in progress has seen part of the memory before now: it does not count.
        long enough = console().rounds() + more + 1;
        Waiting.until(
                "guest " + name + " to check its memory",
                limit,
                () -> console().rounds() >= enough || !console().clean(),
                () -> console().toString());
        return console();
    }

    /** The hosts on which it runs, which should be one. */
    public List<LabHost> hosts() {
        return lab.hosts().stream().filter(host -> host.runs(name)).toList();
    }

    /** The host on which it runs; fails if there is none or more than one. */
    public LabHost onlyHost() {
        List<LabHost> hosts = hosts();
        if (hosts.size() != 1) {
            throw new LabException("lab: guest " + name + " runs on " + hosts + ", not on one host");
        }
        return hosts.get(0);
    }

    /** Stops its processors until {@link #resume}. */
    public void suspend() {
        onlyHost().virsh("suspend", name);
    }

    /** Lets its processors go on. */
    public void resume() {
        for (LabHost host : lab.hosts()) {
            if (host.state(name).equals("paused")) {
                host.virsh("resume", name);
            }
        }
    }

    /** Ends and forgets it, wherever it is. */
    public void remove() {
        scripts.ctl(SHORT, "guest-remove", name);
    }

    @Override
    public String toString() {
        return name;
    }
}
