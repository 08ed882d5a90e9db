package io.novacron.hde.lab;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import org.junit.jupiter.api.Test;

class BenchFiguresTest {
    private static final String CASE = """
            {"base": "%s", "hde_bytes": %d, "script_bytes": 1, "encode_mb_s": %d, "decode_mb_s": %d,
             "threads_encode_mb_s": 900, "threads_ratio": 1.8, "tiers": {"zero": 1}, "algorithms": {},
             "zstd": [{"level": 3, "bytes": 100, "ratio": %s, "seconds": 1.0}]}
            """;

    private static final String SEED_INPUT = """
            {"name": "%s", "what": "a periodic string", "size": 1048576, "seed_bytes": 931, "zstd_bytes": %d,
             "hde_bytes": %d, "verified": true}
            """;

    @Test
    void eachFigureIsJudgedAndItselfIsNoEntryOfItsOwn() throws Exception {
        JsonNode report = new ObjectMapper()
                .readTree("{\"pages\": 9, \"level\": 3, \"zstd1_mb_s\": 600, \"cases\": ["
                        + CASE.formatted("none", 97, 500, 700, "0.97") + ","
                        + CASE.formatted("itself", 1, 1300, 2000, "0").replaceAll("\\[.*]", "[]") + ","
                        + CASE.formatted("/x/sibling.img", 101, 400, 700, "1.01") + ","
                        + CASE.formatted("/x/snapshot.img", 40, 400, 700, "0.4") + "], \"seed_inputs\": ["
                        + SEED_INPUT.formatted("pattern", 125, 80) + ","
                        + SEED_INPUT.formatted("content", 80, 80) + ","
                        + SEED_INPUT.formatted("repetitive", 148, 101) + ","
                        + SEED_INPUT.formatted("modified", 911, 150) + "]}");

        BenchFigures figures = new BenchFigures(report);

        assertThat(figures.json())
                .hasSize(4)
                .filteredOn(entry -> entry.has("base"))
                .extracting(entry -> entry.get("base").asText())
                .containsExactly("none", "sibling", "snapshot");
        assertThat(figures.json().get(3).get("seed_inputs")).hasSize(4);
        assertThat(figures.json().get(1).get("hde_bytes").asLong()).isEqualTo(101);
        assertThat(figures.json().get(1).get("zstd_bytes").asLong()).isEqualTo(100);
        assertThat(figures.json().get(1).get("unchanged_mb_s").asDouble()).isEqualTo(1300);
        assertThat(figures.judgement())
                .anyMatch(line -> line.matches("none +bytes.* 0.970 +at most +0.970 +reached"))
                .anyMatch(line -> line.matches("none +encode.* 500 +at least +600 +NOT reached"))
                .anyMatch(line -> line.matches("none +decode.* 1.40 +at least +1.50 +NOT reached"))
                .anyMatch(line -> line.matches("sibling +bytes.* 1.010 +at most +1.000 +NOT reached"))
                .anyMatch(line -> line.matches("sibling +decode.* 1.75 +at least +1.50 +reached"))
                .anyMatch(line -> line.matches("snapshot +bytes.* 0.400 +at most +0.450 +reached"))
                .anyMatch(line -> line.matches("snapshot +encode, two.* 1.80 +at least +1.70 +reached"))
                .anyMatch(line -> line.matches("itself +unchanged.* 1300 +at least +1200 +reached"))
                .anyMatch(line -> line.matches("pattern +bytes of a periodic string +80 +at most +100 +reached"))
                .anyMatch(line -> line.matches("content +bytes.* 80 +at most +79 +NOT reached"))
                .anyMatch(line -> line.matches("repetitive +bytes.* 101 +at most +100 +NOT reached"))
                .anyMatch(line -> line.matches("modified +bytes.* 150 +at most +200 +reached"));
    }
}
