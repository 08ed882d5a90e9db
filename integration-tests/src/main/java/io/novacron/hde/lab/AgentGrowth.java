package io.novacron.hde.lab;

import com.fasterxml.jackson.annotation.JsonProperty;
import java.util.ArrayList;
import java.util.List;
import java.util.function.ToLongFunction;

/**
 * Whether an agent that rests holds more and more. Compared are the medians of the first and of the last third of the
 * samples, the earliest left out: until each VM has all its generations the store grows as it should.
 */
final class AgentGrowth {
    private static final int GENERATIONS_FILL = 6;

    private record Limit(String figure, ToLongFunction<AgentFigures> of, long most, long growth) {}

    private static final List<Limit> LIMITS = List.of(
            new Limit("rss_anon_kib", AgentFigures::residentKib, 160 << 10, 32 << 10),
            new Limit("threads", AgentFigures::threads, 64, 8),
            new Limit("descriptors", AgentFigures::descriptors, 128, 8),
            new Limit("store_kib", AgentFigures::storeKib, 1 << 20, 128 << 10));

    private final String host;
    private final List<AgentFigures> samples = new ArrayList<>();

    AgentGrowth(String host) {
        this.host = host;
    }

    /**
     * One figure of one agent.
     *
     * @param first median of the first third
     * @param last median of the last third
     * @param highest of all samples
     * @param mostAllowed limit of {@code highest}
     * @param growthAllowed limit of {@code last - first}
     */
    record Line(
            @JsonProperty("host") String host,
            @JsonProperty("figure") String figure,
            @JsonProperty("first") long first,
            @JsonProperty("last") long last,
            @JsonProperty("highest") long highest,
            @JsonProperty("most_allowed") long mostAllowed,
            @JsonProperty("growth_allowed") long growthAllowed) {
        @JsonProperty("within_limits")
        boolean withinLimits() {
            return highest <= mostAllowed && last - first <= growthAllowed;
        }
    }

    /** One more sample, taken while nothing migrates. */
    void add(AgentFigures figures) {
        samples.add(figures);
    }

    /** All figures; none without a sample. */
    List<Line> lines() {
        if (samples.isEmpty()) {
            return List.of();
        }
        List<AgentFigures> settled =
                samples.size() > 2 * GENERATIONS_FILL ? samples.subList(GENERATIONS_FILL, samples.size()) : samples;
        int third = Math.max(1, settled.size() / 3);
        return LIMITS.stream()
                .map(limit -> new Line(
                        host,
                        limit.figure,
                        median(settled.subList(0, third), limit.of),
                        median(settled.subList(settled.size() - third, settled.size()), limit.of),
                        samples.stream().mapToLong(limit.of).max().orElseThrow(),
                        limit.most,
                        limit.growth))
                .toList();
    }

    private static long median(List<AgentFigures> some, ToLongFunction<AgentFigures> figure) {
        return some.stream().mapToLong(figure).sorted().toArray()[some.size() / 2];
    }
}
