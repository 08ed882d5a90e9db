package io.novacron.hde.doctor;

import com.fasterxml.jackson.annotation.JsonProperty;

/** How bad it is. */
public enum Severity {
    /** Migrations through HDE fail, or nothing is saved. */
    @JsonProperty("error")
    ERROR,
    /** They work, but not as they should, or not for long. */
    @JsonProperty("warning")
    WARNING
}
