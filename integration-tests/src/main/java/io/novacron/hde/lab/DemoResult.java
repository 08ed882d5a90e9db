package io.novacron.hde.lab;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonPropertyOrder;

/** One entry of target/demo.json. */
@JsonPropertyOrder({"case", "wire_bytes", "total_ms", "downtime_ms", "wall_ms", "pages_by_tier", "intact"})
record DemoResult(
        @JsonProperty("case") String name,
        @JsonProperty("wire_bytes") long wireBytes,
        @JsonProperty("total_ms") long totalMs,
        @JsonProperty("downtime_ms") long downtimeMs,
        @JsonProperty("wall_ms") long wallMs,
        @JsonProperty("pages_by_tier") PageCounts pages,
        @JsonProperty("intact") boolean intact) {
    static DemoResult of(DemoCase each, Migration.Result result) {
        return new DemoResult(
                each.word(),
                result.wireBytes(),
                result.totalMs(),
                result.downtimeMs(),
                result.wallMs(),
                result.pages(),
                result.intact());
    }
}
