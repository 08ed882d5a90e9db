package io.novacron.hde.control;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.novacron.hde.fuzz.Bounded;
import java.nio.charset.StandardCharsets;
import java.util.LinkedHashMap;
import java.util.Map;

/** A line on the control socket: a request whose names are there, or the exception that becomes the answer. */
public final class ControlFuzz {
    private static final JsonMapper MAPPER = ControlJson.mapper();

    private ControlFuzz() {}

    public static void fuzzerTestOneInput(byte[] bytes) {
        String line = new String(bytes, StandardCharsets.UTF_8);
        Bounded.run(256L * bytes.length, () -> read(line));
    }

    private static void read(String line) {
        ControlRequest request;
        try {
            request = MAPPER.readValue(line, ControlRequest.class);
        } catch (JsonProcessingException e) {
            if (e.getOriginalMessage() == null) {
                throw new AssertionError("a refusal without a reason", e);
            }
            return;
        }
        boolean nameless = (request instanceof ControlRequest.Baseline baseline && baseline.name() == null)
                || (request instanceof ControlRequest.DropBaselines drop && drop.name() == null)
                || (request instanceof ControlRequest.Dictionary dictionary && dictionary.id() == null);
        if (nameless) {
            throw new AssertionError("a request without what it asks for: " + request);
        }
    }

    /** One of each kind. */
    public static Map<String, byte[]> seeds() {
        Map<String, byte[]> seeds = new LinkedHashMap<>();
        put(seeds, "status", "{\"request\": \"status\"}");
        put(seeds, "baselines", "{\"request\":\"baselines\"}");
        put(seeds, "baseline", "{\"request\": \"baseline\", \"name\": \"abab\"}");
        put(seeds, "drop", "{\"request\": \"drop_baselines\", \"name\": \"w\\u00e9b\"}");
        put(seeds, "dictionaries", "{\"request\": \"dictionaries\"}");
        put(seeds, "dictionary", "{\"id\": \"01\", \"request\": \"dictionary\"}");
        put(seeds, "train", "{\"request\": \"train_dictionaries\", \"type\": null}");
        put(seeds, "nothing", "null");
        return seeds;
    }

    private static void put(Map<String, byte[]> seeds, String name, String text) {
        seeds.put(name, text.getBytes(StandardCharsets.UTF_8));
    }
}
