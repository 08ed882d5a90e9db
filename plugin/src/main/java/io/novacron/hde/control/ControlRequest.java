package io.novacron.hde.control;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;

/** The requests, as {@code {"request": "status"}}; the list of all there are. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "request")
@JsonSubTypes({
    @JsonSubTypes.Type(value = ControlRequest.Status.class, name = "status"),
    @JsonSubTypes.Type(value = ControlRequest.Baselines.class, name = "baselines"),
    @JsonSubTypes.Type(value = ControlRequest.Baseline.class, name = "baseline"),
    @JsonSubTypes.Type(value = ControlRequest.DropBaselines.class, name = "drop_baselines"),
})
sealed interface ControlRequest {
    /** Answered by a {@link StatusReport}. */
    record Status() implements ControlRequest {}

    /** Answered by a list of {@link BaselineSummary}. */
    record Baselines() implements ControlRequest {}

    /** Answered by a {@link BaselineDetail}. */
    record Baseline(@JsonProperty(required = true) String name) implements ControlRequest {}

    /** Answered by a number. */
    record DropBaselines(@JsonProperty(required = true) String name) implements ControlRequest {}
}
