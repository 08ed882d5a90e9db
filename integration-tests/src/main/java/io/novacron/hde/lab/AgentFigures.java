package io.novacron.hde.lab;

import com.fasterxml.jackson.annotation.JsonProperty;

/**
 * What an agent holds at a moment.
 *
 * @param residentKib anonymous resident memory, its heap and what is outside of it
 * @param threads of its process
 * @param descriptors that it has open
 * @param storeKib that its store takes on disk
 */
record AgentFigures(
        @JsonProperty("rss_anon_kib") long residentKib,
        @JsonProperty("threads") long threads,
        @JsonProperty("descriptors") long descriptors,
        @JsonProperty("store_kib") long storeKib) {
    /** Four numbers in this order, with blanks between. */
    static AgentFigures parse(String text) {
        String[] words = text.strip().split("\\s+", -1);
        if (words.length != 4) {
            throw new LabException("lab: four figures of an agent were expected, not '" + text + "'");
        }
        return new AgentFigures(
                Long.parseLong(words[0]), Long.parseLong(words[1]), Long.parseLong(words[2]), Long.parseLong(words[3]));
    }
}
