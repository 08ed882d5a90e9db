package io.novacron.hde.lab;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * What both agents say of one VM's migrations: a record for each connection of QEMU. Disks' connections have records of
 * their own ({@link #compareDisks}), which do not say to which migration they belong.
 *
 * @param from the source
 * @param to the destination
 * @param vm its name
 */
record MigrationRecords(LabHost from, LabHost to, String vm) {
    /** Both agents close their books only after virsh has come back. */
    private static final Duration RECORDS = Duration.ofSeconds(20);

    /**
     * What they say of one migration.
     *
     * @param pages by tier, in all connections
     * @param channels how many connections there were
     * @param passedThrough why connections, or the rest of them, passed through
     */
    record Compared(PageCounts pages, int channels, List<String> passedThrough) {}

    /** The newest migration of this VM that the source knows; empty if it knows none. */
    String newest() {
        return newest(from, "send");
    }

    /**
     * Waits for the records of the next migration and compares both ends': the sums over the streams must be equal.
     *
     * @param before the newest before it
     * @param doubts to which is added what is not as it must be
     */
    Compared compare(String before, List<String> doubts) {
        Waiting.until(
                "both agents' records of the migration of " + vm,
                RECORDS,
                () -> !newest().equals(before)
                        && completed(newest(from, "send"), newest(to, "receive"))
                        && records(from, "send").size()
                                == records(to, "receive").size(),
                () -> from + ": " + records(from, "send") + ", " + to + ": " + records(to, "receive"));
        return compared(records(from, "send"), records(to, "receive"), doubts);
    }

    /** The connections by which this VM's disks have crossed so far. */
    Set<String> disks() {
        return ids(disks(from, "send", Set.of()));
    }

    /**
     * Waits for the records of disks and compares both ends'.
     *
     * @param count how many disks there were
     * @param before those before
     * @param doubts to which is added what is not as it must be
     */
    Compared compareDisks(int count, Set<String> before, List<String> doubts) {
        Waiting.until(
                "both agents' records of " + count + " disks of " + vm,
                RECORDS,
                () -> {
                    List<JsonNode> sent = disks(from, "send", before);
                    List<JsonNode> received = disks(to, "receive", before);
                    return sent.size() == count
                            && ids(sent).equals(ids(received))
                            && completed(sent)
                            && completed(received);
                },
                () -> from + ": " + disks(from, "send", before) + ", " + to + ": " + disks(to, "receive", before));
        return compared(disks(from, "send", before), disks(to, "receive", before), doubts);
    }

    private List<JsonNode> disks(LabHost host, String direction, Set<String> before) {
        return all(host, direction).stream()
                .filter(MigrationRecords::isDisk)
                .filter(record -> !before.contains(record.path("migration").asText()))
                .toList();
    }

    private static Set<String> ids(List<JsonNode> records) {
        return records.stream().map(record -> record.path("migration").asText()).collect(Collectors.toSet());
    }

    private static boolean isDisk(JsonNode record) {
        return record.path("kind").asText().equals("disk");
    }

    private Compared compared(List<JsonNode> sent, List<JsonNode> received, List<String> doubts) {
        List<String> read = sums(sent);
        List<String> written = sums(received);
        if (!read.equals(written) || read.stream().anyMatch(sum -> sum.length() != 64)) {
            doubts.add("the agents' sums differ: " + read + " read on " + from + ", " + written + " written on " + to);
        }
        return new Compared(
                sent.stream()
                        .map(record -> PageCounts.of(record.path("pages_by_tier")))
                        .reduce(PageCounts.NONE, PageCounts::plus),
                sent.size(),
                sent.stream()
                        .map(record -> record.path("pass_through_reason").asText(""))
                        .filter(reason -> !reason.isEmpty() && !reason.equals("null"))
                        .distinct()
                        .sorted()
                        .toList());
    }

    private boolean completed(String sent, String received) {
        return sent.equals(received) && completed(records(from, "send")) && completed(records(to, "receive"));
    }

    private static boolean completed(List<JsonNode> records) {
        return !records.isEmpty()
                && records.stream()
                        .allMatch(record -> record.path("outcome").asText().equals("completed"));
    }

    private static List<String> sums(List<JsonNode> records) {
        return records.stream()
                .map(record -> record.path("stream_sha256").asText())
                .sorted()
                .toList();
    }

    private String newest(LabHost host, String direction) {
        return all(host, direction).stream()
                .filter(record -> !isDisk(record))
                .findFirst()
                .map(record -> record.path("migration").asText())
                .orElse("");
    }

    /** Those of the newest migration, closed ones and open ones. */
    private List<JsonNode> records(LabHost host, String direction) {
        String migration = newest(host, direction);
        return all(host, direction).stream()
                .filter(record -> !isDisk(record))
                .filter(record -> record.path("migration").asText().equals(migration))
                .toList();
    }

    private List<JsonNode> all(LabHost host, String direction) {
        JsonNode status = host.agent().statusFromHere();
        List<JsonNode> records = new ArrayList<>();
        for (String list : List.of("channels", "recent")) {
            for (JsonNode report : status.path(list)) {
                if (report.path("vm").asText().equals(vm)
                        && !report.path("kind").asText().equals("seed")
                        && report.path("direction").asText().equals(direction)) {
                    records.add(report);
                }
            }
        }
        return records;
    }
}
