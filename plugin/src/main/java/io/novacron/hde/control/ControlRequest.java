package io.novacron.hde.control;

import com.fasterxml.jackson.annotation.JsonProperty;
import com.fasterxml.jackson.annotation.JsonSetter;
import com.fasterxml.jackson.annotation.JsonSubTypes;
import com.fasterxml.jackson.annotation.JsonTypeInfo;
import com.fasterxml.jackson.annotation.Nulls;

/** The requests, as {@code {"request": "status"}}; the list of all there are. */
@JsonTypeInfo(use = JsonTypeInfo.Id.NAME, property = "request")
@JsonSubTypes({
    @JsonSubTypes.Type(value = ControlRequest.Status.class, name = "status"),
    @JsonSubTypes.Type(value = ControlRequest.Baselines.class, name = "baselines"),
    @JsonSubTypes.Type(value = ControlRequest.Baseline.class, name = "baseline"),
    @JsonSubTypes.Type(value = ControlRequest.DropBaselines.class, name = "drop_baselines"),
    @JsonSubTypes.Type(value = ControlRequest.Dictionaries.class, name = "dictionaries"),
    @JsonSubTypes.Type(value = ControlRequest.Dictionary.class, name = "dictionary"),
    @JsonSubTypes.Type(value = ControlRequest.TrainDictionaries.class, name = "train_dictionaries"),
    @JsonSubTypes.Type(value = ControlRequest.Transparent.class, name = "transparent"),
    @JsonSubTypes.Type(value = ControlRequest.SwitchTransparent.class, name = "switch_transparent"),
    @JsonSubTypes.Type(value = ControlRequest.History.class, name = "history"),
    @JsonSubTypes.Type(value = ControlRequest.Courses.class, name = "courses"),
    @JsonSubTypes.Type(value = ControlRequest.Seeds.class, name = "seeds"),
    @JsonSubTypes.Type(value = ControlRequest.Seed.class, name = "seed"),
    @JsonSubTypes.Type(value = ControlRequest.StopSeed.class, name = "stop_seed"),
    @JsonSubTypes.Type(value = ControlRequest.Estimate.class, name = "estimate"),
})
sealed interface ControlRequest {
    /** Whether it changes something, and therefore is for root alone. */
    default boolean rootOnly() {
        return false;
    }

    /** Answered by a {@link StatusReport}. */
    record Status() implements ControlRequest {}

    /** Answered by a list of {@link BaselineSummary}. */
    record Baselines() implements ControlRequest {}

    /** Answered by a {@link BaselineDetail}. */
    record Baseline(
            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL)
            String name) implements ControlRequest {}

    /** Answered by a number. */
    record DropBaselines(
            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL)
            String name) implements ControlRequest {
        @Override
        public boolean rootOnly() {
            return true;
        }
    }

    /** Answered by a list of {@link DictionarySummary}. */
    record Dictionaries() implements ControlRequest {}

    /** Answered by a {@link DictionarySummary}. */
    record Dictionary(
            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL)
            String id) implements ControlRequest {}

    /** Answered by a {@link TransparentReport}. */
    record Transparent() implements ControlRequest {}

    /** Answered by a {@link TransparentReport}. */
    record SwitchTransparent(@JsonProperty(required = true) boolean on) implements ControlRequest {
        @Override
        public boolean rootOnly() {
            return true;
        }
    }

    /** Answered by a list of {@link ChannelReport}. */
    record History() implements ControlRequest {}

    /** Answered by a list of {@link ChannelCourse}. */
    record Courses(
            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL)
            String migration) implements ControlRequest {}

    /** Answered by a list of {@link SeedReport}. */
    record Seeds() implements ControlRequest {}

    /** Answered by a {@link SeedReport}; keepFreshSeconds is null for once, maxBandwidth for what is configured. */
    record Seed(
            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL)
            String vm,

            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL)
            String peer,

            @JsonProperty(required = true) Long keepFreshSeconds,
            @JsonProperty(required = true) Long maxBandwidth)
            implements ControlRequest {
        @Override
        public boolean rootOnly() {
            return true;
        }
    }

    /** Answered by a {@link SeedReport}. */
    record StopSeed(
            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL)
            String vm,

            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL)
            String peer)
            implements ControlRequest {
        @Override
        public boolean rootOnly() {
            return true;
        }
    }

    /** Answered by an {@link EstimateReport}. It looks at the VM's memory and uses the link. */
    record Estimate(
            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL)
            String vm,

            @JsonProperty(required = true) @JsonSetter(nulls = Nulls.FAIL)
            String peer)
            implements ControlRequest {
        @Override
        public boolean rootOnly() {
            return true;
        }
    }

    /** Answered by a list of {@link DictionaryTraining}; the type is null for all types. */
    record TrainDictionaries(@JsonProperty(required = true) String type) implements ControlRequest {
        @Override
        public boolean rootOnly() {
            return true;
        }
    }
}
