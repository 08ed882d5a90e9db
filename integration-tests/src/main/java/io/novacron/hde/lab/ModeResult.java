package io.novacron.hde.lab;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.List;

/**
 * What became of one way to migrate.
 *
 * @param mode flags or capabilities
 * @param versions of QEMU, source and destination
 * @param how whether the agents encoded the memory or passed it through, and why
 * @param channels connections that QEMU made through the agents
 * @param pages by tier
 * @param wireBytes on the source host's link; 0 where they were not counted
 * @param problems what was not as it must be; empty if nothing was
 */
record ModeResult(
        String mode,
        String versions,
        String how,
        int channels,
        @JsonProperty("pages_by_tier") PageCounts pages,
        @JsonProperty("wire_bytes") long wireBytes,
        List<String> problems) {
    private static final String NOT_POSSIBLE = "not possible ";

    ModeResult {
        problems = List.copyOf(problems);
    }

    static ModeResult failed(String mode, String versions, String problem) {
        return new ModeResult(mode, versions, "", 0, PageCounts.NONE, 0, List.of(problem));
    }

    /** Neither the agents nor anybody else can do it here. */
    static ModeResult notPossible(String mode, String versions, String why) {
        return new ModeResult(mode, versions, NOT_POSSIBLE + why, 0, PageCounts.NONE, 0, List.of());
    }

    ModeResult named(String as) {
        return new ModeResult(as, versions, how, channels, pages, wireBytes, problems);
    }

    ModeResult with(List<String> more) {
        List<String> all = new ArrayList<>(problems);
        all.addAll(more);
        return new ModeResult(mode, versions, how, channels, pages, wireBytes, all);
    }

    /** Nothing was wrong with the agents. */
    boolean good() {
        return problems.isEmpty();
    }

    private String word() {
        if (!good()) {
            return "FAILS";
        }
        return how.startsWith(NOT_POSSIBLE) ? "-" : "works";
    }

    /** In a word or a few: nothing passed through, some of it, or all. */
    static String how(PageCounts pages, List<String> passedThrough) {
        boolean encoded = pages.kept() + pages.known() + pages.delta() + pages.newPages() > 0;
        if (passedThrough.isEmpty()) {
            return encoded ? "encoded" : "no pages";
        }
        String reasons = String.join("; ", passedThrough);
        return encoded ? "encoded; then passed through: " + reasons : "passed through: " + reasons;
    }

    String line() {
        return String.format(
                "%-46s %-12s %-8s %s", mode, versions, word(), good() ? how : how + " " + String.join("; ", problems));
    }
}
