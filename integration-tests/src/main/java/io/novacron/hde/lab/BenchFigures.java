package io.novacron.hde.lab;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** What {@code hde bench} measured, as target/bench.json has it, and the figures that are to be reached. */
final class BenchFigures {
    private static final double UNCHANGED_MB_S = 1200;
    private static final double DECODE_TO_ENCODE = 1.5;
    private static final double TWO_CORES = 1.7;
    private static final int SEED_INPUT_BYTES = 100;
    private static final int MODIFIED_SEED_INPUT_BYTES = 200;

    private final ArrayNode entries = new ObjectMapper().createArrayNode();
    private final JsonNode seedInputs;
    private double unchanged;

    /** @param report as {@code hde bench --json} writes it */
    BenchFigures(JsonNode report) {
        for (JsonNode each : report.get("cases")) {
            if (each.get("base").asText().equals("itself")) {
                unchanged = each.get("encode_mb_s").asDouble();
            }
        }
        for (JsonNode each : report.get("cases")) {
            if (!each.get("base").asText().equals("itself")) {
                entries.add(entry(report, each));
            }
        }
        seedInputs = report.get("seed_inputs");
    }

    private ObjectNode entry(JsonNode report, JsonNode from) {
        JsonNode zstd = from.get("zstd").get(0);
        ObjectNode entry = entries.objectNode();
        entry.put("base", word(from.get("base").asText()));
        entry.set("hde_bytes", from.get("hde_bytes"));
        entry.set("zstd_bytes", zstd.get("bytes"));
        entry.set("ratio", zstd.get("ratio"));
        entry.set("encode_mb_s", from.get("encode_mb_s"));
        entry.set("decode_mb_s", from.get("decode_mb_s"));
        entry.set("zstd1_mb_s", report.get("zstd1_mb_s"));
        entry.set("encode_cpu_mb_s", from.get("encode_cpu_mb_s"));
        entry.set("decode_cpu_mb_s", from.get("decode_cpu_mb_s"));
        entry.set("zstd1_cpu_mb_s", report.get("zstd1_cpu_mb_s"));
        entry.put("unchanged_mb_s", unchanged);
        entry.set("two_cores_mb_s", from.get("threads_encode_mb_s"));
        entry.set("two_cores_ratio", from.get("threads_ratio"));
        entry.set("level", report.get("level"));
        entry.set("pages", report.get("pages"));
        entry.set("pages_by_tier", from.get("tiers"));
        entry.set("frames_by_algorithm", from.get("algorithms"));
        entry.set("bytes_in_no_frame", from.get("script_bytes"));
        return entry;
    }

    /** A base's name: that of its file, without directory and ending. */
    private static String word(String base) {
        String name = base.substring(base.lastIndexOf('/') + 1);
        return name.endsWith(".img") ? name.substring(0, name.length() - ".img".length()) : name;
    }

    /** An object for each base, and one with the seed's inputs. */
    ArrayNode json() {
        ArrayNode json = entries.deepCopy();
        json.addObject().set("seed_inputs", seedInputs);
        return json;
    }

    /** Lines that say, figure by figure, whether it is reached. */
    List<String> judgement() {
        List<String> lines = new ArrayList<>();
        for (JsonNode entry : entries) {
            String base = entry.get("base").asText();
            double encode = entry.get("encode_mb_s").asDouble();
            switch (base) {
                case "none" -> atMost(lines, base, "bytes, HDE / zstd -3 --long=31", entry, 0.97);
                case "sibling" -> atMost(lines, base, "bytes, HDE / zstd -3 --patch-from", entry, 1.00);
                case "snapshot" -> atMost(lines, base, "bytes, HDE / zstd -3 --patch-from", entry, 0.45);
                default -> throw new LabException("lab: no figure is set for base " + base);
            }
            if (base.equals("none")) {
                double zstd = entry.get("zstd1_mb_s").asDouble();
                atLeast(lines, base, "encode MB/s, against zstd -1", encode, zstd, "%.0f");
            }
            double ratio = entry.get("decode_mb_s").asDouble() / encode;
            atLeast(lines, base, "decode / encode, one core", ratio, DECODE_TO_ENCODE, "%.2f");
            double cores = entry.get("two_cores_ratio").asDouble();
            atLeast(lines, base, "encode, two cores / one", cores, TWO_CORES, "%.2f");
        }
        atLeast(lines, "itself", "unchanged pages, encode MB/s", unchanged, UNCHANGED_MB_S, "%.0f");
        for (JsonNode input : seedInputs) {
            seedInput(lines, input);
        }
        return lines;
    }

    private static void seedInput(List<String> lines, JsonNode input) {
        String name = input.get("name").asText();
        int bytes = input.get("hde_bytes").asInt();
        int most = name.equals("modified") ? MODIFIED_SEED_INPUT_BYTES : SEED_INPUT_BYTES;
        int others = Math.min(
                        input.get("seed_bytes").asInt(), input.get("zstd_bytes").asInt())
                - 1;
        int bound = Math.min(most, others);
        lines.add(line(name, "bytes of a periodic string", "%.0f", bytes, "at most", bound, bytes <= bound));
    }

    private static void atMost(List<String> lines, String base, String what, JsonNode entry, double most) {
        double ratio = entry.get("ratio").asDouble();
        lines.add(line(base, what, "%.3f", ratio, "at most", most, ratio <= most));
    }

    private static void atLeast(
            List<String> lines, String base, String what, double value, double least, String format) {
        lines.add(line(base, what, format, value, "at least", least, value >= least));
    }

    private static String line(
            String base, String what, String format, double value, String relation, double bound, boolean reached) {
        return String.format(
                Locale.ROOT,
                "%-9s %-34s %8s   %-8s %6s   %s",
                base,
                what,
                String.format(Locale.ROOT, format, value),
                relation,
                String.format(Locale.ROOT, format, bound),
                reached ? "reached" : "NOT reached");
    }
}
