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
    ModeResult {
        problems = List.copyOf(problems);
    }

    static ModeResult failed(String mode, String versions, String problem) {
        return new ModeResult(mode, versions, "", 0, PageCounts.NONE, 0, List.of(problem));
    }

    ModeResult named(String as) {
        return new ModeResult(as, versions, how, channels, pages, wireBytes, problems);
    }

    ModeResult with(List<String> more) {
        List<String> all = new ArrayList<>(problems);
        all.addAll(more);
        return new ModeResult(mode, versions, how, channels, pages, wireBytes, all);
    }

    boolean good() {
        return problems.isEmpty();
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
                "%-46s %-12s %-8s %s",
                mode, versions, good() ? "works" : "FAILS", good() ? how : how + " " + String.join("; ", problems));
    }
}
