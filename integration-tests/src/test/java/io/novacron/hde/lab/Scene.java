package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.time.Duration;
import java.util.concurrent.CompletableFuture;

/** Hosts hA and hB with their agents, and the tiny guest: what most tests of HDE begin with. */
record Scene(Lab lab, LabHost a, LabHost b, Guest guest) {
    private static final Duration BOOT = Duration.ofMinutes(3);
    private static final Duration ROUNDS = Duration.ofMinutes(1);
    private static final ObjectMapper JSON = new ObjectMapper();

    /** Starts a tiny guest on hA and waits until it has checked its memory. */
    static Scene withGuest(RunningLab running, String name) {
        return withGuest(running, GuestSpec.tiny(name));
    }

    /** The same with another guest. */
    static Scene withGuest(RunningLab running, GuestSpec spec) {
        Lab lab = running.lab();
        LabHost a = lab.host("hA");
        Guest guest = lab.start(a, spec);
        guest.awaitReady(BOOT);
        guest.awaitRounds(1, ROUNDS);
        return new Scene(lab, a, lab.host("hB"), guest);
    }

    /**
     * Puts things as a test may expect them: the link is fast, both agents run with the lab's configuration, the guest is
     * on hA and neither host has a baseline of it.
     */
    void prepare() {
        lab.shape("unshaped");
        for (LabHost host : lab.hosts()) {
            if (!host.agent().runs()) {
                host.agent().start();
            }
        }
        lab.hosts().forEach(host -> host.agent().awaitReady());
        if (guest.onlyHost() == b) {
            migrate();
        }
        forget();
    }

    /** Drops the baselines of the guest on both hosts. */
    void forget() {
        for (LabHost host : lab.hosts()) {
            Output output = host.tryRun("hde", "baseline", "drop", guest.name());
            assertThat(output.ok() || output.err().contains("there is no baseline"))
                    .as(output.err())
                    .isTrue();
        }
    }

    LabHost other(LabHost host) {
        return host == a ? b : a;
    }

    /** A migration through HDE from where the guest is to the other host, as soon as the agent listens for it. */
    Migration throughHde() {
        LabHost from = guest.onlyHost();
        from.agent().awaitSocket(other(from), guest);
        return new Migration(guest, from, other(from), Migration.Way.HDE);
    }

    /** Migrates through HDE to the other host; the guest must have arrived intact. */
    Migration.Result migrate() {
        Migration migration = throughHde();
        Migration.Result result = migration.run();
        assertThat(result.doubts())
                .as("doubts about %s from %s to %s", guest, migration.from(), migration.to())
                .isEmpty();
        return result;
    }

    /** Begins to migrate from hA to hB through HDE; returns when so many bytes have crossed and it still runs. */
    CompletableFuture<Output> begin(long bytes) {
        CompletableFuture<Output> output = CompletableFuture.supplyAsync(throughHde()::attempt);
        Waiting.until(
                bytes + " bytes of the migration of " + guest,
                Duration.ofMinutes(2),
                () -> output.isDone() || crossed() >= bytes,
                a.agent()::log);
        assertThat(output).as("the migration on a slow link").isNotDone();
        return output;
    }

    private long crossed() {
        for (JsonNode channel : a.agent().status().path("channels")) {
            if (channel.path("vm").asText().equals(guest.name())) {
                return channel.path("wire_bytes").asLong();
            }
        }
        return 0;
    }

    /** The guest runs on this host and on no other, and goes on finding its memory right. */
    void assertRunsOnlyOn(LabHost host) {
        assertThat(guest.hosts()).containsExactly(host);
        long before = guest.console().rounds();
        Console console = guest.awaitRounds(1, ROUNDS);
        assertThat(console.complaints()).isEmpty();
        assertThat(console.rounds()).isGreaterThan(before);
    }

    /** What {@code hde baseline list} says of the guest's newest baseline on this host; missing if it has none. */
    JsonNode newestBaseline(LabHost host) {
        try {
            JsonNode newest = JSON.missingNode();
            for (JsonNode baseline : JSON.readTree(host.run("hde", "baseline", "list", "--json"))) {
                if (baseline.path("vm").asText().equals(guest.name())
                        && baseline.path("generation").asLong()
                                > newest.path("generation").asLong(-1)) {
                    newest = baseline;
                }
            }
            return newest;
        } catch (JsonProcessingException e) {
            throw new LabException("hde baseline list --json printed no JSON", e);
        }
    }
}
