package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.UnaryOperator;
import java.util.stream.DoubleStream;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Ten VMs migrate at the same time, five each way, over a link of which HDE may use a part. */
class ManyAtOnceIT {
    private static final int EACH_WAY = 5;
    private static final Duration BOOT = Duration.ofMinutes(3);
    private static final double MIB = 1 << 20;

    /** To one peer, of a host that may send more in all; and to all peers. */
    private static final double FROM_A = 3 * MIB;

    private static final double FROM_B = 2 * MIB;

    /** Until the agents' windows and the sockets' buffers of the slow one are full. */
    private static final long STALLING_MILLIS = 3000;

    private static final long LOOKING_MILLIS = 8000;
    private static final Percentage TENTH = Percentage.withPercentage(10);

    /** Of what each of them gets on an average: what they send is counted by batches of up to a megabyte. */
    private static final double LEAST_SHARE = 0.6;

    /** What TLS, TCP, IP and Ethernet add to the bytes that are limited, and libvirt's own connections. */
    private static final double HEADERS = 1.04;

    @RegisterExtension
    static final RunningLab LAB = RunningLab.withAgents("hA", "hB");

    @Test
    void aSlowOneHoldsNobodyUpAndTheLimitsHoldAndAreShared() {
        LabHost a = LAB.lab().host("hA");
        LabHost b = LAB.lab().host("hB");
        limit(a, text -> text + "    max-bandwidth: 3MiB\n");
        limit(b, text -> text.replace("tunnel:\n", "tunnel:\n  max-bandwidth: 2MiB\n"));
        List<Guest> guests = new ArrayList<>();
        for (int i = 0; i < 2 * EACH_WAY; i++) {
            guests.add(LAB.lab()
                    .start(
                            i < EACH_WAY ? a : b,
                            GuestSpec.tiny("many" + i)
                                    .with("lab.check_mib", 6)
                                    .with("lab.rewrite_kib", 64)
                                    .with("lab.pause_ms", 3000)
                                    .with("lab.random_percent", 100)));
        }
        guests.forEach(guest -> guest.awaitReady(BOOT));
        Guest slow = guests.get(0);

        ExecutorService threads = Executors.newFixedThreadPool(guests.size());
        try {
            List<CompletableFuture<Output>> running = new ArrayList<>();
            for (Guest guest : guests) {
                LabHost from = guest.onlyHost();
                LabHost to = from == a ? b : a;
                from.agent().awaitSocket(to, guest);
                Migration migration = new Migration(guest, from, to, Migration.Way.HDE);
                running.add(CompletableFuture.supplyAsync(migration::attempt, threads));
            }
            Waiting.until(
                    "all to have begun",
                    BOOT,
                    () -> sent(a).size() == EACH_WAY && sent(b).size() == EACH_WAY,
                    () -> a.agent().status().toString());
            // its QEMU at the destination reads no more
            b.run("sh", "-c", "kill -STOP $(cat /run/libvirt/qemu/" + slow.name() + ".pid)");
            Waiting.sleep(STALLING_MILLIS);
            Sample before = Sample.of(a, b);
            Waiting.sleep(LOOKING_MILLIS);
            Sample after = Sample.of(a, b);
            assertThat(after.channels().keySet()).as("VMs that still migrate").hasSize(2 * EACH_WAY);

            assertThat(after.rate(before, a)).as("bytes a second from %s", a).isCloseTo(HEADERS * FROM_A, TENTH);
            assertThat(after.rate(before, b)).as("bytes a second from %s", b).isCloseTo(HEADERS * FROM_B, TENTH);
            assertShared(before, after, guests.subList(1, EACH_WAY));
            assertShared(before, after, guests.subList(EACH_WAY, 2 * EACH_WAY));

            for (int i = 1; i < guests.size(); i++) {
                assertArrived(running.get(i).join(), guests.get(i), i < EACH_WAY ? b : a);
            }
            assertThat(running.get(0)).as("the migration of the slow one").isNotDone();
            b.run("sh", "-c", "kill -CONT $(cat /run/libvirt/qemu/" + slow.name() + ".pid)");
            assertArrived(running.get(0).join(), slow, b);
        } finally {
            threads.shutdownNow();
        }
    }

    private static void limit(LabHost host, UnaryOperator<String> change) {
        host.agent().stop();
        host.agent().configure(change.apply(host.agent().configuration()));
        host.agent().start();
        host.agent().awaitReady();
    }

    private static void assertArrived(Output virsh, Guest guest, LabHost at) {
        assertThat(virsh.ok()).as("%s: %s", guest, virsh.err()).isTrue();
        assertThat(guest.hosts()).as("hosts of %s", guest).containsExactly(at);
        assertThat(guest.awaitRounds(1, BOOT).complaints())
                .as("complaints of %s", guest)
                .isEmpty();
    }

    /** Everybody who could send has got about the same. */
    private static void assertShared(Sample before, Sample after, List<Guest> guests) {
        double[] got = guests.stream()
                .mapToDouble(guest ->
                        after.channels().get(guest.name()) - before.channels().get(guest.name()))
                .toArray();
        assertThat(DoubleStream.of(got).min().orElseThrow())
                .as("the least of what each has sent: %s", Arrays.toString(got))
                .isGreaterThan(LEAST_SHARE * DoubleStream.of(got).average().orElseThrow());
    }

    /** Bytes on the wire by VM, of the channels that run from this host. */
    private static Map<String, Long> sent(LabHost from) {
        Map<String, Long> sent = new HashMap<>();
        for (JsonNode channel : from.agent().status().path("channels")) {
            if (channel.path("direction").asText().equals("send")) {
                sent.put(channel.path("vm").asText(), channel.path("wire_bytes").asLong());
            }
        }
        return sent;
    }

    /** What had crossed at a moment: by VM, and by the host that sent it, with the moment at which that was looked up. */
    private record Sample(Map<String, Long> channels, Map<LabHost, Long> links, Map<LabHost, Long> at) {
        static Sample of(LabHost... hosts) {
            Map<String, Long> channels = new HashMap<>();
            Map<LabHost, Long> links = new HashMap<>();
            Map<LabHost, Long> at = new HashMap<>();
            for (LabHost host : hosts) {
                links.put(host, host.sentBytes());
                at.put(host, System.nanoTime());
                channels.putAll(ManyAtOnceIT.sent(host));
            }
            return new Sample(channels, links, at);
        }

        double rate(Sample before, LabHost host) {
            return 1e9 * (links.get(host) - before.links.get(host)) / (at.get(host) - before.at.get(host));
        }
    }
}
